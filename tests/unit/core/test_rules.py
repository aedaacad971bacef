"""When several runs are enough, or cannot be any more: --require, --fail-fast, and APIs that ask one way only."""

from __future__ import annotations

import pytest

from fakes import answer, said
from gate.core.answer import Answer
from gate.core.api import Api
from gate.core.description import AnswerPaths, RequestTemplate, Words
from gate.core.events import Decided
from gate.core.pinning import REACH
from gate.core.targets import ById, ByModel, ModelTarget, Query
from gate.core.verdict import Reason, Require, Rules, Verdict
from waiting import Waited, wait_for

ANSWER = AnswerPaths(id="id", status="status")
WORDS = Words(passed=("Passed",), running=("Running",))


def require(number: int, *, is_fast: bool = False, **ends: tuple[str, float]) -> Waited:
    """Wait for runs that end as given, where so many must pass; `is_fast` with --fail-fast."""

    def server(query: Query, now: float) -> Answer:
        runs = {name: said(name, word if now >= at else "Running") for name, (word, at) in ends.items()}
        return answer(runs[query.run_id]) if isinstance(query, ById) else answer(*runs.values())

    return wait_for(server, list(ends), rules=Rules(require=Require(number), fail_fast=is_fast))


def test_enough_passes_end_the_wait() -> None:
    """With --require 2 the second pass decides; the run that is left says so, as an event and in its row."""
    waited = require(2, a=("Passed", 10), b=("Failed", 20), c=("Passed", 30), d=("Passed", 3000))
    assert waited.verdicts == ["passed", "failed", "passed", "interrupted"]
    assert (waited.snapshot.verdict, waited.elapsed < 100) == (Verdict.PASSED, True)
    message = "Still running when the wait ended: 2 other runs have passed, which is enough."
    assert waited.runs[3].message == message
    left = [event for event in waited.events if isinstance(event, Decided) and event.run.run_id == "d"]
    assert [(event.verdict, event.message, event.is_left) for event in left] == [(Verdict.INTERRUPTED, message, True)]


def test_too_few_that_can_still_pass_end_the_wait_only_with_fail_fast() -> None:
    """With --require 2 of three, two that do not pass end the wait with --fail-fast only; else the third is awaited."""
    fast = require(2, is_fast=True, a=("Failed", 10), b=("Incomplete", 20), c=("Passed", 3000))
    assert fast.verdicts == ["failed", "incomplete", "interrupted"]
    assert (fast.snapshot.verdict, fast.elapsed < 100) == (Verdict.FAILED, True)
    assert fast.runs[2].message == "Still running when the wait ended: not enough runs can still pass (--require 2)."
    waited = require(2, a=("Incomplete", 10), b=("Incomplete", 20), c=("Failed", 3000))
    assert (waited.verdicts, waited.snapshot.verdict) == (["incomplete", "incomplete", "failed"], Verdict.FAILED)


def test_fewer_runs_than_must_pass_are_a_row_of_their_own() -> None:
    """Where models have fewer runs than must pass, the missing ones are unknown and not found, which fails fast."""
    rules = Rules(require=Require(3), fail_fast=True)
    models = [ModelTarget("Checkout", limit=5)]
    waited = wait_for(lambda *_: answer(said("a", "Passed"), said("b", "Running")), [], models=models, rules=rules)
    assert waited.verdicts == ["interrupted", "passed", "unknown"]
    assert (waited.snapshot.verdict, waited.elapsed) == (Verdict.UNKNOWN, 0)
    missing = waited.runs[2]
    assert (missing.run_id, missing.model, missing.reason) == (None, "Checkout", Reason.NOT_FOUND)
    assert missing.message == "Only 2 runs found, and 3 must pass (--require 3)."
    decided = [event.run.run_id for event in waited.events if isinstance(event, Decided)]
    assert sorted(map(str, decided)) == ["None", "a", "b"]


def test_missing_runs_of_several_models_belong_to_none() -> None:
    """Only when the last model is pinned it is known how many runs there are; the row then names no model."""

    def server(query: Query, _: float) -> Answer:
        assert isinstance(query, ByModel)
        return answer(said(f"{query.model}1", "Passed", model=query.model))

    models = [ModelTarget("A"), ModelTarget("B")]
    enough = wait_for(server, [], models=models, rules=Rules(require=Require(2)))
    assert (enough.verdicts, enough.snapshot.verdict) == (["passed", "passed"], Verdict.PASSED)
    waited = wait_for(server, [], models=models, rules=Rules(require=Require(3)))
    assert waited.verdicts == ["passed", "passed", "unknown"]
    assert (waited.runs[2].model, waited.runs[2].message) == (None, "Only 2 runs found, and 3 must pass (--require 3).")
    one = wait_for(server, [], models=models[:1], rules=Rules(require=Require(2)))
    assert one.runs[1].message == "Only 1 run found, and 2 must pass (--require 2)."


def test_a_model_may_still_bring_the_passes_that_are_wanted() -> None:
    """While a model is not pinned, as many of its runs may pass as are wanted: nothing is decided before."""

    def server(query: Query, now: float) -> Answer:
        if isinstance(query, ById):
            return answer(said(query.run_id, "Failed"))
        return answer(*(said(name, "Passed") for name in "xy")) if now > 10 else answer()

    waited = wait_for(server, ["a"], models=[ModelTarget("Checkout", 2)], rules=Rules(require=Require(2)))
    assert waited.verdicts == ["failed", "passed", "passed"]
    assert waited.snapshot.verdict is Verdict.PASSED


def test_runs_are_followed_through_their_model_where_the_api_knows_no_ids() -> None:
    """Without {id} every question names the model; a run that falls out of the answer is found by a wider one."""
    api = Api(name="x", request=RequestTemplate(path="/runs/{model}"), answer=ANSWER, words=WORDS)

    def server(query: Query, now: float) -> Answer:
        assert isinstance(query, ByModel)
        newer = [said(f"new{number}", "Failed") for number in range(int(now))]
        watched = said("a", "Passed" if now > 300 else "Running")
        return answer(*[*newer, watched][: query.limit])

    (run,) = (waited := wait_for(server, [], models=[ModelTarget("Checkout")], api=api)).runs
    assert (run.run_id, run.verdict) == ("a", Verdict.PASSED)
    assert waited.line.polls[0] == (0, ByModel("Checkout", 1 + REACH))


def test_a_run_that_its_model_does_not_show_any_more_is_not_found() -> None:
    """Without {id}, a run that vanishes from its model's answer is unknown after the grace, whatever others came to."""
    api = Api(name="x", request=RequestTemplate(path="/runs/{model}"), answer=ANSWER, words=WORDS)

    def server(query: Query, now: float) -> Answer:
        runs = [said("a", "Running"), said("b", "Running")]
        return answer(*runs) if now < 10 else answer(said("a", "Passed"), said("c", "Passed"))

    waited = wait_for(server, [], models=[ModelTarget("Checkout", 2)], api=api)
    assert [(run.run_id, run.verdict, run.reason) for run in waited.runs] == [
        ("a", Verdict.PASSED, None),
        ("b", Verdict.UNKNOWN, Reason.NOT_FOUND),
    ]
    assert all(isinstance(query, ByModel) for _, query in waited.line.polls)


def test_runs_are_asked_about_one_by_one_where_the_api_knows_no_models() -> None:
    """Without {model} no question is about a model, and no history is asked for."""
    api = Api(name="x", request=RequestTemplate(path="/runs/{id}"), answer=ANSWER, words=WORDS)

    def server(query: Query, now: float) -> Answer:
        assert isinstance(query, ById)
        return answer(said(query.run_id, "Passed" if now > 60 else "Running"))

    assert wait_for(server, ["a", "b"], api=api, learned=True).verdicts == ["passed", "passed"]


@pytest.mark.parametrize("word", ["Passed", "Failed"])
def test_fail_fast_alone_waits_for_all_that_pass(word: str) -> None:
    """With --fail-fast a pass decides nothing, and a failure everything."""

    def server(query: Query, now: float) -> Answer:
        assert isinstance(query, ById)
        over = now > (5 if query.run_id == "a" else 50)
        return answer(
            said(query.run_id, (word if query.run_id == "a" else "Passed") if over else "Running", model=None)
        )

    waited = wait_for(server, ["a", "b"], rules=Rules(fail_fast=True))
    assert waited.verdicts == ([word.lower(), "passed"] if word == "Passed" else ["failed", "interrupted"])
