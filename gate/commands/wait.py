"""One trip of the gate: settings -> session -> watch -> verdict -> report -> exit code.

From the first request on there is one way out of it, and it writes the reports.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import SystemRandom

from gate.clock import Clock
from gate.commands.abort import LONGEST_S, WARNING, abort_runs
from gate.commands.context import Session, open_log, open_session
from gate.core.events import Event
from gate.core.forecast import Forecast
from gate.core.schedule import Exponential, Jitter, Plan
from gate.core.targets import Targets
from gate.core.verdict import Ending, Require, Verdict, exit_code
from gate.core.watch import Limits, Look, Pace, Rules, Watch
from gate.dai.poller import ThreadedLine, poll
from gate.reports.ci import BuildServer
from gate.reports.closing import result_line, resume_command, tell_end
from gate.reports.console import Console, Log
from gate.reports.outputs import FORMATS, Outputs, print_out
from gate.reports.redactor import Redactor
from gate.reports.report import Report, Timing, Traffic, reason_of, report_run, results_url
from gate.settings import Settings, pipeline, wants_live_display
from gate.signals import PATIENCE_S, Listener

# How often the live display is drawn anew, in seconds.
LIVE_STEP_S = 0.5

# How waits between retries grow: gentler than a poll at first, and never longer than half a minute.
RETRY_FIRST_S, RETRY_LONGEST_S, RETRY_FACTOR = 1.0, 30.0, 2.0


@dataclass
class Wait:
    """A wait that is ready to begin: nothing has been asked of the server yet."""

    settings: Settings
    targets: Targets
    watch: Watch
    session: Session
    redactor: Redactor
    server: BuildServer
    outputs: Outputs
    log: Log
    clock: Clock
    started_at: datetime

    def report(self) -> Report:
        """Freeze what is known now."""
        settings, watch = self.settings, self.watch
        runs = tuple(
            report_run(run, self.redactor.hide, server=settings.url, url_template=settings.results_url)
            for run in watch.runs
        )
        elapsed = self.clock.monotonic() - watch.started
        verdict = watch.verdict
        return Report(
            verdict=verdict,
            exit_code=exit_code(
                [Ending(run.verdict, run.reason) for run in runs],
                settings.exit_codes,
                require=watch.rules.require,
                signal_number=watch.signal_number,
            ),
            reason=reason_of(verdict, runs),
            timing=Timing(self.started_at, self.started_at + timedelta(seconds=elapsed), elapsed),
            server=settings.url,
            traffic=Traffic(watch.polls, self.session.transport.requests),
            runs=runs,
            suite_name=settings.suite_name,
            looks=tuple(Look(look.at, look.fault and self.redactor.hide(look.fault)) for look in watch.looks),
            settings=tuple((name, self.redactor.hide(value), origin) for name, value, origin in settings.shown()),
        )


def check_outputs(settings: Settings) -> Outputs:
    """Return where reports go. Raises UsageError where one could not be written."""
    outputs = Outputs({name: getattr(settings, name) for name in FORMATS})
    outputs.check(settings.origin)
    return outputs


def prepare(settings: Settings, run_ids: Sequence[str], clock: Clock) -> Wait:
    """Build everything that a wait needs. Raises UsageError for settings that cannot be used."""
    targets = settings.targets(run_ids, clock.now())
    outputs = check_outputs(settings)
    redactor = Redactor()
    log = open_log(settings, clock, redactor)
    around = pipeline(settings)
    server = BuildServer(around.systems, log.write, output=around.github_output, summary=around.github_summary)
    session = open_session(settings, clock, partial(hide, redactor, server), log.detail)
    watch = Watch(
        targets,
        Limits(settings.timeout, settings.contact_timeout, settings.not_found_grace, settings.request_timeout),
        pace(settings),
        started=clock.monotonic(),
        rules=Rules(Require.parse(settings.require), settings.fail_fast),
    )
    return Wait(settings, targets, watch, session, redactor, server, outputs, log, clock, clock.now())


def hide(redactor: Redactor, server: BuildServer, secret: str) -> None:
    """Keep a secret, given or got on the way, out of the gate's own words and out of the build server's log."""
    if not redactor.knows(secret):
        redactor.learn(secret)
        server.mask(secret)


def pace(settings: Settings) -> Pace:
    """Return when to look again, as the settings say."""
    jitter = Jitter(settings.jitter, SystemRandom().random)
    factor = 1.0 if settings.schedule == "fixed" else settings.backoff_factor
    first_retry = min(RETRY_FIRST_S, settings.interval)
    last_retry = max(first_retry, min(RETRY_LONGEST_S, settings.max_interval))

    def exponential() -> Exponential:
        return Exponential(settings.interval, settings.max_interval, factor, jitter)

    def plan(forecast: Forecast) -> Plan | None:
        return Plan.make(forecast, exponential(), settings.learned_max_interval, settings.learned_delay)

    return Pace(
        make_schedule=exponential,
        make_retries=lambda: Exponential(first_retry, last_retry, RETRY_FACTOR, jitter),
        plan=plan if settings.schedule == "learned" else None,
        history=bool(settings.markdown or settings.html or pipeline(settings).github_summary)
        or wants_live_display(settings),
    )


def run(wait: Wait, listener: Listener, arguments: Sequence[str]) -> int:
    """Wait until it is over, tell, and return the exit code. `arguments` are those that take the wait up again."""
    tell_faults(wait, wait.outputs.write(wait.report(), provisional=True))
    try:
        follow(wait, listener)
    except Exception as error:  # noqa: BLE001 - an exception that nobody foresaw is a verdict as well
        wait.log.trace(traceback.format_exc())
        wait.watch.fail_internally(f"dai-gate itself failed: {type(error).__name__}: {error}")
    report = write_reports(wait, listener)
    tell_faults(wait, wait.server.tell(report, wait.settings.junit))
    abort_open(wait, listener)
    say_result(wait, report)
    if command := resume_command(report, wait.targets, arguments):
        wait.log.note(f"to wait on: {command}", limit=2 * len(command))  # whole, or it could not be run
    return report.exit_code


def follow(wait: Wait, listener: Listener) -> None:
    settings, watch = wait.settings, wait.watch
    console = Console(wait.log, watch, wait.clock)
    plain = wait.log.write
    until = wait.started_at + timedelta(seconds=settings.timeout)
    console.begin(settings.url, settings.timeout, until, links(wait))
    for warning in wait.session.warnings:
        wait.log.warning(warning)
    if settings.abort_on:
        wait.log.warning(f"--abort-on {', '.join(settings.abort_on)}: {WARNING}")
    lenient = [f"{each}=0" for each, code in settings.exit_codes.items() if code == 0 and each is not Verdict.PASSED]
    if lenient:
        wait.log.warning(f"--exit-code {', '.join(lenient)}: the pipeline goes on as after a pass")
    line = ThreadedLine(
        wait.session.client.progress,
        wait.clock,
        listener.inbox,
        request_timeout=settings.request_timeout,
        url=settings.url,
    )
    if not wants_live_display(settings):
        poll(watch, line, wait.clock, console.tell)
        return
    from gate.reports.live import Screen  # noqa: PLC0415 - the terminal library is for terminals

    try:
        with Screen(watch, wait.clock, sys.stderr, wait.redactor.hide) as screen:
            wait.log.write = screen.write

            def tell(events: Iterable[Event]) -> None:
                console.tell(events)
                screen.refresh()

            poll(watch, line, wait.clock, tell, longest_step=LIVE_STEP_S)
    finally:
        wait.log.write = plain


def abort_open(wait: Wait, listener: Listener) -> None:
    """Abort what has not ended, if that was asked for: after the reports, which must not wait for it."""
    chosen, watch = wait.settings.abort_on, wait.watch
    interrupted = watch.signal_number is not None and "interrupt" in chosen
    timed_out = {Verdict.TIMED_OUT} if "timeout" in chosen else set()
    ends = timed_out | ({Verdict.INTERRUPTED} if interrupted else set())
    runs = [run for run in watch.runs if run.verdict in ends]
    if runs:
        listener.end_within(LONGEST_S + PATIENCE_S)
        abort_runs(runs, wait.session.client, wait.clock, wait.log)


def links(wait: Wait) -> list[str]:
    found = (
        results_url(wait.settings.results_url, server=wait.settings.url, run_id=run.run_id, model=run.model)
        for run in wait.watch.runs
    )
    return [link for link in found if link]


def write_reports(wait: Wait, listener: Listener) -> Report:
    """Write every report; again, if a signal came while they were written, so that they say so."""
    while True:
        report = wait.report()
        tell_faults(wait, wait.outputs.write(report))
        if listener.received is None or report.verdict is Verdict.INTERRUPTED:
            return report
        wait.watch.interrupt(listener.received.signal_number)


def tell_faults(wait: Wait, faults: dict[str, str]) -> None:
    for fault in faults.values():
        wait.log.error(fault)


def say_result(wait: Wait, report: Report) -> None:
    if not wait.outputs.takes_stdout:
        say_lines(wait, [result_line(run) for run in report.runs])
    for name, path in wait.outputs.paths.items():
        wait.log.note(f"{name} report: {path}")
    tell_end(report, wait.log)


def say_lines(wait: Wait, lines: Sequence[str]) -> None:
    try:
        print_out("".join(f"{line}\n" for line in lines))
    except (OSError, ValueError) as error:
        wait.log.error(f"the result could not be written to standard output: {error}")
