"""What is watched: runs that are pinned, and how many of them have to end."""

from __future__ import annotations

from fakes import START, answer, said
from gate.core.answer import Answer
from gate.core.events import (
    Pinned,
)
from gate.core.targets import ModelTarget, Query
from gate.core.verdict import Reason, Require, Rules
from servers import by_id
from waiting import wait_for


def test_a_model_is_pinned_at_the_first_good_answer() -> None:
    """The newest runs of a model are followed; one that starts and fails afterwards changes nothing."""
    runs = {"old": ("Failed", 0.0), "first": ("Passed", 60.0), "second": ("Passed", 90.0)}

    def server(query: Query, now: float) -> Answer:
        return by_id({**runs, **({"late": ("Failed", 0.0)} if now > 1 else {})})(query, now)

    waited = wait_for(server, [], models=[ModelTarget("Checkout", limit=2)])
    assert [run.run_id for run in waited.runs] == ["second", "first"]
    assert waited.verdicts == ["passed", "passed"]
    assert [len(event.runs) for event in waited.events if isinstance(event, Pinned)] == [2]


def test_a_model_without_a_run_is_a_row_that_is_unknown() -> None:
    """A model whose runs are not found within the grace is `not-found`, and nothing watched is never passed."""
    waited = wait_for(lambda *_: answer(), [], models=[ModelTarget("Checkout")])
    run = waited.runs[0]
    assert (run.run_id, run.model, run.verdict, run.reason) == (None, "Checkout", "unknown", Reason.NOT_FOUND)
    assert waited.snapshot.verdict == "unknown"


def test_another_models_run_is_not_pinned() -> None:
    """A server that answers with runs of another model has not answered: what they came to is nobody's pass."""
    waited = wait_for(lambda *_: answer(said("z9", "Passed", model="Other")), [], models=[ModelTarget("Checkout")])
    assert waited.verdicts == ["unknown"]
    waited = wait_for(lambda *_: answer(said("z9", "Passed", model="CHECKOUT")), [], models=[ModelTarget("Checkout")])
    assert waited.verdicts == ["passed"]


def test_since_keeps_older_runs_out() -> None:
    """Only a run that started after `since` is pinned, as soon as there is one."""

    def server(query: Query, now: float) -> Answer:
        runs = {"old": ("Passed", 0.0), **({"new": ("Failed", 50.0)} if now > 10 else {})}
        return by_id(runs)(query, now)

    waited = wait_for(server, [], models=[ModelTarget("Checkout", since=START)])
    assert [run.run_id for run in waited.runs] == ["new"]


def test_an_id_and_a_model_may_name_the_same_run() -> None:
    """A run that is watched already is not watched twice."""
    server = by_id({"a": ("Passed", 30)})
    waited = wait_for(server, ["a", "a"], models=[ModelTarget("Checkout")])
    assert waited.verdicts == ["passed"]


def test_fail_fast_stops_at_the_first_run_that_cannot_pass() -> None:
    """With fail-fast the others are not watched to their end, and the verdict is that of the run that failed."""
    server = by_id({"a": ("Passed", 500), "b": ("Incomplete", 50)})
    waited = wait_for(server, ["a", "b"], rules=Rules(fail_fast=True))
    assert waited.verdicts == ["interrupted", "incomplete"]
    assert waited.snapshot.verdict == "incomplete"
    assert waited.elapsed < 100


def test_any_is_content_with_the_first_pass() -> None:
    """When any run is enough, the first pass ends the wait and decides it."""
    server = by_id({"a": ("Failed", 10), "b": ("Passed", 50), "c": ("Passed", 500)})
    waited = wait_for(server, ["a", "b", "c"], rules=Rules(require=Require.ANY, fail_fast=True))
    assert waited.verdicts == ["failed", "passed", "interrupted"]
    assert waited.snapshot.verdict == "passed"
