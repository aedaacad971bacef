"""Lists, lengths and moments, in the words of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gate.core.duration import format_duration
from gate.core.snapshot import Outage

_DAY_S = 86400.0


def listed(words: Sequence[str], most: int) -> str:
    """Return so many words at most, and how many more there are."""
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def counted(number: int, noun: str) -> str:
    """Return `1 poll` or `12 polls`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def moment(when: datetime, now: datetime | None) -> str:
    """Return a moment in local time, with its date where that is not the day of `now`, or none is given."""
    try:
        local = when.astimezone()
    except (OverflowError, ValueError, OSError):  # a server may write the year 1
        return str(when)
    is_today = now is not None and local.date() == now.astimezone().date()
    return f"{local:%H:%M:%S}" if is_today else local.isoformat(" ", "seconds")[:19]


def for_how_long(outages: Sequence[Outage], left_s: float) -> str:
    """Return since when and why there has been no good answer, and when the first run is given up for that."""
    first = min(outages, key=lambda outage: outage.final_in_s)
    longest = max(outage.for_s for outage in outages)
    why = first.fault.rstrip(".")
    return f"for {format_duration(longest)} ({why}); giving up in {left(min(first.final_in_s, left_s))}"


def left(seconds: float) -> str:
    return format_duration(float(max(1, round(seconds))))


def long(seconds: float) -> str:
    return format_duration(seconds) if seconds < 2 * _DAY_S else f"{seconds / _DAY_S:.0f}d"
