"""The log: lines on standard error, of text or each a JSON object."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TextIO, TypedDict, Unpack

from gate.clock import Clock
from gate.core.duration import format_duration
from gate.core.events import Subject
from gate.reports.log_events import LogEvent
from gate.reports.text import block, one_line

LEVELS = ("debug", "info", "warning", "error")

# The most characters of one line.
_LONGEST = 2000


class Facts(TypedDict, total=False):
    """What an event may hold besides time, level, event and message; None is left out.

    `wait_s` is in how many seconds the next poll or retry follows.
    """

    run_id: str | None
    model: str | None
    status: str | None
    verdict: str | None
    reason: str | None
    exit_code: int | None
    wait_s: float | None


def facts_of(about: Subject | None, **more: Unpack[Facts]) -> Facts:
    """Return the facts of an event with the names of what it is about: of several runs that of the model."""
    if about is None:
        return more
    return {"run_id": about.run_id if about.runs == 1 else None, "model": about.model, **more}


class Log:
    """Writes lines, each with the time since the start in front. A stream that is gone is left alone.

    `level` is -1 with --quiet, 1 with --verbose; `redact` hides secrets. With `as_json` a line is a JSON object that
    holds the facts too. `write` may be replaced, so that lines go above a live display.
    """

    def __init__(
        self, stream: TextIO | None, clock: Clock, *, level: int, redact: Callable[[str], str], as_json: bool = False
    ) -> None:
        self.write: Callable[[str], None] = partial(_write_line, stream)
        self.as_json = as_json
        self._clock, self._level, self._redact = clock, level, redact
        self._started = clock.monotonic()
        self.last_line_at = self._started

    @property
    def is_quiet(self) -> bool:
        return self._level < 0

    def error(self, event: LogEvent, text: str, **facts: Unpack[Facts]) -> None:
        """Write what must be seen, even with --quiet."""
        self._write("error", event, text, "dai-gate: ", facts)

    def note(
        self, event: LogEvent, text: str, *, limit: int = _LONGEST, even_quiet: bool = False, **facts: Unpack[Facts]
    ) -> None:
        """Write what happened, at most `limit` characters of it; with --quiet only where `even_quiet`."""
        self.last_line_at = self._clock.monotonic()
        if even_quiet or not self.is_quiet:
            self._write("info", event, text, self._since_start(), facts, limit)

    def warning(self, event: LogEvent, text: str, *, even_quiet: bool = False, **facts: Unpack[Facts]) -> None:
        """Write a warning; with --quiet only where it concerns security or lets a pipeline continue (`even_quiet`)."""
        if even_quiet or not self.is_quiet:
            self._write("warning", event, text, "dai-gate: warning: ", facts)

    def log(self, level: str, event: LogEvent, text: str) -> None:
        """Write at one of `LEVELS`, with nothing in front."""
        self._write(level, event, text, "", {})

    def detail(self, event: LogEvent, text: str, **facts: Unpack[Facts]) -> None:
        """Write what only --verbose shows."""
        if self._level > 0:
            self._write("debug", event, text, self._since_start(), facts)

    def trace(self, text: str) -> None:
        """Write where the gate itself failed, for --verbose only: as text line by line."""
        hidden = self._redact(text)  # as a whole: a secret may have a line break in it
        for part in [hidden] if self.as_json and hidden else hidden.splitlines():
            self.detail(LogEvent.TRACE, part)

    def _since_start(self) -> str:
        """Return how long ago the start was, as it stands in front of a line."""
        elapsed = self._clock.monotonic() - self._started
        return f"{format_duration(elapsed) if elapsed >= 1 else '0s':>8}  "

    def _write(self, level: str, event: LogEvent, text: str, before: str, facts: Facts, limit: int = _LONGEST) -> None:
        self.last_line_at = self._clock.monotonic()
        if self.as_json:
            line = json_line(self._clock.now(), level, event, text, facts, self._redact, limit)
        else:
            line = before + one_line(self._redact(text), limit)
        try:
            self.write(line)
        except (OSError, ValueError):
            self._level = -2  # nobody reads it any more; the reports are still written


def json_line(
    now: datetime,
    level: str,
    event: LogEvent,
    text: str,
    facts: Facts,
    redact: Callable[[str], str],
    limit: int = _LONGEST,
) -> str:
    """Return an event as one line of JSON: secrets are hidden first, and no build server finds a command in it."""
    from gate.reports.json import write  # noqa: PLC0415 - for a log of JSON only

    clean = block if event is LogEvent.TRACE else one_line
    content: dict[str, object] = {
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "event": event,
        "message": clean(redact(text), limit),
    }
    for name, value in facts.items():
        if isinstance(value, str):
            content[name] = one_line(redact(value))
        elif value is not None:
            content[name] = round(value, 3) if isinstance(value, float) else value
    return write(content, indent=None).rstrip()


def _write_line(stream: TextIO | None, line: str) -> None:
    if stream is None:
        raise OSError("standard error is closed")
    stream.write(line + "\n")
    stream.flush()
