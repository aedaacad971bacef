"""The times that a server writes, some of which lie."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

_TIME = re.compile(
    r"\s*(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{0,9}))?\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)\s*", re.ASCII
)


def parse_time(text: Any) -> datetime | None:
    """Read `2018-05-31 17:00:01.366412+01` and its seen variants; None for anything else.

    The separator is a blank or `T`, the fraction 0 to 9 digits, the offset `+01`, `+01:00`, `+0100` or `Z`.
    """
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    day, clock, fraction, zulu, sign, hours, minutes = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}")
        offset = timedelta(0) if zulu else timedelta(hours=int(hours), minutes=int(minutes or 0))
        moment = moment.replace(tzinfo=timezone(-offset if sign == "-" else offset))
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def true_end(started_at: datetime | None, ended_at: datetime | None, observed_at: datetime | None) -> datetime | None:
    """Return when a run ended, repaired, or None where it cannot be known.

    The server writes the end as the UTC clock with the local offset (seen in 12 of 12 runs of one log): east of
    Greenwich the end is before the start, west of it in the future. So there are two readings: as written, and with its
    clock read as UTC. Of those that are not before the start, the one nearest to `observed_at` is taken (the server's
    Date of the answer that held the end, or our clock) where it is nearer than half the offset: clocks that differ by
    less do not matter. An end that was over long before it was observed is taken as written, unless that lies in the
    future. So is one without `observed_at`.
    """
    if ended_at is None:
        return None
    readings = (ended_at, ended_at.replace(tzinfo=UTC))
    possible = [moment for moment in readings if started_at is None or moment >= started_at]
    if observed_at is not None:
        skew = abs(readings[0] - readings[1]) / 2
        near = [moment for moment in possible if abs(moment - observed_at) <= skew]
        possible = near or [moment for moment in possible if moment - observed_at <= skew] or possible
    return possible[0] if possible else None


def earlier(moment: datetime, by: timedelta) -> datetime:
    """Return a moment that much earlier, the first of the calendar at the earliest."""
    try:
        return moment - by
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def run_duration(started_at: datetime | None, ended_at: datetime | None) -> float | None:
    """Return the seconds from start to (repaired) end, never negative; None where either is unknown."""
    if started_at is None or ended_at is None or ended_at < started_at:
        return None
    return (ended_at - started_at).total_seconds()
