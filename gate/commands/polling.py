"""From settings to a report: what a wait builds, how it polls, and which reports it writes.

It writes nothing but the reports and the log that it is given: the command adds console, signals and result lines.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from queue import SimpleQueue
from random import SystemRandom
from typing import Any

from gate.commands.abort import LONGEST_S, abort_runs
from gate.commands.attempts import Attempts
from gate.commands.context import Context
from gate.commands.resume import resume_command
from gate.core.answer import FaultKind
from gate.core.backoff import Exponential, Jitter
from gate.core.events import Event
from gate.core.forecast import Forecast
from gate.core.patience import Limits
from gate.core.schedule import Pace, Plan
from gate.core.snapshot import Snapshot
from gate.core.targets import Targets
from gate.core.verdict import ENDED, Rules, Verdict
from gate.core.watch import Watch
from gate.dai.poller import ThreadedLine, poll
from gate.errors import UsageError
from gate.reports.log_events import LogEvent
from gate.reports.outputs import FORMATS, Outputs
from gate.reports.report import Report, make_report, results_url
from gate.settings.load import Settings
from gate.signals import Interrupt

# How intervals between retries grow: faster than those between polls, and never longer than half a minute.
RETRY_FIRST_S, RETRY_LONGEST_S, RETRY_FACTOR = 1.0, 30.0, 2.0

Observe = Callable[[Iterable[Event]], None]


@dataclass
class Wait:
    """A wait that is ready to begin: no request has been sent yet."""

    context: Context
    targets: Targets
    watch: Watch
    outputs: Outputs
    started_at: datetime
    attempts: Attempts | None = None

    def report(self) -> Report:
        """Freeze what is known now."""
        settings, hide = self.context.settings, self.context.redactor.hide
        snapshot = self.snapshot()
        report = make_report(
            snapshot,
            hide,
            server=settings.connection.url,
            url_template=settings.reports.results_url,
            suite_name=settings.reports.suite_name,
            started_at=self.started_at,
            requests=self.context.session.transport.requests,
            exit_codes=dict(settings.rules.exit_code),
            settings=settings.shown(),
        )
        ends = self.aborts(snapshot)
        runs = tuple(replace(run, is_aborted=run.verdict in ends) for run in report.runs)
        return replace(report, runs=runs, job_url=hide(self.context.pipeline.job_url or "") or None)

    def aborts(self, now: Snapshot) -> set[Verdict]:
        """Return with which verdicts a run is aborted (--abort-on)."""
        chosen = self.context.settings.rules.abort_on
        ends = {Verdict.TIMED_OUT} if "timeout" in chosen else set()
        return ends | ({Verdict.INTERRUPTED} if "interrupt" in chosen and now.signal_number is not None else set())

    def snapshot(self) -> Snapshot:
        """Return what is known now of the watched runs."""
        return self.watch.snapshot(self.context.clock.monotonic())

    def links(self) -> list[str]:
        """Return the link to each watched run's results, where there is a template for it."""
        settings, runs = self.context.settings, self.snapshot().runs
        server, template = settings.connection.url, settings.reports.results_url
        found = (results_url(template, server=server, run_id=run.run_id, model=run.model) for run in runs)
        return [link for link in found if link]


def check_can_pass(settings: Settings) -> None:
    """Raise UsageError where no word of the server's means a pass."""
    api = settings.connection.api
    if not api.words.passed:
        raise UsageError(
            f"{settings.origin('api')}: nothing can pass: {api.name} has no word under words.passed",
            "Name the words that this server uses for a pass, as soon as you have seen them.",
        )


def check_outputs(settings: Settings) -> Outputs:
    """Return where reports go. Raises UsageError where one could not be written."""
    outputs = Outputs({name: getattr(settings.reports, name) for name in FORMATS})
    outputs.check(settings.origin)
    return outputs


def prepare(context: Context, targets: Targets, outputs: Outputs, *, started: float) -> Wait:
    """Return a wait for these targets; its timeout counts from the monotonic moment `started`."""
    settings = context.settings
    timing = settings.timing
    watch = Watch(
        targets,
        Limits(
            timeout=timing.timeout,
            contact_timeout=timing.contact_timeout,
            not_found_grace=timing.not_found_grace,
            request_timeout=settings.connection.request_timeout,
        ),
        _pace(context),
        started=started,
        rules=Rules(require=settings.rules.require, fail_fast=settings.rules.fail_fast),
        api=settings.connection.api,
    )
    started_at = context.clock.now() - timedelta(seconds=context.clock.monotonic() - started)
    return Wait(context, targets, watch, outputs, started_at)


def _pace(context: Context) -> Pace:
    """Return when to poll, as the settings have it."""
    settings, timing = context.settings, context.settings.timing
    jitter = Jitter(timing.jitter, SystemRandom().random)
    factor = 1.0 if timing.schedule == "fixed" else timing.backoff_factor
    first_retry = min(RETRY_FIRST_S, timing.interval)
    last_retry = max(first_retry, min(RETRY_LONGEST_S, timing.max_interval))
    wants_history = bool(settings.reports.markdown or settings.reports.html or context.pipeline.github_summary)

    def exponential() -> Exponential:
        return Exponential(timing.interval, timing.max_interval, factor, jitter)

    def plan(forecast: Forecast) -> Plan | None:
        return Plan.make(forecast, exponential(), timing.learned_max_interval, timing.learned_delay)

    return Pace(
        make_schedule=exponential,
        make_retries=lambda: Exponential(first_retry, last_retry, RETRY_FACTOR, jitter),
        plan=plan if timing.schedule == "learned" else None,
        history=wants_history or settings.wants_live_display,
    )


def follow(wait: Wait, inbox: SimpleQueue[Any], observe: Observe, **step: float) -> None:
    """Poll until the wait is over. `observe` gets the events of each step; an Interrupt in `inbox` ends it.

    An exception that nobody foresaw is a verdict as well.
    """
    connection, watch = wait.context.settings.connection, wait.watch
    line = ThreadedLine(
        wait.context.session.client.progress,
        wait.context.clock,
        inbox,
        request_timeout=connection.request_timeout,
        url=connection.url,
    )
    try:
        poll(watch, line, wait.context.clock, _renewing(wait, observe), **step)
        while wait.attempts and wait.attempts.start_again(watch, wait.context, inbox):
            write_provisional(wait)
            poll(watch, line, wait.context.clock, _renewing(wait, observe), **step)
    except Exception as error:  # noqa: BLE001 - see above
        wait.context.log.trace(traceback.format_exc())
        fail_internally(wait, error)


def fail_internally(wait: Wait, error: Exception) -> None:
    """Close what is open after an exception that nobody foresaw."""
    message = f"dai-gate itself failed: {type(error).__name__}: {error}"
    wait.watch.fail(FaultKind.INTERNAL, message, wait.context.clock.monotonic())


def _renewing(wait: Wait, observe: Observe) -> Observe:
    """Return `observe` which also writes the provisional reports again when ids or models' names have become known.

    Of many runs, when much of what was unknown may be known: a report of all of them takes time.
    """
    known = [(run.run_id, run.model) for run in wait.snapshot().runs]
    left = 1.0

    def observe_and_renew(events: Iterable[Event]) -> None:
        nonlocal known, left
        events = list(events)
        observe(events)
        left -= len(events)
        if left <= 0:
            runs = wait.snapshot().runs
            names = [(run.run_id, run.model) for run in runs]
            if names != known and any(run.verdict is None for run in runs):
                write_provisional(wait)
            known, left = names, sum(None in each for each in names) or math.inf

    return observe_and_renew


def write_provisional(wait: Wait) -> None:
    """Write the reports that hold if nothing else ever does."""
    log_faults(wait, wait.outputs.write(wait.report(), provisional=True))


def write_reports(wait: Wait, received: Callable[[], Interrupt | None]) -> Report:
    """Write every report; again, if a signal came while they were written, so that they say so."""
    while True:
        report = wait.report()
        report = replace(report, resume=resume_command(report, wait.targets, wait.context))
        log_faults(wait, wait.outputs.write(report))
        interrupt = received()
        if interrupt is None or report.verdict is Verdict.INTERRUPTED:
            return report
        wait.watch.interrupt(interrupt.signal_number)


def log_faults(wait: Wait, faults: dict[str, str]) -> None:
    for fault in faults.values():
        wait.context.log.error(LogEvent.REPORT_FAILED, fault)


def abort_open(wait: Wait, begin: Callable[[float], None]) -> bool:
    """Abort what has not ended, if that was asked for: after the reports, which must not wait for it.

    Return whether the server took the request for every run that had not ended.
    `begin` is called with how long that may take, in seconds.
    """
    now = wait.snapshot()
    ends = wait.aborts(now)
    runs = [run for run in now.runs if run.verdict in ends]
    if not runs:
        return False
    begin(LONGEST_S)
    ended = abort_runs(runs, wait.context.session.client, wait.context.clock, wait.context.log, LONGEST_S)
    return ended is Verdict.PASSED and all(run.verdict in ends or run.verdict in ENDED for run in now.runs)
