"""`wait`: the gate. From the first request on there is one way out of it, and it writes the reports."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import traceback
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TextIO

from gate.clock import Clock
from gate.commands import polling
from gate.commands.abort import WARNING
from gate.commands.attempts import Attempts
from gate.commands.context import Context, open_context, run_ids
from gate.commands.polling import Wait
from gate.commands.resume import log_no_resume
from gate.core.events import Event
from gate.core.verdict import Verdict
from gate.reports.closing import log_end, result_line, result_table
from gate.reports.console import Console
from gate.reports.log import Facts
from gate.reports.log_events import LogEvent
from gate.reports.outputs import Outputs, print_out
from gate.reports.report import Report
from gate.settings.load import Settings
from gate.settings.watched import watched
from gate.signals import PATIENCE_S, Listener

# How often the live display is drawn anew, in seconds.
LIVE_STEP_S = 0.5


def wait(settings: Settings, arguments: Sequence[str], clock: Clock) -> int:
    """Wait for the runs of the arguments and the settings, and return the exit code.

    Raises UsageError for settings and arguments that cannot be used; no request has been sent then.
    """
    began = clock.monotonic()
    polling.check_can_pass(settings)
    outputs = polling.check_outputs(settings)
    context = open_context(settings, clock, stderr=sys.stderr)
    return wait_for(context, run_ids(arguments, settings, clock), outputs, started=began)


def wait_for(
    context: Context, ids: Sequence[str], outputs: Outputs, *, started: float, attempts: Attempts | None = None
) -> int:
    """Wait for these runs and the models of the settings, counting the timeout from `started`."""
    targets = watched(context.settings, ids)
    prepared = polling.prepare(context, targets, outputs, started=started)
    prepared.attempts = attempts
    listener = Listener(dict(context.settings.rules.exit_code).get(Verdict.INTERRUPTED))
    listener.listen()
    return run(prepared, listener)


def run(wait: Wait, listener: Listener) -> int:
    """Wait until it is over, log and report, and return the exit code."""
    polling.write_provisional(wait)
    try:
        _follow(wait, listener)
    except Exception as error:  # noqa: BLE001 - an exception in the console is a verdict as well
        wait.context.log.trace(traceback.format_exc())
        polling.fail_internally(wait, error)
    report = polling.write_reports(wait, lambda: listener.received)
    polling.log_faults(wait, wait.context.server.publish(report, wait.outputs.written))
    is_aborted = polling.abort_open(wait, lambda seconds: listener.end_within(seconds + PATIENCE_S))
    log_no_resume(report, wait.targets, wait.context)
    _print_result(wait, report, is_aborted=is_aborted)
    if report.resume:
        text, facts = f"to resume: {report.resume}", Facts(verdict=report.verdict, exit_code=report.exit_code)
        # Whole, or it could not be run.
        wait.context.log.note(LogEvent.RESUME, text, limit=2 * len(text), even_quiet=True, **facts)
    return report.exit_code


def _follow(wait: Wait, listener: Listener) -> None:
    context, timing = wait.context, wait.context.settings.timing
    is_live = context.settings.wants_live_display
    console = Console(
        context.log,
        context.clock,
        wait.snapshot,
        timeout=timing.timeout,
        links=wait.links,
        learned=timing.schedule == "learned",
        live=is_live,
    )
    if not is_live:
        _begin(wait, console)
        polling.follow(wait, listener.inbox, console.show)
        return
    from gate.reports.live import Screen  # noqa: PLC0415 - the terminal library is for terminals

    plain = context.log.write
    try:
        with Screen(wait.snapshot, sys.stderr, context.redactor.hide) as screen:
            context.log.write = screen.write
            _begin(wait, console)

            def observe(events: Iterable[Event]) -> None:
                console.show(events)
                screen.refresh()

            polling.follow(wait, listener.inbox, observe, longest_step=LIVE_STEP_S)
    finally:
        context.log.write = plain


def _begin(wait: Wait, console: Console) -> None:
    """Log what is watched, and what is risky; of a run that was started here, that is in the log already."""
    context, is_started_here = wait.context, wait.attempts is not None
    if not is_started_here:
        context.log_sources()
    until = wait.started_at + timedelta(seconds=context.settings.timing.timeout)
    console.begin(context.settings.connection.url, until)
    if not is_started_here:
        context.log_warnings()
    if abort_on := context.settings.rules.abort_on:
        context.log.warning(LogEvent.ABORT_WARNING, f"--abort-on {', '.join(abort_on)}: {WARNING}")


def _size(stream: TextIO) -> tuple[int, int]:
    """Return the columns and lines of a terminal; of one that does not know its own, the usual ones."""
    columns, lines = os.get_terminal_size(stream.fileno())
    return columns or 80, lines or 24


def _print_result(wait: Wait, report: Report, *, is_aborted: bool) -> None:
    log, lines = wait.context.log, [result_line(run) for run in report.runs]
    for name, path in wait.outputs.written.items():
        if path != "-":
            log.note(LogEvent.REPORT_WRITTEN, f"{name} report: {path}")
    with contextlib.suppress(OSError, ValueError):
        settings, is_free = wait.context.settings, not wait.outputs.takes_stdout
        if settings.wants_columns and is_free:
            lines = result_table(report, *shutil.get_terminal_size())
        elif settings.wants_live_display:  # what the display showed stays
            log.write("\n".join(result_table(report, *_size(sys.stderr))))
    if not wait.outputs.takes_stdout:
        try:
            print_out("".join(f"{line}\n" for line in lines))
        except (OSError, ValueError) as error:
            log.error(LogEvent.REPORT_FAILED, f"the result could not be written to standard output: {error}")
    log_end(report, log, is_aborted=is_aborted)
