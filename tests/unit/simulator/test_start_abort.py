from __future__ import annotations

from typing import Any

import pytest

from unit.simulator.asking import HandClock, ask, simulate

RUN = {"model": "Checkout", "id": "a1"}
START: dict[str, Any] = {"modelName": "Checkout", "group": "g"}


def test_a_started_run_can_be_watched() -> None:
    """The answer to a start names process and id, and the run lives as `started` says."""
    clock = HandClock()
    with simulate(
        clock, runs=[RUN], started={"duration": 3, "outcome": "Failed", "visible_after": "50ms"}
    ) as simulator:
        started = ask(simulator, "/api/run", agentName="Agent 1", iterations=2, **START)
        assert started.status == 200
        assert list(started.json) == ["processid", "id", "iterations", "agent"]
        assert (started.json["iterations"], started.json["agent"]) == (2, "Agent 1")
        assert ask(simulator, id=started.json["id"]).status == 404
        clock.pass_by(3)
        run = ask(simulator, id=started.json["id"]).json
    assert (run["status"], run["agentname"], run["type"]) == ("Failed", "Agent 1", "model")
    assert run["processid"] == str(started.json["processid"])


def test_two_starts_are_two_runs() -> None:
    """Starting twice makes two runs, the newer one first."""
    clock = HandClock()
    with simulate(clock) as simulator:
        first = ask(simulator, "/api/run", **START).json["id"]
        clock.pass_by(1)
        second = ask(simulator, "/api/run", **START).json["id"]
        assert [run["id"] for run in ask(simulator, modelName="Checkout").json] == [second, first]


def test_a_test_case_has_its_own_type() -> None:
    """A directed test is no model run."""
    with simulate() as simulator:
        run_id = ask(simulator, "/api/run", directedTest="Login", **START).json["id"]
        assert ask(simulator, id=run_id).json["type"] == "testcase"


def test_all_documented_parameters_are_understood() -> None:
    """A start with everything that is documented succeeds."""
    whole: dict[str, Any] = dict.fromkeys(("iterations", "maxActions", "bins", "covertarget"), 5)
    words: dict[str, Any] = dict.fromkeys(
        ("suiteLocation", "replay", "path", "verbosity", "logdir", "logfile", "coverdb"), "x"
    )
    with simulate() as simulator:
        assert (
            ask(simulator, "/api/run", **START, **whole, **words, seed=-3, onerror="debug", execute="true").status
            == 200
        )


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"group": "g"}, "'modelName' is required"),
        ({"modelName": "Checkout"}, "'group' is required"),
        ({**START, "maxAction": 5}, "'maxAction' is not recognised"),
        ({**START, "iterations": "many"}, "'iterations' must be a positive integer"),
        ({**START, "bins": 0}, "'bins' must be a positive integer"),
        ({**START, "seed": "x"}, "'seed' must be an integer"),
        ({**START, "onerror": "panic"}, "'onerror' must be one of"),
        ({**START, "execute": "yes"}, "'execute' must be one of"),
        ({**START, "modelName": "zz"}, "Model zz does not exist"),
        ({**START, "agentName": "Agent 9"}, "Agent Agent 9 is not connected to the server"),
    ],
)
def test_wrong_parameters_are_refused(form: dict[str, Any], words: str) -> None:
    """A start that cannot be is answered with 400 and the reason."""
    with simulate(runs=[RUN], disconnected_agents=["Agent 9"]) as simulator:
        reply = ask(simulator, "/api/run", **form)
        assert len(simulator.runs()) == 1
    assert (reply.status, reply.json["message"]) == (400, "Bad Request")
    assert words in reply.json["description"]


def test_models_may_be_named_without_runs() -> None:
    """A model that the scenario names can be started though it never ran."""
    with simulate(models=["Login"], forbidden=["Secret"]) as simulator:
        statuses = [
            ask(simulator, "/api/run", modelName=name, group="g").status for name in ("Login", "Other", "Secret")
        ]
    assert statuses == [200, 400, 403]


@pytest.mark.parametrize("name", ["id", "processid"])
def test_abort_ends_a_run(name: str) -> None:
    """An abort by process, under either name, ends the run at once."""
    clock = HandClock()
    with simulate(clock, runs=[RUN, {"model": "Checkout"}], aborted_status="Cancelled") as simulator:
        process = ask(simulator, id="a1").json["processid"]
        clock.pass_by(2)
        reply = ask(simulator, "/api/run/abort", **{name: process})
        assert (reply.status, reply.json) == (200, {"message": "OK", "description": "Execution abort triggered"})
        clock.pass_by(20)
        by_id, by_model = ask(simulator, id="a1").json, ask(simulator, modelName="Checkout").json
    assert (by_id["status"], by_id["endtime"]) == ("Cancelled", "2026-06-01 13:00:02.250000+01")
    assert by_id in by_model


@pytest.mark.parametrize(
    ("form", "status"), [({}, 400), ({"id": "a1"}, 400), ({"id": "77"}, 404), ({"id": "1453800000"}, 404)]
)
def test_abort_of_nothing(form: dict[str, Any], status: int) -> None:
    """Without a process it is 400; without such a process, or when its run has ended, 404."""
    with simulate(runs=[{**RUN, "duration": 0}]) as simulator:
        assert ask(simulator, "/api/run/abort", **form).status == status


@pytest.mark.parametrize("path", ["/api/run", "/api/run/abort"])
def test_both_need_a_token(path: str) -> None:
    """Without a token nothing is started and nothing is ended."""
    with simulate() as simulator:
        assert ask(simulator, path, token=None, **START).status == 401
