from __future__ import annotations

from typing import Any

import pytest

from unit.simulator.asking import HandClock, ask, simulate

RUN = {"model": "Checkout", "id": "a1", "start": "-1h", "duration": 60}


def answer(**shape: object) -> Any:
    with simulate(HandClock(), runs=[RUN], **shape) as simulator:
        return ask(simulator, id="a1").json


@pytest.mark.parametrize(
    ("name", "offset", "text"),
    [
        ("documented", "+01:00", "2026-06-01 12:01:00.250000+01"),
        ("documented", "-0530", "2026-06-01 05:31:00.250000-05:30"),
        ("iso", "+01", "2026-06-01T12:01:00.250000+01:00"),
        ("colon", "+01:00", "2026-06-01 12:01:00.250000+01:00"),
        ("compact", "+01:00", "2026-06-01T12:01:00.250000+0100"),
        ("zulu", "+01:00", "2026-06-01T11:01:00.250000Z"),
    ],
)
def test_time_formats(name: str, offset: str, text: str) -> None:
    """Times are written as documented, or in one of the ways that were seen."""
    assert answer(time_format=name, clock={"offset": offset})["endtime"] == text


def test_the_end_can_lie() -> None:
    """The lie that was seen: the end is the UTC clock with the local offset, here before the start."""
    lying = answer(clock={"offset": "+01:00", "end_time": "lying"})
    assert lying["starttime"] == "2026-06-01 12:00:00.250000+01"
    assert lying["endtime"] == "2026-06-01 11:01:00.250000+01"


def test_extra_keys() -> None:
    """Later versions add keys."""
    assert list(answer(extra_keys=True))[-3:] == ["runid", "is_paused", "runs"]


@pytest.mark.parametrize(("case", "word"), [("as-is", "Passed"), ("upper", "PASSED"), ("lower", "passed")])
def test_status_case(case: str, word: str) -> None:
    """The status word can come in another case."""
    assert answer(status_case=case)["status"] == word


@pytest.mark.parametrize(
    ("shape", "by_id", "by_model", "nothing"),
    [
        ("by-query", "object", "array", []),
        ("object", "object", "object", None),
        ("array", "array", "array", []),
        ("items", "items", "items", {"items": []}),
    ],
)
def test_shapes(shape: str, by_id: str, by_model: str, nothing: object) -> None:
    """An answer is an object, an array, or an array in a wrapper."""
    with simulate(HandClock(), runs=[RUN], shape=shape) as simulator:
        bodies = [ask(simulator, id="a1").json, ask(simulator, modelName="Checkout").json]
        empty = ask(simulator, modelName="zz").json
    record = answer()
    shapes = {"object": record, "array": [record], "items": {"items": [record]}}
    assert bodies == [shapes[by_id], shapes[by_model]]
    assert empty == nothing


@pytest.mark.parametrize("stated", [None, "", "yesterday", 5, "9999-99-99 00:00:00+00"])
def test_a_run_can_say_anything(stated: object) -> None:
    """A scenario can put another value in place of any true one, such as a start that cannot be read."""
    with simulate(HandClock(), runs=[{**RUN, "answer": {"starttime": stated, "more": [1]}}]) as simulator:
        found = ask(simulator, id="a1").json
    assert (found["starttime"], found["more"], found["status"]) == (stated, [1], "Passed")


def test_ids_can_be_numbers() -> None:
    """Ids of digits can come as numbers, those of started runs as well; others stay texts."""
    runs = [{"model": "Checkout", "id": "0017"}, {"model": "Checkout", "id": "a1"}]
    with simulate(HandClock(), runs=runs, models=["Search"], numeric_ids=True) as simulator:
        assert [ask(simulator, id=run_id).json["id"] for run_id in ("0017", "a1")] == [17, "a1"]
        started = ask(simulator, "/api/run", modelName="Search", group="g").json["id"]
        assert ask(simulator, id=started).json["id"] == started == 100_000


def test_the_servers_clock_can_be_ahead() -> None:
    """The clock of runs and Date can differ from this machine's, and that of Date from the runs'."""
    with simulate(HandClock(), runs=[RUN], clock={"ahead": "15m", "date_ahead": "-10s"}) as simulator:
        reply = ask(simulator, id="a1")
    assert reply.json["starttime"] == "2026-06-01 12:15:00.250000+01"
    assert reply.headers["Date"] == "Mon, 01 Jun 2026 12:14:50 GMT"
