"""Which runs are asked about together, which alone, and that none is asked about twice at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fakes import START, answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.patience import Limits
from gate.core.targets import ById, ByModel, Query
from servers import LOST, NOT_FOUND, REJECTED, UNREADABLE, by_id, ends
from waiting import begin, wait_for


def test_runs_of_one_model_share_a_request() -> None:
    """After the first poll, three runs of a model cost one request a tick."""
    waited = wait_for(by_id({"a": ("Passed", 100), "b": ("Passed", 50), "c": ("Passed", 80)}), ["a", "b", "c"])
    assert waited.verdicts == ["passed"] * 3
    later = [query for moment, query in waited.line.polls if moment > 0]
    assert all(isinstance(query, ByModel) for query in later[:-1])
    assert len({moment for moment, _ in waited.line.polls if moment > 0}) == len(later)


def test_a_run_that_falls_out_of_its_models_answer_is_found_again() -> None:
    """When newer runs push a watched one out of the limit, a wider question finds it, and it is followed to its end."""
    history: dict[str, tuple[str, float]] = {"a": ("Passed", 300), "b": ("Failed", 200)}

    def server(query: Query, now: float) -> Answer:
        history.update({f"new{number}": ("Failed", now) for number in range(int(now))})
        return by_id(history)(query, now)

    assert wait_for(server, ["a", "b"]).verdicts == ["passed", "failed"]


def test_what_the_model_does_not_show_is_asked_for_by_itself() -> None:
    """A server that leaves a run out of its model's answer is asked for that run alone."""

    def server(query: Query, now: float) -> Answer:
        runs = {name: said(name, "Passed" if now > 100 else "Running") for name in "abc"}
        return answer(runs[query.run_id]) if isinstance(query, ById) else answer(runs["a"], runs["b"])

    waited = wait_for(server, ["a", "b", "c"])
    assert waited.verdicts == ["passed"] * 3
    assert [query for moment, query in waited.line.polls if moment > 10 and query == ById("c")]


@pytest.mark.parametrize("grace", [0.0, 60.0])
@pytest.mark.parametrize("fault", [NOT_FOUND, REJECTED])
def test_a_server_that_takes_no_model_is_asked_by_id(fault: Fault, grace: float) -> None:
    """Where the question for a model is not answered, each run is asked for by itself, with or without a grace."""
    limits = Limits(timeout=3600, contact_timeout=60, not_found_grace=grace, request_timeout=30)

    def server(query: Query, now: float) -> Answer | Fault:
        return ends("Passed", 50)(query, now) if isinstance(query, ById) else fault

    assert wait_for(server, ["a", "b"], limits=limits).verdicts == ["passed"] * 2


@pytest.mark.parametrize("fault", [NOT_FOUND, REJECTED])
def test_one_refused_answer_does_not_part_the_runs_of_a_model(fault: Fault) -> None:
    """A single odd answer to the question for a model is asked again, so that its runs go on sharing a request."""
    odd_after = [100.0, 300.0]
    good = by_id({"a": ("Passed", 500), "b": ("Passed", 500)})

    def server(query: Query, now: float) -> Answer | Fault:
        if isinstance(query, ByModel) and odd_after and now > odd_after[0]:
            odd_after.pop(0)
            return fault
        return good(query, now)

    waited = wait_for(server, ["a", "b"])
    assert waited.verdicts == ["passed"] * 2
    assert not odd_after
    assert all(isinstance(query, ByModel) for moment, query in waited.line.polls if 0 < moment < 500)


@pytest.mark.parametrize("since", [0.0, 200.0])
@pytest.mark.parametrize(
    "fault",
    [
        LOST,
        Fault(FaultKind.CONTACT, "302", lasting=True),
        UNREADABLE,
        Fault(FaultKind.NOT_FOUND, "404, an HTML page", foreign=True),
        Fault(FaultKind.DENIED, "403"),
        Fault(FaultKind.INTERNAL, "a bug"),
    ],
)
def test_what_goes_wrong_with_a_model_is_not_about_its_runs(fault: Fault, since: float) -> None:
    """Before runs are given up since their model is not answered one is asked about by its id, then all of them."""

    def server(query: Query, now: float) -> Answer | Fault:
        good = by_id({"a": ("Passed", 900), "b": ("Failed", 950)})(query, now)
        return good if isinstance(query, ById) or now < since else fault

    waited = wait_for(server, ["a", "b"])
    assert waited.verdicts == ["passed", "failed"]
    asked = [query for moment, query in waited.line.polls if moment > 520]
    assert {*asked} == {ById("a"), ById("b")}


@pytest.mark.parametrize("fault", [LOST, UNREADABLE])
def test_an_outage_does_not_part_the_runs_of_a_model(fault: Fault) -> None:
    """While nothing is answered each retry is one request, for one run more before they are given up."""
    names = [f"r{number}" for number in range(50)]
    good = by_id(dict.fromkeys(names, ("Passed", 500.0)))
    waited = wait_for(lambda query, now: fault if 100 < now < 300 else good(query, now), names)
    assert waited.verdicts == ["passed"] * 50
    assert all(isinstance(query, ByModel) for moment, query in waited.line.polls if moment > 0)
    waited = wait_for(lambda query, now: fault if now > 100 else good(query, now), names)
    assert waited.verdicts == ["unknown"] * 50
    assert [query for moment, query in waited.line.polls if moment > 100 and isinstance(query, ById)] == [ById("r0")]
    assert waited.elapsed < 420


@pytest.mark.parametrize(
    "outcome",
    [LOST, Fault(FaultKind.DENIED, "403"), NOT_FOUND, answer(said("a", "Running")), answer(said("a", "Passed"))],
)
def test_the_last_poll_is_about_all_runs(outcome: Answer | Fault) -> None:
    """Where the deadline comes while one run stands for its model, only the last poll decides, which asks about all."""
    limits = Limits(timeout=100, contact_timeout=60, not_found_grace=30, request_timeout=30)
    watch = begin("a", "b", limits=limits)
    for ask in watch.next(1000).asks:
        assert isinstance(ask.query, ById)
        watch.observe(ask, answer(said(ask.query.run_id, "Running")), now=1000, wall=START)
    (shared,) = watch.next(1005).asks
    watch.observe(shared, Fault(FaultKind.DENIED, "403"), now=1099, wall=START)
    (trial,) = watch.next(1099).asks
    assert trial.query == ById("a")
    (last,) = watch.next(1100).asks
    assert isinstance(last.query, ByModel)
    watch.observe(trial, outcome, now=1101, wall=START)
    assert watch.next(1101).asks == ()
    watch.observe(last, answer(said("a", "Passed"), said("b", "Passed")), now=1102, wall=START)
    assert [str(run.verdict) for run in watch.snapshot(1102).runs] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("fault", "expected"), [(Fault(FaultKind.DENIED, "403"), "denied"), (NOT_FOUND, "unknown"), (REJECTED, "unknown")]
)
def test_what_is_said_of_the_first_run_is_not_about_the_others(fault: Fault, expected: str) -> None:
    """Where a model is not answered, and then its first run is refused, each run is asked about by itself."""

    def server(query: Query, now: float) -> Answer | Fault:
        if now < 10 or query == ById("b"):
            return by_id({"a": ("Passed", 900), "b": ("Passed", 900)})(query, now)
        return LOST if isinstance(query, ByModel) else fault

    assert wait_for(server, ["a", "b"]).verdicts == [expected, "passed"]


def test_a_refused_token_is_refused_for_every_question() -> None:
    """A 401 that persists is final at once, whatever was asked: no other request would be answered better."""
    refused = Fault(FaultKind.DENIED, "401", lasting=True)

    def server(query: Query, now: float) -> Answer | Fault:
        return refused if isinstance(query, ByModel) else answer(said(query.run_id, "Running"))

    waited = wait_for(server, ["a", "b"])
    assert waited.verdicts == ["denied", "denied"]
    assert isinstance(waited.line.polls[-1][1], ByModel)
    history = wait_for(server, ["a"], history=True)
    assert (history.verdicts, len(history.line.polls)) == (["denied"], 2)


def test_a_contradiction_among_several_runs_concerns_its_run_alone() -> None:
    """A model's answer that says two things of one run is asked about again for that run by itself."""

    def server(query: Query, now: float) -> Answer:
        runs = {name: said(name, "Passed" if now > 50 else "Running") for name in "ab"}
        if isinstance(query, ById):
            return answer(runs[query.run_id])
        return answer(runs["a"], runs["b"], said("b", "Failed"))

    assert wait_for(server, ["a", "b"]).verdicts == ["passed", "passed"]


def test_what_is_being_asked_is_not_asked_again() -> None:
    """While a request is under way its runs are not asked about anew, however soon they are due; others are."""
    runs = dict.fromkeys("ab", ("Passed", 100.0))
    good = by_id(runs)

    def server(query: Query, now: float) -> Answer | Fault:
        return good(query, now) if isinstance(query, ById) else REJECTED  # so that each is asked for by itself

    limits = Limits(timeout=3600, contact_timeout=300, not_found_grace=0, request_timeout=30)
    waited = wait_for(server, ["a", "b"], limits=limits, cost_s=20)
    for name in "ab":
        moments = [moment for moment, query in waited.line.polls if query == ById(name)]
        assert all(later - sooner >= 20 for sooner, later in pairwise(moments))
    assert waited.verdicts == ["passed", "passed"]
