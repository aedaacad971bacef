"""The log on stderr, and what it says while a wait goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TextIO

from gate.clock import Clock
from gate.core.duration import format_duration
from gate.core.events import Closed, Event, Foretold, Looked, Pinned, Recovered, Slow, StatusSeen, Trouble
from gate.core.group import Group
from gate.core.run import WatchedRun
from gate.core.verdict import Verdict
from gate.core.watch import Watch
from gate.reports.text import one_line

HEARTBEAT_S = 60.0

# Of one answer, this many changes are told line by line; more are told by their number. Nor has one outage more faults.
_MOST_LINES = 20

# A run that ended so shortly before the wait began may as well have ended after: a server's Date has whole seconds.
_SLACK_S = 2.0
_DAY_S = 86400.0
# Of one line, this much is told.
_LONGEST = 2000


class Log:
    """Writes lines, each with the time since the start in front. A stream that is gone is left alone.

    `write` may be replaced, so that lines go above a live display.
    """

    def __init__(self, stream: TextIO | None, clock: Clock, *, level: int, redact: Callable[[str], str]) -> None:
        self.write: Callable[[str], None] = partial(_write_line, stream)
        self._clock, self._level, self._redact = clock, level, redact
        self._started = clock.monotonic()
        self.last_line_at = self._started

    @property
    def is_quiet(self) -> bool:
        return self._level < 0

    def error(self, text: str) -> None:
        """Write what must be seen, even with --quiet."""
        self._write(text, "dai-gate: ")

    def note(self, text: str, *, limit: int = _LONGEST) -> None:
        if not self.is_quiet:
            elapsed = self._clock.monotonic() - self._started
            self._write(text, f"{format_duration(elapsed) if elapsed >= 1 else '0s':>8}  ", limit)

    def warning(self, text: str) -> None:
        if not self.is_quiet:
            self.error(f"warning: {text}")

    def detail(self, text: str) -> None:
        """Write what only --verbose shows."""
        if self._level > 0:
            self.note(text)

    def trace(self, text: str) -> None:
        """Write where the gate itself failed, line by line, for --verbose only."""
        for line in self._redact(text).splitlines():  # as a whole: a secret may have a line break in it
            self.detail(line)

    def _write(self, text: str, before: str, limit: int = _LONGEST) -> None:
        self.last_line_at = self._clock.monotonic()
        try:
            self.write(before + one_line(self._redact(text), limit))
        except (OSError, ValueError):
            self._level = -2  # nobody reads it any more; the reports still tell


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
        self._faults: dict[str, float] = {}
        self._silent_since: float | None = None
        self._answers_again = False

    def begin(self, server: str, timeout: float, until: datetime, links: Sequence[str]) -> None:
        watched = listed([run.label for run in self._watch.runs], 5)
        end = f"{self._moment(until)} {until.astimezone():%Z}"
        self._log.note(f"waiting for {watched} at {server} until {end} ({format_duration(timeout)})")
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
        self._tell_return(now)
        if now >= self._watch.deadline and not self._said_last_look:
            self._said_last_look = True
            self._log.note("the timeout has passed; one last look was taken")
        elif now - self._log.last_line_at >= HEARTBEAT_S:
            self._heartbeat(now)

    def _heartbeat(self, now: float) -> None:
        silent = [group for group in self._watch.troubled if group.is_silent]
        troubled = silent or self._watch.troubled
        without = {run for group in troubled for run in group.runs}
        still = [f"{run.label} {_word(run)}" for run in self._watch.runs if run.is_open and run not in without]
        if troubled:
            about = "" if silent and not still else f"{listed([group.label for group in troubled], 3)}: "
            what = "no usable answer" if silent else "not found"
            self._log.note(f"{about}{what} {self._for_how_long(troubled, now)}")
        if still:
            self._log.note(f"still waiting: {listed(still, 3)}; {_left(self._watch.deadline - now)} left")

    def _for_how_long(self, troubled: Sequence[Group], now: float) -> str:
        """Say since when and why there has been no good answer, and when the first run is given up for that."""
        first = min(troubled, key=lambda group: group.gives_up_at)
        since = min(group.failing_since or now for group in troubled)
        why = first.fault.text.rstrip(".") if first.fault else ""
        end = min(first.gives_up_at, self._watch.deadline)
        return f"for {format_duration(now - since)} ({why}); giving up in {_left(end - now)}"

    def _tell(self, event: Event) -> None:
        match event:
            case Looked(label, wait_s):
                self._log.detail(f"looked at {label}; next look in {format_duration(wait_s)}")
            case StatusSeen(run, word):
                self._log.note(f"{run.label}: {word}{self._particulars(run)}")
            case Pinned():
                self._tell_pinned(event)
            case Recovered(label, after_s, missing):
                self._answers_again |= not missing
                tell = self._log.note if missing else self._log.detail
                tell(f"{label}: {'found' if missing else 'answered again'} after {format_duration(after_s)}")
            case Foretold():
                self._tell_forecast(event)
            case Slow(run):
                self._log.note(f"{run.label}: slower than 95 % of its earlier runs")
            case Trouble():
                self._tell_trouble(event)
            case Closed(run) if run.verdict in {Verdict.UNKNOWN, Verdict.DENIED}:
                self._log.note(f"{run.label}: {run.verdict} - {run.message}")
                self._log.trace(run.trace)

    def _tell_pinned(self, pinned: Pinned) -> None:
        model, limit, since = pinned.target.model, pinned.target.limit, pinned.target.since
        few = f" (of {limit} wanted)" if len(pinned.runs) < limit else ""
        following = ", ".join(run.run_id or "-" for run in pinned.runs) or "nothing new"
        self._log.note(f"{model}: following {following}{few}")
        old = [run.label for run in pinned.runs if self._ended_ago(run) is not None]
        if old and since is None:
            self._log.warning(f"{listed(old, 5)} ended before this wait began; --since keeps old runs out")

    def _tell_forecast(self, foretold: Foretold) -> None:
        model, forecast, plan, why = foretold
        is_learned = self._watch.pace.plan is not None
        otherwise = "; intervals grow as with --schedule exponential" if is_learned else ""
        if forecast is None:
            write = self._log.note if is_learned else self._log.detail
            write(f"{model}: nothing is known of earlier runs ({why}){otherwise}")
            return
        line = f"{model}: {len(forecast.durations_s)} earlier runs, median {format_duration(forecast.median_s)}"
        if plan is not None:
            line += f"; about {plan.polls:.0f} polls instead of {plan.default_polls:.0f}"
        elif is_learned:
            line += f", {why}{otherwise}"
        self._log.note(line)
        timeout = self._watch.limits.timeout
        if forecast.survival(timeout) > 0.5:
            longest = format_duration(forecast.durations_s[-1])
            self._log.note(
                f"{model}: --timeout {format_duration(timeout)} is shorter than most earlier runs took; the longest "
                f"took {longest}"
            )

    def _tell_trouble(self, trouble: Trouble) -> None:
        """Tell of a fault once in an outage, whatever was asked about, and after that only with --verbose."""
        fault, now = trouble.fault, self._clock.monotonic()
        again = f"Trying again in {format_duration(trouble.wait_s)}." if trouble.wait_s > 0 else ""
        about = f"{trouble.label}: " if fault.answered else ""
        key = about + fault.text
        if key not in self._faults and len(self._faults) < _MOST_LINES:
            self._faults[key] = now
            if not fault.answered and self._silent_since is None:
                self._silent_since, self._answers_again = now, False
            self._log.note(" ".join(filter(None, (key, fault.fix, again))))
        else:
            self._log.detail(f"{trouble.label}: {fault.text} {again}")

    def _tell_return(self, now: float) -> None:
        """Tell once when the server answers about all runs again."""
        since = self._silent_since
        if since is not None and not self._watch.is_silent:
            if self._answers_again:
                self._log.note(f"the server answers again after {format_duration(now - since)}")
            self._silent_since = None
        if self._faults and not self._watch.troubled:  # a server that comes and goes is told once a minute
            self._faults = {key: at for key, at in self._faults.items() if now - at < HEARTBEAT_S}

    def _particulars(self, run: WatchedRun) -> str:
        said = run.progress
        if said is None or not run.is_open:
            took = f" after {format_duration(run.duration_s)}" if run.duration_s is not None else ""
            ago = self._ended_ago(run)
            return took if ago is None else f"{took}, ended {_long(ago)} ago"
        known = [
            f"started {self._moment(said.started_at)}" if said.started_at else "",
            said.agent and f"agent {said.agent}",
        ]
        words = ", ".join(word for word in known if word)
        return f" ({words})" if words else ""

    def _ended_ago(self, run: WatchedRun) -> float | None:
        """Return how long ago a run ended that had ended before the wait began; None for any other."""
        watched, ago = self._clock.monotonic() - self._watch.started, run.ended_ago_s
        return ago if ago is not None and ago > watched + _SLACK_S else None

    def _moment(self, moment: datetime) -> str:
        """Return a moment in local time, with its date where that is not today."""
        try:
            local = moment.astimezone()
        except (OverflowError, ValueError, OSError):  # a server may write the year 1
            return str(moment)
        is_today = local.date() == self._clock.now().astimezone().date()
        return f"{local:%H:%M:%S}" if is_today else local.isoformat(" ", "seconds")[:19]


def listed(words: Sequence[str], most: int) -> str:
    """Return so many words at most, and how many more there are."""
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _word(run: WatchedRun) -> str:
    return run.progress.word if run.progress else "not seen yet"


def _left(seconds: float) -> str:
    return format_duration(float(max(1, round(seconds))))


def _long(seconds: float) -> str:
    return format_duration(seconds) if seconds < 2 * _DAY_S else f"{seconds / _DAY_S:.0f}d"
