from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from unit.simulator.asking import NOON, PROGRESS, HandClock, ask, simulate

RUN = {"model": "Checkout", "id": "a1"}
OK, NO = 200, 503


def statuses(polls: int, **fault: Any) -> list[int]:
    with simulate(runs=[RUN], faults=[{"status": NO, **fault}]) as simulator:
        return [ask(simulator, id="a1").status for _ in range(polls)]


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        (2, [OK, NO, OK, OK, OK]),
        ([1, 3], [NO, OK, NO, OK, OK]),
        ("2-3", [OK, NO, NO, OK, OK]),
        ("4-", [OK, OK, OK, NO, NO]),
        ("every 2", [OK, NO, OK, NO, OK]),
        ("all", [NO] * 5),
        ({"chance": 0}, [OK] * 5),
        ({"chance": 1}, [NO] * 5),
    ],
)
def test_which_requests_are_hit(requests: object, expected: list[int]) -> None:
    """Requests are chosen by number, list, range, rhythm or chance."""
    assert statuses(5, requests=requests) == expected


def test_chance_falls_the_same_way_each_time() -> None:
    """The same seed hits the same requests, another seed others."""
    first, again, other = (statuses(40, requests={"chance": 0.5, "seed": seed}) for seed in (7, 7, 8))
    assert first == again != other
    assert 8 < first.count(NO) < 32


def test_requests_are_counted_per_path() -> None:
    """A fault at one path does not count what is asked elsewhere."""
    with simulate(runs=[RUN], faults=[{"requests": 2, "status": NO}]) as simulator:
        asked = [(PROGRESS, OK), ("/auth", 401), ("/api/run", 400), (PROGRESS, NO)]
        assert [ask(simulator, path, id="a1").status for path, _ in asked] == [status for _, status in asked]


@pytest.mark.parametrize(("pattern", "hit"), [("/auth*", {"/auth", "/auth/x"}), ("*", {"/auth", "/auth/x", PROGRESS})])
def test_a_path_can_be_a_pattern(pattern: str, hit: set[str]) -> None:
    """A fault can befall many paths, also such as do not exist."""
    with simulate(faults=[{"path": pattern, "status": NO}]) as simulator:
        assert {path for path in ("/auth", "/auth/x", PROGRESS) if ask(simulator, path).status == NO} == hit


def test_faults_know_the_prefix() -> None:
    """The path of a fault is that of the documentation, whatever the prefix."""
    with simulate(prefix="/dai", faults=[{"requests": 1, "status": NO}]) as simulator:
        assert ask(simulator, PROGRESS).status == 404
        assert ask(simulator, f"/dai{PROGRESS}").status == NO


def test_faults_can_be_bound_in_time() -> None:
    """A fault can begin late and end again."""
    clock = HandClock()
    with simulate(clock, runs=[RUN], faults=[{"status": NO, "after": "1s", "until": "2s"}]) as simulator:
        seen = []
        for _ in range(3):
            seen.append(ask(simulator, id="a1").status)
            clock.pass_by(1)
    assert seen == [OK, NO, OK]


def test_the_first_fault_that_fits_happens() -> None:
    """Faults are tried in their order."""
    with simulate(faults=[{"requests": 2, "status": 500}, {"status": 502}]) as simulator:
        assert [ask(simulator).status for _ in range(3)] == [502, 500, 502]


@pytest.mark.parametrize("executed", [True, False])
def test_what_was_asked_may_be_done_all_the_same(executed: bool) -> None:
    """A start whose answer is lost has begun a run when the fault says `executed`, and only then."""
    with simulate(faults=[{"path": "/api/run", "status": 502, "executed": executed}]) as simulator:
        assert ask(simulator, "/api/run", modelName="Checkout", group="g").status == 502
        assert len(simulator.runs()) == executed


@pytest.mark.parametrize("hint", [5, "5", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_retry_after_is_sent_as_it_is_written(hint: object) -> None:
    """The hint may be a number, a date, or nonsense."""
    with simulate(faults=[{"status": 429, "retry_after": hint}]) as simulator:
        assert ask(simulator).headers["Retry-After"] == str(hint)


@pytest.mark.parametrize(("date_in", "seconds"), [("90s", 90), ("-1h", -3600)])
def test_retry_after_can_be_a_date_from_now(date_in: str, seconds: int) -> None:
    """A date is named by its distance, which may lie in the past."""
    with simulate(HandClock(), faults=[{"status": 503, "retry_after": {"date_in": date_in}}]) as simulator:
        hint = parsedate_to_datetime(ask(simulator).headers["Retry-After"])
    assert (hint - NOON.replace(microsecond=0)).total_seconds() == seconds


def test_a_good_answer_can_carry_a_hint() -> None:
    """A status below 300 answers honestly, with the headers that the fault adds."""
    with simulate(
        runs=[RUN], faults=[{"status": 200, "retry_after": "7", "headers": {"X-Proxy": "edge"}}]
    ) as simulator:
        reply = ask(simulator, id="a1")
    assert reply.json["id"] == "a1"
    assert (reply.headers["Retry-After"], reply.headers["X-Proxy"]) == ("7", "edge")
