"""`start`: starts a run, and prints its id or waits for it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from gate.clock import Clock
from gate.commands.attempts import Attempts
from gate.commands.context import Context, open_context
from gate.commands.parameters import form
from gate.commands.polling import Wait, check_outputs, log_faults, prepare, write_provisional
from gate.commands.wait import wait_for
from gate.core.answer import Fault
from gate.core.api import RUN_PROGRESS
from gate.core.targets import ModelTarget, Targets
from gate.core.verdict import TABLE, Verdict
from gate.dai.client import Started
from gate.errors import UsageError
from gate.reports.json import write
from gate.reports.log_events import LogEvent
from gate.reports.outputs import Outputs, print_out
from gate.reports.text import block
from gate.settings.load import Settings
from gate.settings.sections import OPTIONS, WATCHING
from gate.settings.watched import watched


def start(settings: Settings, parameters: Mapping[str, str], clock: Clock, *, waits: bool, retries: int = 0) -> int:
    """Start a run, print its id or wait for it, and return the exit code.

    While it waits, a run that ends Incomplete is started again, at most `retries` times.

    Raises UsageError for settings and parameters that cannot be used; no request has been sent then.
    """
    if settings.connection.api is not RUN_PROGRESS:
        raise UsageError(f"{settings.origin('api')}: start cannot be used with --api", "Remove it.")
    wanted = form(parameters)
    model = wanted["modelName"]
    if not waits:
        _refuse_options_of_a_wait(settings)
    # Checked before there is a run that nobody waits for.
    outputs = check_outputs(settings) if waits else _own_output(settings)
    if waits:
        watched(settings, ["run"])
    context = open_context(settings, clock, stderr=sys.stderr)
    context.log_sources()
    context.log_warnings()
    wait = None
    if waits:  # if nothing else comes, these reports are red
        wait = prepare(context, Targets((), (ModelTarget(model),)), outputs, started=clock.monotonic())
        write_provisional(wait)
    outcome = context.session.client.start(wanted)
    if isinstance(outcome, Fault):
        return _fail(outcome, model, context, wait)
    on = f" on {outcome.agent}" if outcome.agent else ""
    text = f"started {model} {outcome.run_id}{on}"
    context.log.note(LogEvent.RUN_STARTED, text, run_id=outcome.run_id, model=model)
    if waits:
        return wait_for(
            context, [outcome.run_id], outputs, started=clock.monotonic(), attempts=Attempts(wanted, retries)
        )
    return _give(outcome, outputs, context)


def _give(started: Started, outputs: Outputs, context: Context) -> int:
    """Print the id, then write the server's answer, and return the exit code: a full disk must not cost the id."""
    if not outputs.takes_stdout:
        print_out(f"{started.run_id}\n")
    try:
        outputs.put("json", _document(started, context.redactor.hide))
    except OSError as error:
        text = f"the server's answer could not be written to {outputs.paths['json']}: {error.strerror or error}"
        context.log.error(LogEvent.REPORT_FAILED, text)
        return TABLE[Verdict.UNKNOWN].exit_code
    return 0


def _fail(fault: Fault, model: str, context: Context, wait: Wait | None) -> int:
    """Log why no run was started, write it into the reports of a wait, and return the exit code."""
    what = "the run may have been started" if fault.sent else "the run could not be started"
    text = f"{what}: {fault.text} {fault.fix}".rstrip()
    context.log.error(LogEvent.START_FAILED, text, model=model)
    if wait is None:
        return TABLE[fault.kind.verdict].exit_code
    wait.watch.fail(fault.kind, text, context.clock.monotonic())
    report = wait.report()
    log_faults(wait, wait.outputs.write(report))
    return report.exit_code


def _refuse_options_of_a_wait(settings: Settings) -> None:
    """Refuse flags without effect; the environment and the file may hold them for other commands."""
    for each in OPTIONS:
        given = settings.given.get(each.name)
        if each.section in WATCHING and each.name != "json" and given and given.source == "flag":
            raise UsageError(
                f"{each.flag} needs --wait", "Add --wait; without it the run is started, and not waited for."
            )


def _own_output(settings: Settings) -> Outputs:
    """Return where the server's answer goes: the environment's or the file's `json` is the report of a wait."""
    given = settings.given.get("json")
    outputs = Outputs({"json": settings.reports.json if given and given.source == "flag" else None})
    outputs.check(settings.origin)
    return outputs


def _document(started: Started, hide: Callable[[str], str]) -> str:
    """Return what the server answered, without secrets; `run_id` and `agent` as the gate read them."""
    read = {"run_id": started.run_id, "agent": started.agent or None}
    return write({**_hidden(started.answer, hide), "schema": 1, **_hidden(read, hide)})


# Nobody answers with more levels than this, and no reader of JSON is sure to take many more.
_DEEPEST = 20


def _hidden(value: Any, hide: Callable[[str], str], depth: int = 0) -> Any:
    if isinstance(value, str):
        return hide(block(value))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict | list) and depth == _DEEPEST:
        return None
    if isinstance(value, dict):
        return {hide(block(key)): _hidden(each, hide, depth + 1) for key, each in value.items()}
    return [_hidden(each, hide, depth + 1) for each in value] if isinstance(value, list) else value
