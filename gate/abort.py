"""Aborts remote runs that have not ended, when it is told to, and says what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from gate.clock import Clock
from gate.core.answer import Fault
from gate.core.run import WatchedRun
from gate.dai.client import Client
from gate.dai.threads import side_by_side
from gate.reports.console import Log

# An orchestrator that asks the gate to stop kills it soon after: GitHub after 7.5 s, Docker after 10 s.
LONGEST_S = 5.0

WARNING = "aborting a run that belongs to a schedule aborts the whole schedule"


def abort_runs(runs: Iterable[WatchedRun], client: Client, clock: Clock, log: Log) -> None:
    """Ask the server to abort these runs, all at once and within five seconds."""
    by_process: dict[str, WatchedRun] = {}
    for run in runs:
        process_id = run.progress and run.progress.process_id
        if process_id:
            by_process[process_id] = run
        else:
            log.error(f"{run.label} could not be aborted: the server has told no process id of it")
    calls = {process_id: partial(client.abort, process_id) for process_id in by_process}
    answers = side_by_side(calls, clock, LONGEST_S)
    for process_id, run in by_process.items():
        answer = answers.get(process_id)
        if answer is None:
            log.error(f"{run.label} may not be aborted: no answer within {LONGEST_S:g}s")
        elif isinstance(answer, Fault):
            log.error(f"{run.label} could not be aborted: {answer.text} {answer.remedy}".rstrip())
        else:
            log.note(f"{run.label}: aborted (the server says: {answer})")
