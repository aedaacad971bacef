"""The times that a server writes, and how those that lie are repaired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.times import parse_time, run_duration, true_end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018-05-31 17:00:01.366412+01", "2018-05-31T16:00:01.366412+00:00"),
        ("2021-05-27T08:56:06.156404+01:00", "2021-05-27T07:56:06.156404+00:00"),
        ("2021-05-27T08:56:06+0100", "2021-05-27T07:56:06+00:00"),
        ("2021-05-27 08:56:06.1-05:30", "2021-05-27T14:26:06.100000+00:00"),
        ("2021-05-27 08:56:06.123456789Z", "2021-05-27T08:56:06.123456+00:00"),
        ("2021-05-27 08:56:06.+00:00", "2021-05-27T08:56:06+00:00"),
        (" 2021-05-27 08:56:06 +01 ", "2021-05-27T07:56:06+00:00"),
    ],
)
def test_times(text: str, expected: str) -> None:
    """Every seen way to write a time is read."""
    moment = parse_time(text)
    assert moment is not None
    assert moment.astimezone(UTC).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2021-05-27", "2021-05-27 08:56:06", "2021-13-27 08:56:06Z", "2021-05-27 08:56:06+99"),
        *("0001-01-01 00:00:00+10", "9999-12-31 23:59:59-10", "٢٠٢١-05-27 08:56:06Z", None, 5, {}),
    ],
)
def test_what_is_no_time_is_unknown(text: Any) -> None:
    """A time that cannot be read, has no offset, or lies outside the calendar is unknown."""
    assert parse_time(text) is None


START = datetime(2021, 5, 27, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lying(end: datetime, hours: int) -> datetime:
    """Return the end as the server writes it: the UTC clock with the local offset."""
    return end.replace(tzinfo=timezone(timedelta(hours=hours)))


@pytest.mark.parametrize("hours", [-8, -1, 0, 1, 10])
@pytest.mark.parametrize("length", [timedelta(seconds=5), timedelta(minutes=59), 30 * HOUR])
def test_an_end_written_with_the_local_offset_is_repaired(hours: int, length: timedelta) -> None:
    """With the answer's own Date and the last answer that said Running, the true end is found on every offset."""
    end = START + length
    seen = end - timedelta(seconds=3)
    assert true_end(START, lying(end, hours), answered_at=end + timedelta(seconds=2), running_at=seen) == end


def test_an_end_before_the_start_is_repaired_without_any_date() -> None:
    """The start alone gives a lie east of Greenwich away."""
    end = START + timedelta(minutes=5)
    assert true_end(START, lying(end, 1), answered_at=None, running_at=None) == end


def test_an_end_that_makes_no_sense_is_unknown() -> None:
    """An end that contradicts the start either way is unknown, and so is the duration."""
    assert true_end(START, START - 5 * HOUR, answered_at=None, running_at=None) is None
    assert true_end(START, None, answered_at=None, running_at=None) is None
    assert run_duration(START, None) is None
    assert run_duration(START, START - HOUR) is None
    assert run_duration(START, START + HOUR) == 3600


@given(*[st.none() | st.datetimes(timezones=st.timezones())] * 4)
def test_no_duration_is_negative(
    started: datetime | None, ended: datetime | None, answered: datetime | None, running: datetime | None
) -> None:
    """Whatever times are told, the duration is unknown or not negative, and nothing crashes."""
    seconds = run_duration(started, true_end(started, ended, answered_at=answered, running_at=running))
    assert seconds is None or seconds >= 0


def test_a_date_at_the_edge_of_the_calendar_is_no_crash() -> None:
    """Dates from which no two seconds can be taken or added are still compared."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert true_end(None, START, answered_at=last, running_at=first) == START
