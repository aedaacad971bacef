"""The log on stderr, and the result lines on stdout."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TextIO

from gate.clock import Clock
from gate.core.duration import format_duration
from gate.core.events import Closed, Event, Foretold, Looked, Pinned, Recovered, Slow, StatusSeen, Trouble
from gate.core.forecast import Forecast
from gate.core.run import WatchedRun
from gate.core.verdict import Verdict
from gate.core.watch import Watch
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line

HEARTBEAT_S = 60.0

# Of one answer, this many changes are told line by line; more are told by their number.
_MOST_LINES = 20


class Log:
    """Writes lines, each with the time since the start in front. A stream that is gone is left alone.

    `write` may be replaced, so that lines go above a live display.
    """

    def __init__(self, stream: TextIO | None, clock: Clock, *, level: int, redact: Callable[[str], str]) -> None:
        self.write: Callable[[str], None] = partial(_write_line, stream)
        self._clock, self._level, self._redact = clock, level, redact
        self._started = clock.monotonic()
        self.last_line_at = self._started

    def error(self, text: str) -> None:
        """Write what must be seen, even with --quiet."""
        self._write(text, "dai-gate: ")

    def note(self, text: str) -> None:
        if self._level >= 0:
            elapsed = self._clock.monotonic() - self._started
            self._write(text, f"{format_duration(elapsed) if elapsed >= 1 else '0s':>8}  ")

    def warning(self, text: str) -> None:
        if self._level >= 0:
            self.error(f"warning: {text}")

    def detail(self, text: str) -> None:
        """Write what only --verbose shows."""
        if self._level > 0:
            self.note(text)

    def trace(self, text: str) -> None:
        """Write where the gate itself failed, line by line, for --verbose only."""
        for line in self._redact(text).splitlines():  # as a whole: a secret may have a line break in it
            self.detail(line)

    def _write(self, text: str, before: str) -> None:
        self.last_line_at = self._clock.monotonic()
        try:
            self.write(before + plain_line(self._redact(text)))
        except (OSError, ValueError):
            self._level = -2  # nobody reads it any more; the reports still tell


# What Azure Pipelines, TeamCity and GitHub take for a command wherever in a line it stands.
_COMMAND = re.compile(r"##(?=\[|vso\[|teamcity\[)")


def plain_line(text: str) -> str:
    """Return one line for a log that a build server reads as well: nothing in it is a command."""
    return _COMMAND.sub("# #", one_line(text))


def _write_line(stream: TextIO | None, line: str) -> None:
    if stream is None:
        raise OSError("standard error is closed")
    stream.write(line + "\n")
    stream.flush()


class Console:
    """Tells how a wait goes: a line when something changes, and a heartbeat at most once a minute."""

    def __init__(self, log: Log, watch: Watch, clock: Clock) -> None:
        self._log, self._watch, self._clock = log, watch, clock
        self._said_last_look = False
        self._troubled: set[str] = set()

    def begin(self, server: str, timeout: float, until: str, links: Sequence[str]) -> None:
        watched = ", ".join(run.label for run in self._watch.runs[:5])
        more = len(self._watch.runs) - 5
        others = f" and {more} more" if more > 0 else ""
        self._log.note(f"waiting for {watched}{others} at {server} until {until} ({format_duration(timeout)})")
        for link in links[:5]:
            self._log.note(f"results: {link}")

    def tell(self, events: Iterable[Event]) -> None:
        """Tell what a step of the wait brought, if only that time has passed."""
        events = list(events)
        seen = [event for event in events if isinstance(event, StatusSeen)]
        if len(seen) > _MOST_LINES:
            events = [event for event in events if not isinstance(event, StatusSeen)]
            for (model, word), count in Counter((event.run.model or "-", event.word) for event in seen).items():
                self._log.note(f"{model}: {count} runs {word}")
        for event in events:
            self._tell(event)
        now = self._clock.monotonic()
        if now >= self._watch.deadline and not self._said_last_look:
            self._said_last_look = True
            self._log.note("the timeout has passed; one last look was taken")
        elif now - self._log.last_line_at >= HEARTBEAT_S:
            self._heartbeat(now)

    def _heartbeat(self, now: float) -> None:
        still = [run for run in self._watch.runs if run.is_open]
        names = ", ".join(f"{run.label} {_word(run)}" for run in still[:3])
        others = f" and {len(still) - 3} more" if len(still) > 3 else ""
        self._log.note(f"still waiting: {names}{others}; {format_duration(max(0.0, self._watch.deadline - now))} left")

    def _tell(self, event: Event) -> None:
        match event:
            case Looked(label, wait_s):
                self._log.detail(f"looked at {label}; next look in {format_duration(wait_s)}")
            case StatusSeen(run, word):
                self._log.note(f"{run.label}: {word}{_particulars(run)}")
            case Pinned(model, runs, wanted):
                few = f" (of {wanted} wanted)" if len(runs) < wanted else ""
                self._log.note(
                    f"{model}: following {', '.join(run.run_id or '-' for run in runs) or 'nothing new'}{few}"
                )
            case Recovered(label, after_s):
                self._troubled.discard(label)
                self._log.note(f"{label}: answers again after {format_duration(after_s)}")
            case Foretold(model, forecast, why):
                self._tell_forecast(model, forecast, why)
            case Slow(run):
                self._log.note(f"{run.label}: slower than 95 % of its earlier runs")
            case Trouble():
                self._tell_trouble(event)
            case Closed(run) if run.verdict in {Verdict.UNKNOWN, Verdict.DENIED}:
                self._log.note(f"{run.label}: {run.verdict} - {run.message}")
                self._log.trace(run.trace)

    def _tell_forecast(self, model: str, forecast: Forecast | None, why: str) -> None:
        if forecast is None:
            self._log.note(
                f"{model}: nothing is known of earlier runs ({why}); waits grow as in --schedule exponential"
            )
            return
        count, usual = len(forecast.durations_s), forecast.durations_s[len(forecast.durations_s) // 2]
        self._log.note(f"{model}: its {count} earlier runs took {format_duration(usual)} (median)")
        timeout = self._watch.limits.timeout
        if forecast.rank(timeout) < 0.5:
            longest = format_duration(forecast.durations_s[-1])
            self._log.note(
                f"{model}: --timeout {format_duration(timeout)} is shorter than most earlier runs took; the longest "
                f"took {longest}"
            )

    def _tell_trouble(self, trouble: Trouble) -> None:
        """Tell of a fault when it is new, and after that only with --verbose."""
        fault, again = trouble.fault, f"Trying again in {format_duration(trouble.wait_s)}."
        new = fault.text not in self._troubled
        self._troubled.add(fault.text)
        if new:
            self._log.note(" ".join(filter(None, (f"{trouble.label}: {fault.text}", fault.remedy, again))))
        elif trouble.streak == 1:
            self._log.note(f"{trouble.label}: {fault.text} {again}")
        else:
            self._log.detail(f"{trouble.label}: {fault.text} {again}")


def _word(run: WatchedRun) -> str:
    return run.progress.word if run.progress else "not seen yet"


def _particulars(run: WatchedRun) -> str:
    said = run.progress
    if said is None or not run.is_open:
        return f" after {format_duration(run.duration_s)}" if run.duration_s is not None else ""
    known = [
        f"started {said.started_at.astimezone():%H:%M:%S}" if said.started_at else "",
        said.agent and f"agent {said.agent}",
    ]
    words = ", ".join(word for word in known if word)
    return f" ({words})" if words else ""


def result_line(run: RunReport) -> str:
    """Return `VERDICT  MODEL  RUN_ID  DURATION  [URL]`: fields two blanks apart, `-` for what is not known."""
    took = "-" if run.duration_s is None else format_duration(run.duration_s)
    fields = [run.verdict, run.model or "-", run.id or "-", took, *([run.url] if run.url else [])]
    return "  ".join(" ".join(plain_line(field).split()) for field in fields)


def resume_command(report: Report, arguments: Sequence[str]) -> str:
    """Return the exact command that takes the wait up again for the runs that have not ended."""
    still = [run.id for run in report.runs if run.id and run.verdict in {Verdict.TIMED_OUT, Verdict.INTERRUPTED}]
    return shlex.join(["dai-gate", "wait", *still, *arguments])
