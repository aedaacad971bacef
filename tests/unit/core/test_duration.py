"""Durations as people write and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("90", 90), ("90s", 90), ("15m", 900), ("1h30m", 5400), ("250ms", 0.25), ("1.5h", 5400), ("0.5", 0.5)),
        *((" 1H 2m 3s ", 3723), ("90 s", 90), ("1h  30 m", 5400), ("1m500ms", 60.5)),
        *(("2d", 172800), ("1d12h", 129600), ("060", 60), ("007m", 420)),
    ],
)
def test_what_is_read(text: str, seconds: float) -> None:
    """Numbers count seconds; units are d, h, m, s and ms, largest first."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0s",
        "-5",
        "-5s",
        "nan",
        "inf",
        "infinity",
        "1e3",
        "5x",
        "m",
        "5m1h",
        "1..5s",
        "٣s",
        "9" * 400,
        "0x5A",
        "1:30",
        "1_000",
        "1 000",
        "1 0s",
        "1 .5s",
        "1m 30",
    ],
)
def test_what_is_refused(text: str) -> None:
    """No time, negative time, endless time and what is no time at all are refused, with an example of what is right."""
    with pytest.raises(ValueError, match="write it like 90, 90s, 15m, 1h30m, 2d or 250ms"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0, "0ms"), (0.25, "250ms"), (1, "1s"), (4.24, "4.2s"), (9.96, "10s"), (59.6, "1m"), (187, "3m07s")),
        *((3723, "1h02m03s"), (90000, "25h"), (5400, "1h30m"), (3603, "1h00m03s"), (600, "10m")),
    ],
)
def test_what_is_written(seconds: float, text: str) -> None:
    """A duration is written without blanks, as precisely as a person wants it."""
    assert format_duration(seconds) == text


@given(st.floats(min_value=1, max_value=10**6))
def test_what_is_written_can_be_read(seconds: float) -> None:
    """What the gate prints can be given to it again, to within a second."""
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=0.51)
