"""The log: lines on standard error."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TextIO

from gate.clock import Clock
from gate.core.duration import format_duration
from gate.reports.text import one_line

# The most characters of one line.
_LONGEST = 2000


class Log:
    """Writes lines, each with the time since the start in front. A stream that is gone is left alone.

    `level` is -1 with --quiet, 1 with --verbose; `redact` hides secrets. `write` may be replaced, so that lines go
    above a live display.
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
        """Write what happened, at most `limit` characters of it; nothing with --quiet."""
        if not self.is_quiet:
            elapsed = self._clock.monotonic() - self._started
            self._write(text, f"{format_duration(elapsed) if elapsed >= 1 else '0s':>8}  ", limit)

    def warning(self, text: str, *, even_quiet: bool = False) -> None:
        """Write a warning; with --quiet only where it concerns security or lets a pipeline go on (`even_quiet`)."""
        if even_quiet or not self.is_quiet:
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
            self._level = -2  # nobody reads it any more; the reports are still written


def _write_line(stream: TextIO | None, line: str) -> None:
    if stream is None:
        raise OSError("standard error is closed")
    stream.write(line + "\n")
    stream.flush()
