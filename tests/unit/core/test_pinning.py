"""Which of a model's runs are followed: the newest, and never an older one in its place."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import START, answer, said
from gate.core.answer import Answer, Fault, FaultKind, usable
from gate.core.description import Status
from gate.core.events import ClockOffset, OldPinned
from gate.core.pinning import REACH, pin
from gate.core.progress import AmbiguousError, Progress, Reading, Unreadable
from gate.core.targets import ByModel, ModelTarget, Query
from gate.core.verdict import Reason
from waiting import wait_for

HOUR = timedelta(hours=1)
WEST = timezone(-timedelta(hours=7))
OLD_START = START - 24 * HOUR
OLD = said("old", "Passed", started_at=OLD_START)
NEW = said("new", "Passed", started_at=START - HOUR)


def pinned(*entries: Progress | Unreadable, limit: int = 1, since: datetime | None = None) -> list[str]:
    runs = tuple(entry for entry in entries if isinstance(entry, Progress))
    unreadable = tuple(entry for entry in entries if isinstance(entry, Unreadable))
    return [run.id for run in pin(Reading(runs, unreadable), ModelTarget("Checkout", limit, since))]


def test_the_newest_are_pinned_in_whatever_order_they_come() -> None:
    """Runs are taken by their start, newest first; each id counts once."""
    runs = [said(str(number), "Running", started_at=START + timedelta(number)) for number in (1, 3, 2, 3)]
    assert pinned(*runs, limit=9) == ["3", "2", "1"]
    assert pinned(*runs, limit=2) == ["3", "2"]


@pytest.mark.parametrize("word", ["Pending", "Running", "Queued"])
def test_a_run_without_a_start_that_has_not_ended_is_the_newest(word: str) -> None:
    """A queued run, of a word that is known or not, counts as the newest, several of them in the server's order."""
    queued = [said(name, word) for name in "ba"]
    assert pinned(NEW, *queued) == ["b"]
    assert pinned(NEW, *queued, limit=3) == ["b", "a", "new"]


@pytest.mark.parametrize("ended_at", [None, START, (START - 12 * HOUR).replace(tzinfo=WEST)])
@pytest.mark.parametrize(
    ("word", "limit", "since"), [("Failed", 1, None), ("Zombie", 2, None), ("Failed", 2, OLD_START)]
)
def test_no_older_run_stands_in_for_one_that_ended_without_a_start(
    word: str, limit: int, since: datetime | None, ended_at: datetime | None
) -> None:
    """A run that is over, does not say when it began and may be among the newest: nothing is pinned."""
    over = said("over", word, ended_at=ended_at or (START if word == "Zombie" else None))
    with pytest.raises(AmbiguousError, match="may be over, which has ended without a start time"):
        pinned(OLD, over, said("older", "Passed", started_at=OLD_START - HOUR), limit=limit, since=since)


def test_a_run_that_ended_before_the_others_began_is_older_whenever_it_began() -> None:
    """What ended without a start, but before the oldest that is wanted began, does not matter; nor where all fit."""
    over = said("over", "Failed", ended_at=OLD_START - HOUR)
    assert pinned(NEW, OLD, over, limit=2) == ["new", "old"]
    assert pinned(NEW, OLD, over, limit=3) == ["new", "old", "over"]
    assert pinned(over, said("over", "Failed", started_at=START)) == ["over"]


def test_queued_runs_are_newer_than_any_that_ended() -> None:
    """Where queued runs fill the limit, no run that has ended stands before them, whatever it leaves unsaid."""
    assert pinned(said("over", "Failed"), said("queued", "Pending"), OLD) == ["queued"]


def test_without_any_start_the_order_is_the_servers() -> None:
    """A server that never says when a run began is taken at its order."""
    assert pinned(said("b", "Failed"), said("a", "Passed"), said("c", "Running")) == ["c"]
    assert pinned(said("b", "Failed"), said("a", "Passed")) == ["b"]


def test_since_keeps_out_what_began_before() -> None:
    """A queued run is after any moment; one that ended before it is not, and of another that is not known."""
    since = START - 2 * HOUR
    runs = [OLD, NEW, said("queued", "Pending"), said("over", "Failed", ended_at=since)]
    assert pinned(*runs, limit=9, since=since) == ["queued", "new"]
    assert pinned(OLD, since=OLD.started_at) == []
    with pytest.raises(AmbiguousError):
        pinned(said("over", "Failed"), since=since)


@pytest.mark.parametrize(
    ("facts", "limit", "since"),
    [
        ({}, 1, None),
        ({"model": "CHECKOUT"}, 1, None),
        ({"started_at": START}, 1, None),
        ({"started_at": START - 25 * HOUR}, 3, None),
        ({"started_at": START}, 2, START - 2 * HOUR),
    ],
)
def test_what_could_be_among_the_newest_must_be_readable(
    facts: dict[str, object], limit: int, since: datetime | None
) -> None:
    """Where an entry that cannot be read may be one of the runs that are wanted, nothing is pinned."""
    entry = Unreadable(why="a run without an id", **facts)  # type: ignore[arg-type]  # facts vary
    with pytest.raises(AmbiguousError, match="One of the newest runs cannot be read: a run without an id"):
        pinned(NEW, OLD, entry, limit=limit, since=since)


@pytest.mark.parametrize(
    ("facts", "since"),
    [
        ({"model": "Other"}, None),
        ({"started_at": START - 25 * HOUR}, None),
        ({"started_at": START - 2 * HOUR}, START - HOUR - HOUR / 2),
    ],
)
def test_what_cannot_be_among_the_newest_does_not_matter(facts: dict[str, object], since: datetime | None) -> None:
    """An unreadable entry of another model, one that is older, or one from before --since is passed over."""
    entry = Unreadable(why="a run without an id", **facts)  # type: ignore[arg-type]  # facts vary
    assert pinned(NEW, OLD, entry, since=since) == ["new"]


def test_queued_runs_are_newer_than_any_start() -> None:
    """Where queued runs fill the limit, an unreadable entry with a start is older than they are."""
    assert pinned(said("q", "Pending"), Unreadable(why="no id", started_at=START)) == ["q"]


def test_a_newest_run_that_contradicts_itself_is_not_pinned() -> None:
    """Two words for one of the newest runs are no answer; for an older one they do not matter."""
    both = (said("a", "Passed", started_at=START), said("a", "Failed", started_at=START))
    with pytest.raises(AmbiguousError, match="Passed and Failed of the same run"):
        pinned(*both, OLD)
    assert pinned(said("z", "Running", started_at=START + HOUR), *both) == ["z"]
    fault = usable(ByModel("Checkout", 1), ModelTarget("Checkout"), answer(*both))
    assert isinstance(fault, Fault)
    assert fault.kind is FaultKind.UNREADABLE


@pytest.mark.parametrize("model", ["\u017fhop", "Stra\u00dfe"])
def test_models_are_compared_by_ascii_case_only(model: str) -> None:
    """A model whose name merely folds to the wanted one is another model."""
    reading = Reading((said("a", "Passed", model=model),))
    assert pin(reading, ModelTarget(model.replace("\u017f", "s").replace("\u00df", "ss"))) == ()
    assert len(pin(reading, ModelTarget(model.upper() if model.upper().lower() == model else model))) == 1


known = st.builds(
    said,
    st.sampled_from("abcdef"),
    st.sampled_from(["Passed", "Failed", "Running", "Pending", "Zombie"]),
    started_at=st.none() | st.integers(0, 9).map(lambda day: START + timedelta(day)),
    ended_at=st.none() | st.integers(0, 9).map(lambda day: START + timedelta(day)),
)
unknown = st.builds(
    Unreadable,
    why=st.just("no id"),
    started_at=st.none() | st.integers(0, 9).map(lambda day: START + timedelta(day)),
)


@given(st.lists(known, unique_by=lambda run: run.id), st.lists(unknown, max_size=2), st.integers(1, 4))
def test_no_older_run_stands_in_for_a_newer_one(runs: list[Progress], bad: list[Unreadable], limit: int) -> None:
    """Whatever is pinned: no run that is left out is newer, or may be, than one that is followed."""
    try:
        chosen = pinned(*runs, *bad, limit=limit)
    except AmbiguousError:
        assert bad or any(run.started_at is None for run in runs)
        return
    followed = [run for run in runs if run.id in chosen]
    starts = [run.started_at for run in followed if run.started_at]
    for run in runs:
        if run.id not in chosen and run.started_at is None and run.status is Status.RUNNING:
            assert all(each.started_at is None for each in followed)
        if run.id not in chosen and run.started_at is not None:
            assert all(run.started_at <= start for start in starts)
        if run.id not in chosen and run.started_at is None and starts:
            assert run.ended_at is not None
            assert all(run.ended_at < start for start in starts)
    for entry in bad:
        assert entry.started_at is not None
        assert all(entry.started_at <= start for start in starts)


def test_a_queued_run_is_never_passed_over_for_yesterdays_pass() -> None:
    """The newest entry without a start time and Pending, yesterday's Passed below it: the queued one is followed."""
    waited = wait_for(lambda *_: answer(said("queued", "Pending"), OLD), [], models=[ModelTarget("Checkout")])
    assert [(run.run_id, run.verdict) for run in waited.runs] == [("queued", "timed-out")]


def test_the_pin_asks_the_same_whatever_else_is_wanted() -> None:
    """With and without a history the first question is the same."""
    plain, learned = (
        wait_for(lambda *_: answer(NEW), [], models=[ModelTarget("Checkout", 3)], learned=learned)
        for learned in (False, True)
    )
    assert plain.line.polls[0] == learned.line.polls[0] == (0, ByModel("Checkout", 3 + REACH))


def test_a_model_that_cannot_be_read_is_a_row_that_is_unreadable() -> None:
    """A newest run that cannot be read for the contact timeout leaves the model's row unknown."""
    unreadable = Answer(Reading((NEW,), (Unreadable(why="a run without an id (keys: none)"),)))
    (run,) = wait_for(lambda *_: unreadable, [], models=[ModelTarget("Checkout")]).runs
    assert (run.run_id, run.model, run.verdict, run.reason) == (None, "Checkout", "unknown", Reason.UNREADABLE)


@pytest.mark.parametrize("ahead", [timedelta(minutes=15), -timedelta(minutes=15)])
def test_ago_counts_on_the_servers_clock(ahead: timedelta) -> None:
    """With --since 10m, a run that began 20 minutes ago by the server's clock is not pinned."""

    def server(_: Query, now: float) -> Answer:
        server_now = START + ahead + timedelta(seconds=now)
        return answer(said("old", "Passed", started_at=START + ahead - timedelta(minutes=20)), answered_at=server_now)

    since = timedelta(minutes=10)
    waited = wait_for(server, [], models=[ModelTarget("Checkout", since=since)])
    assert [run.run_id for run in waited.runs] == [None]


def test_a_clock_that_is_off_is_noted_once() -> None:
    """An offset of more than a minute is an event, once; a smaller one is none."""

    def noted(ahead_s: float) -> list[float]:
        def server(_: Query, now: float) -> Answer:
            word = "Passed" if now > 60 else "Running"
            return answer(said("r1", word), answered_at=START + timedelta(seconds=now + ahead_s))

        waited = wait_for(server)
        assert waited.snapshot.ahead_s == ahead_s
        return [event.ahead_s for event in waited.events if isinstance(event, ClockOffset)]

    assert [noted(ahead_s) for ahead_s in (60, 61, -900)] == [[], [61], [-900]]


def test_old_runs_are_noted_where_since_is_not_given() -> None:
    """A pinned run that had ended before the wait began is an event."""
    ended = said("a", "Passed", started_at=START - HOUR, ended_at=START - HOUR / 2)
    waited = wait_for(lambda *_: answer(ended, answered_at=START), [], models=[ModelTarget("Checkout")])
    assert [run.run_id for event in waited.events if isinstance(event, OldPinned) for run in event.runs] == ["a"]


def test_a_run_that_ended_while_the_first_answer_was_under_way_is_not_old() -> None:
    """Old is what had ended before the wait began, however long the first answer takes."""
    ended = said("a", "Passed", started_at=START, ended_at=START + timedelta(seconds=5))
    answered = answer(ended, answered_at=START + timedelta(seconds=20))
    waited = wait_for(lambda *_: answered, [], models=[ModelTarget("Checkout")], cost_s=20)
    assert waited.verdicts == ["passed"]
    assert not any(isinstance(event, OldPinned) for event in waited.events)
