"""`abort`: aborts remote runs that have not ended; `--abort-on` uses it as well."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial

from gate.clock import Clock
from gate.commands.context import open_context, run_ids
from gate.core.answer import Fault, FaultKind, usable
from gate.core.api import RUN_PROGRESS
from gate.core.description import Status
from gate.core.snapshot import RunSnapshot
from gate.core.targets import ById
from gate.core.verdict import TABLE, Verdict, judge
from gate.dai.client import Client
from gate.dai.threads import side_by_side
from gate.errors import UsageError
from gate.reports.log import Log
from gate.reports.log_events import LogEvent
from gate.settings.load import Settings

# An orchestrator that asks the gate to stop kills it soon after: GitHub after 7.5 s, Docker after 10 s.
LONGEST_S = 5.0

WARNING = "aborting a run that belongs to a schedule aborts the whole schedule"


def abort_runs(runs: Iterable[RunSnapshot], client: Client, clock: Clock, log: Log, within_s: float) -> Verdict:
    """Ask the server to abort these runs, all at once and within so many seconds.

    Return `passed` where it took every request, else what a wait would come to where it did not.
    """
    by_process: dict[str, list[RunSnapshot]] = {}
    verdicts = [Verdict.PASSED]

    def fail(run: RunSnapshot, verdict: Verdict, what: str) -> None:
        verdicts.append(verdict)
        log.error(LogEvent.ABORT_FAILED, f"{run.label} {what}", run_id=run.run_id, model=run.model)

    for run in runs:
        if run.process_id:
            by_process.setdefault(run.process_id, []).append(run)
        else:
            fail(run, Verdict.UNKNOWN, "could not be aborted: the server gave no process id for it")
    calls = {process_id: partial(client.abort, process_id) for process_id in by_process}
    answers = side_by_side(calls, clock, within_s)
    for process_id, its_runs in by_process.items():
        answer = answers.get(process_id)
        for run in its_runs:
            if answer is None:
                fail(run, Verdict.UNKNOWN, f"may not have been aborted: no answer within {within_s:g}s")
            elif isinstance(answer, Fault):
                is_unclear = answer.sent and answer.kind in {FaultKind.CONTACT, FaultKind.UNREADABLE}
                what = "may not have been aborted" if is_unclear else "could not be aborted"
                fail(run, answer.kind.verdict, f"{what}: {answer.text} {answer.fix}".rstrip())
            else:
                text = f"{run.label}: aborted (the server says: {answer})"
                log.note(LogEvent.RUN_ABORTED, text, run_id=run.run_id, model=run.model)
    return judge(verdicts)


def abort(settings: Settings, argument: str | None, clock: Clock) -> int:
    """Find a run's process and ask the server to abort it; return the exit code.

    Raises UsageError for settings that cannot be used, and where not exactly one run is named.
    """
    if settings.connection.api is not RUN_PROGRESS:
        raise UsageError(f"{settings.origin('api')}: abort cannot be used with --api", "Remove it.")
    run_id = _one_id(argument, settings, clock)
    context = open_context(settings, clock, stderr=sys.stderr)
    log, client = context.log, context.session.client
    context.log_sources()
    context.log_warnings()
    found = usable(ById(run_id), None, client.progress(ById(run_id)))
    if isinstance(found, Fault):
        text = f"{run_id} could not be looked up: {found.text} {found.fix}".rstrip()
        log.error(LogEvent.ABORT_FAILED, text, run_id=run_id)
        return TABLE[found.kind.verdict].exit_code
    run = found.find(run_id)
    assert run is not None  # noqa: S101 - or it would not be usable
    if run.status not in {Status.RUNNING, Status.UNRECOGNISED}:
        text = f"{run_id} is {run.word}: there is nothing to abort"
        log.note(LogEvent.NOTHING_TO_ABORT, text, run_id=run_id, model=run.model, status=run.word)
        return 0
    if run.process_id:
        log.warning(LogEvent.ABORT_WARNING, WARNING, run_id=run.id, model=run.model)
    known = RunSnapshot(run_id=run.id, model=run.model, process_id=run.process_id)
    longest_s = 2 * settings.connection.request_timeout  # the client may ask in two ways
    return TABLE[abort_runs([known], client, clock, log, longest_s)].exit_code


def _one_id(argument: str | None, settings: Settings, clock: Clock) -> str:
    origin = "run id" if argument is not None else "environment variable DAI_RUN_ID"
    ids = run_ids([] if argument is None else [argument], settings, clock)
    if len(ids) != 1:
        raise UsageError(f"{origin}: {len(ids)} runs are named" if ids else "no run is given", "Name one run.")
    return ids[0]
