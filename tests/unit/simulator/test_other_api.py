from __future__ import annotations

from typing import Any

import pytest

from gate.simulator import Simulator
from unit.simulator.asking import HandClock, ask, simulate

TASKS: dict[str, Any] = {
    "request": {"path": "/ai/tasks/{id}", "query": {"size": "{limit}"}},
    "answer": {"runs": "data.items", "id": "task.id", "status": "runstatus", "started_at": "created"},
    "words": {"running": ["STARTED"], "passed": ["DONE"], "failed": ["ERROR"]},
}
SEARCH: dict[str, Any] = {
    "request": {"method": "POST", "path": "/search", "json": {"name": "m:{model}", "id": "{id}", "n": "{limit}"}},
    "answer": {"id": "id", "status": "status", "model": "model"},
    "words": {"passed": ["Passed"]},
}
RUN = {"model": "Checkout", "id": "a/1 b", "duration": 2}


def tasks(clock: HandClock | None = None, **scenario: Any) -> Simulator:
    return simulate(clock, runs=[RUN], api=TASKS, **scenario)


def test_another_api_is_played_from_its_description() -> None:
    """Path, keys, wrapper and words are those of the description; ids arrive percent-decoded."""
    clock = HandClock()
    with tasks(clock) as simulator:
        path = "/ai/tasks/a%2F1%20b"
        found = ask(simulator, path, method="GET").json["data"]["items"]
        assert (found["task"], found["runstatus"]) == ({"id": "a/1 b"}, "STARTED")
        assert found["created"] == "2026-06-01 13:00:00.250000+01"
        assert "status" not in found
        clock.pass_by(2)
        assert ask(simulator, path, method="GET").json["data"]["items"]["runstatus"] == "DONE"


@pytest.mark.parametrize(
    ("outcome", "word"), [("Failed", "ERROR"), ("Error", "Error"), ("Incomplete", "Incomplete"), ("Odd", "Odd")]
)
def test_words_are_those_of_the_description(outcome: str, word: str) -> None:
    """A documented word becomes one of the same meaning, where the description has one."""
    with simulate(runs=[{**RUN, "outcome": outcome, "duration": 0}], api=TASKS) as simulator:
        assert ask(simulator, "/ai/tasks/a%2F1%20b", method="GET").json["data"]["items"]["runstatus"] == word


def test_the_classic_endpoint_is_then_not_there() -> None:
    """A server that is asked otherwise answers 404 at the documented path, and to another method."""
    with tasks() as simulator:
        assert ask(simulator, id="a/1 b").status == 404
        assert ask(simulator, "/ai/tasks/x").status == 404
        assert ask(simulator, "/ai/tasks/x", method="GET").json["message"] == "Not Found"


def test_models_and_limits_are_read_from_json() -> None:
    """Fields of a body are found again by their templates."""
    runs = [{"model": "a/b", "id": f"r{start}", "start": start} for start in (-2, -1)]
    with simulate(HandClock(), runs=runs, api=SEARCH) as simulator:
        assert [run["id"] for run in ask(simulator, "/search", content={"name": "m:a/b", "n": 1}).json] == ["r-1"]
        assert ask(simulator, "/search", content={"id": "r-2"}).json["model"] == "a/b"
        assert ask(simulator, "/search", content={"name": "a/b"}).status == 400


def test_faults_of_polls_are_those_of_any_api() -> None:
    """The default path of a fault stands for every poll, whatever ids are in its path."""
    with tasks(faults=[{"requests": 2, "status": 503}]) as simulator:
        asked = [ask(simulator, f"/ai/tasks/{name}", method="GET").status for name in ("x", "y", "z")]
    assert asked == [404, 503, 404]


def test_a_login_is_needed_as_well() -> None:
    """Another API asks for the same tokens."""
    with tasks(auth={"tokens": ["static"]}, prefix="/dai") as simulator:
        path = "/dai/ai/tasks/a%2F1%20b?size=1"
        assert [ask(simulator, path, method="GET", token=token).status for token in ("x", "static")] == [401, 200]
