"""Which runs are asked about together, which alone, and that none is asked about twice at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fakes import answer, said
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.patience import Limits
from gate.core.targets import ById, ByModel, Query
from gate.core.verdict import Reason
from servers import NOT_FOUND, REJECTED, UNREADABLE, by_id, ends
from waiting import wait_for


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
        Fault(FaultKind.CONTACT, "500"),
        Fault(FaultKind.CONTACT, "302", lasting=True),
        Fault(FaultKind.UNREADABLE, "an HTML page"),
        Fault(FaultKind.NOT_FOUND, "404, an HTML page", foreign=True),
        Fault(FaultKind.DENIED, "403"),
        Fault(FaultKind.INTERNAL, "a bug"),
    ],
)
def test_what_goes_wrong_with_a_model_is_not_about_its_runs(fault: Fault, since: float) -> None:
    """Where the question for a model fails and ids are answered, runs that were named by id are followed by id."""

    def server(query: Query, now: float) -> Answer | Fault:
        good = by_id({"a": ("Passed", 300), "b": ("Failed", 500)})(query, now)
        return good if isinstance(query, ById) or now < since else fault

    waited = wait_for(server, ["a", "b"])
    assert waited.verdicts == ["passed", "failed"]
    assert len([query for moment, query in waited.line.polls if moment >= since and isinstance(query, ByModel)]) == 2


@pytest.mark.parametrize("kind", [FaultKind.CONTACT, FaultKind.UNREADABLE])
def test_an_outage_does_not_part_the_runs_of_a_model(kind: FaultKind) -> None:
    """While nothing is answered one run stands for its model: a request each time, and one for all afterwards."""
    names = [f"r{number}" for number in range(50)]
    good = by_id(dict.fromkeys(names, ("Passed", 500.0)))
    waited = wait_for(lambda query, now: Fault(kind, "no") if 100 < now < 200 else good(query, now), names)
    assert waited.verdicts == ["passed"] * 50
    during = [query for moment, query in waited.line.polls if 100 < moment < 200]
    assert all(isinstance(query, ById) for query in during[1:])
    assert all(isinstance(query, ByModel) for moment, query in waited.line.polls if moment > 240)
    assert len([moment for moment, _ in waited.line.polls if moment > 0]) < 60


def test_an_outage_at_the_deadline_hides_no_run() -> None:
    """The last poll of runs that share a question is about all of them, whatever went wrong before."""
    limits = Limits(timeout=100, contact_timeout=300, not_found_grace=30, request_timeout=30)
    good = by_id({"a": ("Passed", 90), "b": ("Failed", 90)})
    waited = wait_for(
        lambda query, now: Fault(FaultKind.CONTACT, "no") if 20 < now < 100 else good(query, now),
        ["a", "b"],
        limits=limits,
    )
    assert waited.verdicts == ["passed", "failed"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.DENIED, "403"), ("denied", None)),
        (NOT_FOUND, ("unknown", Reason.NOT_FOUND)),
        (UNREADABLE, ("unknown", Reason.UNREADABLE)),
    ],
)
def test_what_is_said_of_the_first_run_is_not_about_the_others(
    fault: Fault, expected: tuple[str, Reason | None]
) -> None:
    """Where the question for a model fails, an answer that is bad for one run decides that run alone."""

    def server(query: Query, now: float) -> Answer | Fault:
        if now < 10 or query == ById("b"):
            return by_id({"a": ("Passed", 500), "b": ("Passed", 500)})(query, now)
        return Fault(FaultKind.CONTACT, "500") if isinstance(query, ByModel) else fault

    first, second = wait_for(server, ["a", "b"]).runs
    assert ((first.verdict, first.reason), second.verdict) == (expected, "passed")


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
