"""Calls in threads, on a system that is short of them."""

from __future__ import annotations

import socket
import threading
from functools import partial
from queue import SimpleQueue

import pytest

from gate.clock import SystemClock
from gate.core.answer import Fault, FaultKind
from gate.dai import threads
from gate.dai.addresses import deadline_in, resolve
from gate.dai.peer import Unanswered

CLOCK = SystemClock()


class Refusing:
    """A system that refuses a given number of threads, and then no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left, self._start = times, threading.Thread.start
        monkeypatch.setattr(threading.Thread, "start", lambda thread: self.start(thread))  # noqa: PLW0108 - a function becomes a method

    def start(self, thread: threading.Thread) -> None:
        if self.left:
            self.left -= 1
            raise RuntimeError("can't start new thread")
        self._start(thread)


def test_a_thread_that_is_refused_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a fault of contact, which is retried, and names the machine; the next call is made."""
    Refusing(monkeypatch, 1)
    inbox: SimpleQueue[str | Fault] = SimpleQueue()
    threads.start(lambda: "made", inbox.put)
    said = inbox.get_nowait()
    assert isinstance(said, Fault)
    assert (said.kind, said.lasting, said.sent) == (FaultKind.CONTACT, False, False)
    assert "refused a thread" in said.text
    assert "ulimit" in said.fix
    threads.start(lambda: "made", inbox.put)
    assert inbox.get(timeout=120) == "made"


@pytest.mark.parametrize("refused", [1, 2, 3])
def test_calls_side_by_side_need_one_thread(refused: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as one thread is given, all calls are made; without any, each of them is a fault."""
    Refusing(monkeypatch, refused)
    calls = {number: partial(str, number) for number in range(3)}
    outcomes = threads.side_by_side(calls, CLOCK, 5)
    assert set(outcomes) == {0, 1, 2}
    assert {isinstance(outcome, Fault) for outcome in outcomes.values()} == {refused == 3}


def test_a_name_needs_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name cannot be looked up without a thread, which is a fault; an address is no name."""
    Refusing(monkeypatch, 1)
    assert [where[0] for *_, where in resolve("127.0.0.1", 80, deadline_in(5))] == ["127.0.0.1"]
    with pytest.raises(Unanswered):
        resolve("localhost", 80, deadline_in(5))
    assert socket.AF_INET in {family for family, *_ in resolve("localhost", 80, deadline_in(5))}
