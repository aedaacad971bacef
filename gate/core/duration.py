"""Durations as people write and read them: `90`, `90s`, `15m`, `1h30m`, `2d`, `250ms`."""

from __future__ import annotations

import re

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_NUMBER = r"(\d+(?:\.\d+)?)"
_PARTS = re.compile("".join(f"(?:{_NUMBER}{unit})?" for unit in _UNITS), re.ASCII)
_LONGEST = 366 * 86400.0


def parse_duration(text: str) -> float:
    """Return seconds. A bare number counts seconds. Raises ValueError, which says what is wrong."""
    wanted = "write it like 90, 90s, 15m, 1h30m, 2d or 250ms"
    shown = repr(text[:80])
    compact = re.sub(r"(?<=[a-z]) +| +(?=[a-z])", "", text.strip().lower())  # but not between the digits of a number
    if re.fullmatch(_NUMBER, compact, re.ASCII):
        seconds = float(compact)
    elif compact and (parts := _PARTS.fullmatch(compact)):
        seconds = sum(
            float(number) * unit for number, unit in zip(parts.groups(), _UNITS.values(), strict=True) if number
        )
    else:
        raise ValueError(f"{shown} is not a duration; {wanted}")
    if seconds <= 0:
        raise ValueError(f"{shown} is no time at all; {wanted}")
    if seconds > _LONGEST:
        raise ValueError(f"{shown} is longer than a year; {wanted}")
    return seconds


def format_duration(seconds: float) -> str:
    """Return a duration as it is written on the command line: `850ms`, `4.2s`, `3m07s`, `1h02m03s`, `1h`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s".replace(".0s", "s")
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    text = f"{hours}h{minutes:02}m{rest:02}s" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
    return text.removesuffix("00s").removesuffix("00m") if whole >= 60 else text
