from __future__ import annotations

from typing import Any

import pytest

from unit.simulator.asking import HandClock, ask, simulate

RUN = {"model": "Checkout", "id": "a1", "start": "-1h", "duration": 60}


def answer(**looks: object) -> Any:
    with simulate(HandClock(), runs=[RUN], **looks) as simulator:
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
