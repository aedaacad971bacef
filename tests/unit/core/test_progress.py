"""What the server said: shapes, status words, and times that lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.progress import (
    STATUS_WORDS,
    ContradictoryError,
    Progress,
    Reading,
    Status,
    parse,
    parse_time,
    run_duration,
    same_id,
    true_end,
)

DOCUMENTED = {
    "id": "cecaf3f5-c071-46b2-8918-924420e3f954",
    "modelname": "BBCSport",
    "username": "",
    "starttime": "2018-05-31 17:00:01.366412+01",
    "endtime": None,
    "type": "model",
    "agentname": None,
    "initiator": "api",
    "status": "Running",
    "processid": "5637",
}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([*DOCUMENTED, "items"]), inner),
    max_leaves=20,
)


def test_the_documented_answer() -> None:
    """The vendor's own example is read field by field."""
    assert parse(DOCUMENTED).runs == (
        Progress(
            id="cecaf3f5-c071-46b2-8918-924420e3f954",
            word="Running",
            model="BBCSport",
            type="model",
            agent=None,
            process_id="5637",
            started_at=datetime(2018, 5, 31, 16, 0, 1, 366412, tzinfo=UTC),
            ended_at=None,
        ),
    )


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"id": "a", "status": "Passed"}, ["a"]),
        ([{"id": "a", "status": "Passed"}], ["a"]),
        ([{"id": "a", "status": "Passed"}, {"id": "b", "status": "x"}], ["a", "b"]),
        ({"items": [{"id": "a", "status": "Passed"}]}, ["a"]),
        ({"items": []}, []),
        ({"id": "a", "status": "Passed", "items": []}, ["a"]),
        ([], []),
        (None, []),
        ({"id": 7, "status": "Passed", "processid": 5, "endtime": 3, "runid": 1, "is_paused": False}, ["7"]),
    ],
)
def test_shapes(body: Any, ids: list[str]) -> None:
    """An object, an array, a wrapper, nothing, and extra keys are all read."""
    reading = parse(body)
    assert ([run.id for run in reading.runs], reading.unreadable) == (ids, ())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("Passed", "expected a run, found text"),
        (3, "expected a run, found a number"),
        (True, "expected a run, found a boolean"),
        ([None], "expected a run, found null"),
        ([[]], "expected a run, found an array"),
        ({"message": "no"}, "a run without an id (keys: message)"),
        ({}, "a run without an id (keys: none)"),
        ({"id": True, "status": "Passed"}, "a run without an id (keys: id, status)"),
        ({"id": "a"}, "a run whose status is null"),
        ({"id": "a", "status": {}}, "a run whose status is an object"),
    ],
)
def test_what_is_no_run_is_named(body: Any, why: str) -> None:
    """An entry without a usable id and status is not a run, and it is said why."""
    assert parse(body) == Reading((), (why,))


@given(anything)
def test_any_json_is_read_without_a_crash(body: Any) -> None:
    """Whatever JSON comes, reading it gives runs or names what is none."""
    reading = parse(body)
    assert all(run.id and isinstance(run.word, str) for run in reading.runs)


def test_status_words_disregard_case_and_blanks() -> None:
    """A known word is known in any case; any other is unrecognised."""
    for word, status in STATUS_WORDS.items():
        assert Progress("a", f" {word.upper()} ").status is status
    assert Progress("a", "Flying").status is Status.UNRECOGNISED
    assert Progress("a", "").status is Status.UNRECOGNISED


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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("a", "b", False),
        ("CECAF3F5-c071-46b2-8918-924420e3f954", "cecaf3f5-c071-46b2-8918-924420e3f954", True),
    ],
)
def test_ids_are_the_same_letter_for_letter_or_as_uuids(one: str, other: str, same: bool) -> None:
    """The case matters, except in a UUID."""
    assert same_id(one, other) is same


def test_a_reading_finds_its_run_or_a_contradiction() -> None:
    """Two equal words for one run are one; two different ones are a contradiction."""
    assert Reading((Progress("a", "Passed"), Progress("a", "PASSED"))).find("a") == Progress("a", "PASSED")
    assert Reading((Progress("a", "Passed"),)).find("b") is None
    with pytest.raises(ContradictoryError, match="Passed and Failed"):
        Reading((Progress("a", "Passed"), Progress("a", "Failed"))).find("a")


def test_a_date_at_the_edge_of_the_calendar_is_no_crash() -> None:
    """Dates from which no two seconds can be taken or added are still compared."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert true_end(None, START, answered_at=last, running_at=first) == START
