from __future__ import annotations

from typing import Any

import pytest

from unit.simulator.asking import PROGRESS, HandClock, ask, simulate

RUN = {"model": "Checkout", "id": "a1"}


def test_a_run_by_its_id_has_the_documented_keys() -> None:
    """One run is one object with the keys of the documentation, in its order, and its kind of times."""
    with simulate(HandClock(), runs=[{**RUN, "username": "me@x.org"}]) as simulator:
        reply = ask(simulator, id="a1")
    assert reply.status == 200
    assert list(reply.json.items()) == [
        ("id", "a1"),
        ("modelname", "Checkout"),
        ("username", "me@x.org"),
        ("starttime", "2026-06-01 13:00:00.250000+01"),
        ("endtime", None),
        ("type", "model"),
        ("agentname", None),
        ("initiator", "api"),
        ("status", "Running"),
        ("processid", "1453800000"),
    ]


def test_the_parameters_may_come_as_json() -> None:
    """The vendor's own client sends JSON; it is understood too."""
    with simulate(runs=[RUN]) as simulator:
        assert ask(simulator, content={"id": "a1"}).json["id"] == "a1"
        assert [
            run["id"] for run in ask(simulator, content={"modelName": "Checkout", "limit": 1, "id": None}).json
        ] == ["a1"]


@pytest.mark.parametrize("content", [[], {}, {"ID": "a1"}])
def test_json_without_the_parameters_is_refused(content: object) -> None:
    """JSON that names neither parameter is answered with 400."""
    with simulate(runs=[RUN]) as simulator:
        assert ask(simulator, content=content).status == 400


def test_broken_json_is_refused() -> None:
    """A body that is no JSON though it says so holds no parameters."""
    with simulate(runs=[RUN]) as simulator:
        assert ask(simulator, headers={"Content-Type": "application/json"}, id="a1").status == 400


@pytest.mark.parametrize("form", [{}, {"id": ""}, {"modelname": "Checkout"}])
def test_neither_id_nor_model_is_refused(form: dict[str, Any]) -> None:
    """Without `id` and `modelName` the answer is 400 with a message and a description."""
    with simulate(runs=[RUN]) as simulator:
        reply = ask(simulator, **form)
    assert reply.status == 400
    assert set(reply.json) == {"message", "description"}


def test_a_model_answers_newest_first() -> None:
    """The runs of a model come as an array by their start, newest first, as many as `limit` allows."""
    runs = [{"model": "Checkout", "id": f"r{start}", "start": start} for start in (-5, -1, -3)]
    with simulate(HandClock(), runs=[*runs, {"model": "Other"}]) as simulator:
        assert [run["id"] for run in ask(simulator, modelName="Checkout").json] == ["r-1", "r-3", "r-5"]
        assert [run["id"] for run in ask(simulator, modelName="Checkout", limit=2).json] == ["r-1", "r-3"]


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "", "9" * 30])
def test_a_limit_is_a_positive_integer(limit: str) -> None:
    """Another limit is answered with 400."""
    with simulate(runs=[RUN]) as simulator:
        assert ask(simulator, modelName="Checkout", limit=limit).status == 400


def test_a_run_goes_through_its_statuses() -> None:
    """Status and end follow the clock."""
    clock = HandClock()
    words = ["Pending", "Running", "Passed"]
    statuses = [{"at": second, "status": word} for second, word in enumerate(words)]
    with simulate(clock, runs=[{**RUN, "statuses": statuses}]) as simulator:
        for word in words:
            answer = ask(simulator, id="a1").json
            assert answer["status"] == word
            assert (answer["endtime"] is not None) == (word == "Passed")
            clock.pass_by(1)
        assert ask(simulator, id="a1").json["endtime"] == "2026-06-01 13:00:02.250000+01"


def test_a_run_that_ends_with_an_odd_word_has_ended() -> None:
    """Any last word ends a run, unless it means running."""
    with simulate(
        runs=[{**RUN, "duration": 0, "outcome": "Odd"}, {"model": "b", "statuses": [{"status": "Odd"}]}]
    ) as simulator:
        assert [state.ended for state in simulator.runs()] == [0, 0]


def test_a_run_to_come_is_unknown() -> None:
    """A run does not exist before it starts; the test's own view shows it without a status."""
    clock = HandClock()
    with simulate(clock, runs=[{**RUN, "start": "5s"}]) as simulator:
        assert ask(simulator, id="a1").status == 404
        assert ask(simulator, modelName="Checkout").json == []
        assert simulator.runs()[0].status is None
        clock.pass_by(5)
        assert ask(simulator, id="a1").status == 200


def test_read_after_write_and_vanishing() -> None:
    """A run can be unknown for a while after its start, and again later."""
    clock = HandClock()
    with simulate(clock, runs=[{**RUN, "visible_after": "1s", "vanish_after": "3s"}]) as simulator:
        seen = []
        for _ in range(4):
            seen.append((ask(simulator, id="a1").status, len(ask(simulator, modelName="Checkout").json)))
            clock.pass_by(1)
    assert seen == [(404, 0), (200, 1), (200, 1), (404, 0)]


@pytest.mark.parametrize(
    ("choice", "status", "body"),
    [
        ("not-found-404", 404, {"message": "Not Found", "description": "Run ID zz does not exist"}),
        ("bad-request-400", 400, {"message": "Bad Request", "description": "Run ID zz does not exist"}),
        ("message-200", 200, {"message": "Not Found", "description": "Run ID zz does not exist"}),
        ("null", 200, None),
        ("empty-array", 200, []),
    ],
)
def test_an_unknown_run(choice: str, status: int, body: Any) -> None:
    """What an unknown id gets is not documented: the scenario chooses."""
    with simulate(runs=[RUN], unknown_run=choice) as simulator:
        reply = ask(simulator, id="zz")
    assert (reply.status, reply.json) == (status, body)


def test_an_unknown_model() -> None:
    """A model without runs has an empty array, or what the scenario chooses."""
    with simulate(runs=[RUN]) as simulator:
        assert ask(simulator, modelName="zz").json == []
    with simulate(runs=[RUN], unknown_model="bad-request-400") as simulator:
        assert ask(simulator, modelName="zz").json["description"] == "Model zz does not exist"


def test_a_forbidden_model() -> None:
    """A model that the account may not see is answered with 403, by name and by id."""
    with simulate(runs=[RUN], forbidden=["Checkout"]) as simulator:
        assert ask(simulator, id="a1").status == 403
        assert ask(simulator, modelName="Checkout").status == 403


@pytest.mark.parametrize(
    ("method", "path"), [("GET", PROGRESS), ("POST", "/"), ("POST", "/api/run/progress/"), ("DELETE", "/api/run")]
)
def test_everything_else_is_not_found(method: str, path: str) -> None:
    """Another path or method is answered with 404 and JSON."""
    with simulate() as simulator:
        reply = ask(simulator, path, method=method)
    assert reply.status == 404
    assert reply.json["message"] == "Not Found"


def test_a_prefix_is_part_of_every_path() -> None:
    """Behind a prefix the endpoints are below it, and only there; a query does no harm."""
    with simulate(runs=[RUN], prefix="/dai/") as simulator:
        assert simulator.url.endswith("/dai")
        assert ask(simulator, "/dai/api/run/progress?x=1", id="a1").status == 200
        assert ask(simulator, PROGRESS, id="a1").status == 404
        assert ask(simulator, "/dai", id="a1").status == 404


def test_time_may_begin_with_the_first_request() -> None:
    """With `starts_at: first-request` a run waits for the first poll."""
    clock = HandClock()
    with simulate(clock, runs=[{**RUN, "duration": 8}], starts_at="first-request") as simulator:
        clock.pass_by(100)
        assert simulator.now() == 0
        assert ask(simulator, id="a1").json["status"] == "Running"
        clock.pass_by(8)
        assert ask(simulator, id="a1").json["endtime"] == "2026-06-01 13:01:48.250000+01"
