"""The times that a server writes, and how those that lie are repaired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.times import earlier, parse_time, run_duration, true_end


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
@pytest.mark.parametrize("skew", [timedelta(seconds=-20), timedelta(seconds=2), timedelta(minutes=20)])
def test_an_end_written_with_the_local_offset_is_repaired(hours: int, length: timedelta, skew: timedelta) -> None:
    """On every offset the true end is found, though the clock that observed it differs by less than half of that."""
    end = START + length
    assert true_end(START, lying(end, hours), end + skew) == end


@pytest.mark.parametrize("skew", [timedelta(seconds=-10), timedelta(seconds=10), timedelta(minutes=-7)])
def test_an_end_that_is_true_is_left_as_it_is(skew: timedelta) -> None:
    """An end with its right offset is believed, though it is later than the Date of a proxy's clock."""
    end = (START + HOUR).astimezone(timezone(timedelta(minutes=15)))
    assert true_end(START, end, end + skew) == end


@pytest.mark.parametrize("hours", [-8, 1, 10])
def test_an_end_of_long_ago_is_taken_as_written(hours: int) -> None:
    """Where nobody saw the run end, nothing says that its end is a lie, unless it is before the start or to come."""
    end = (START + timedelta(minutes=5)).astimezone(timezone(timedelta(hours=hours)))
    assert true_end(START, end, START + 1000 * HOUR) == end
    assert true_end(START, lying(START + 3 * HOUR, -8), START + 9 * HOUR / 2) == START + 3 * HOUR
    assert true_end(START, lying(START + HOUR / 2, 1), START + 1000 * HOUR) == START + HOUR / 2


def test_an_end_before_the_start_is_repaired_without_any_date() -> None:
    """The start alone gives a lie east of Greenwich away; without it and a date the end is taken as written."""
    end = START + timedelta(minutes=5)
    assert true_end(START, lying(end, 1), None) == end
    assert true_end(None, lying(end, 1), None) == lying(end, 1)


def test_an_end_that_makes_no_sense_is_unknown() -> None:
    """An end that contradicts the start either way is unknown, and so is the duration."""
    assert true_end(START, START - 5 * HOUR, None) is None
    assert true_end(START, None, START) is None
    assert run_duration(START, None) is None
    assert run_duration(START, START - HOUR) is None
    assert run_duration(START, START + HOUR) == 3600
    assert run_duration(START, START) == 0


@given(*[st.none() | st.datetimes(timezones=st.timezones())] * 3)
def test_no_duration_is_negative(started: datetime | None, ended: datetime | None, observed: datetime | None) -> None:
    """Whatever times are given, the duration is unknown or not negative, and nothing crashes."""
    seconds = run_duration(started, true_end(started, ended, observed))
    assert seconds is None or seconds >= 0


def test_times_at_the_edge_of_the_calendar_are_no_crash() -> None:
    """The first and the last moment that a calendar holds are compared like any other."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert true_end(None, START, last) == true_end(None, START, first) == START
    assert earlier(first, HOUR) == first
    assert earlier(START, HOUR) == START - HOUR
