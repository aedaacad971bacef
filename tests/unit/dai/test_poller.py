"""Requests in threads: bounded in time and number, given up where they hang, and heard in the order they end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from itertools import count
from queue import SimpleQueue

import pytest

from fakes import answer, said
from gate.clock import SystemClock
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.polls import Ask
from gate.core.targets import ById, Query
from gate.dai.poller import Answered, Message, ThreadedLine
from gate.signals import Interrupt

CLOCK = SystemClock()
NUMBERS = count()
REQUEST_TIMEOUT = 0.1
# For what must come; a test that meets it has hung.
HANG_S = 120


class Server:
    """Hangs over the runs that are named to it, until it is let go, and counts what is under way."""

    def __init__(self, hangs: Callable[[str], bool]) -> None:
        self.hangs, self.let_go = hangs, threading.Event()
        self.asked: list[str] = []

    def request(self, query: Query) -> Answer | Fault:
        assert isinstance(query, ById)
        self.asked.append(query.run_id)
        if self.hangs(query.run_id):
            self.let_go.wait()
        return answer(said(query.run_id, "Passed"))


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Give a function that makes a server; the threads that hang in it end with the test."""
    servers: list[Server] = []

    def start(hangs: Callable[[str], bool] = lambda _: False) -> Server:
        servers.append(Server(hangs))
        return servers[-1]

    yield start
    for server in servers:
        server.let_go.set()


def line_to(
    request: Callable[[Query], Answer | Fault], width: int = 8, request_timeout: float = HANG_S
) -> tuple[ThreadedLine, SimpleQueue[Message]]:
    inbox: SimpleQueue[Message] = SimpleQueue()
    url = "http://dai.example:8000/dai"
    return ThreadedLine(request, CLOCK, inbox, request_timeout=request_timeout, url=url, width=width), inbox


def ask(run_id: str) -> Ask:
    return Ask(number=next(NUMBERS), query=ById(run_id))


def next_answer(line: ThreadedLine, within: float = HANG_S) -> tuple[str, Answer | Fault]:
    message = line.receive(CLOCK.monotonic() + within)
    assert isinstance(message, Answered)
    assert isinstance(message.ask.query, ById)
    return message.ask.query.run_id, message.outcome


def test_an_answer_comes_with_its_question(serve: Callable[..., Server]) -> None:
    """What came of a request is received with the ask that it belongs to."""
    line, _ = line_to(serve().request)
    line.send(ask("a"))
    run_id, outcome = next_answer(line)
    assert (run_id, outcome) == ("a", answer(said("a", "Passed")))


def test_a_request_that_hangs_is_given_up_and_its_late_answer_thrown_away(serve: Callable[..., Server]) -> None:
    """No request outlasts its time limit by more than a little, wherever it hangs; what it says later is not heard."""
    server = serve(lambda run_id: run_id == "a")
    line, inbox = line_to(server.request, request_timeout=REQUEST_TIMEOUT)
    began = CLOCK.monotonic()
    line.send(ask("a"))
    run_id, outcome = next_answer(line)
    assert CLOCK.monotonic() - began > REQUEST_TIMEOUT
    assert isinstance(outcome, Fault)
    assert (run_id, outcome.kind) == ("a", FaultKind.CONTACT)
    assert outcome.text == "dai.example:8000 gave no complete answer within the request timeout."
    server.let_go.set()
    late = inbox.get(timeout=HANG_S)
    inbox.put(late)
    assert line.receive(CLOCK.monotonic() + 0.05) is None


def test_so_many_at_a_time_and_the_rest_in_turn(serve: Callable[..., Server]) -> None:
    """Only `width` requests are under way; each that ends, or is given up, lets the next one begin."""
    server = serve(lambda run_id: run_id in "ab")
    line, _ = line_to(server.request, width=2, request_timeout=REQUEST_TIMEOUT)
    for run_id in "abcde":
        line.send(ask(run_id))
    assert set(server.asked) <= {"a", "b"}
    assert {next_answer(line)[0] for _ in range(5)} == set("abcde")
    assert sorted(server.asked) == list("abcde")


def test_an_interrupt_is_heard_while_a_request_hangs(serve: Callable[..., Server]) -> None:
    """A signal is a message like an answer, and waits for none."""
    line, inbox = line_to(serve(lambda _: True).request)
    line.send(ask("a"))
    inbox.put(Interrupt(signal.SIGTERM))
    assert line.receive(CLOCK.monotonic() + HANG_S) == Interrupt(signal.SIGTERM)


def test_nothing_to_hear_until_a_moment() -> None:
    """Without a message nothing is received, and not before the moment that was named."""
    line, _ = line_to(lambda _: answer())
    until = CLOCK.monotonic() + 0.05
    assert line.receive(until) is None
    assert CLOCK.monotonic() >= until
    assert line.receive(until - 10) is None


def test_an_exception_in_a_request_is_a_fault_of_the_gate() -> None:
    """What nobody foresaw ends the request with a fault that says what, and where."""

    def request(_: Query) -> Answer:
        raise KeyError("bug")

    line, _ = line_to(request)
    line.send(ask("a"))
    _, outcome = next_answer(line)
    assert isinstance(outcome, Fault)
    assert (outcome.kind, outcome.text) == (FaultKind.INTERNAL, "The gate itself failed: KeyError: 'bug'.")
    assert 'raise KeyError("bug")' in outcome.trace
