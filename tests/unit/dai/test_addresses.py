"""A name with several addresses: a dead one does not use up the time of the others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from commands import clear_environment
from gate.clock import SystemClock
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.targets import ById
from gate.dai import probe
from gate.dai.addresses import Address, NoConnectionError, NoNameError, connect, deadline_in, resolve
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.proxy import Place
from gate.dai.transport import Transport
from wire import Wire, ok, wire

CLOCK = SystemClock()
NAME = "dai.several.test"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


def at(host: str, port: int) -> Address:
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))


@pytest.fixture
def dead() -> Iterator[Callable[[], Address]]:
    """Give a function that makes an address that never answers: its queue of connections is full."""
    with ExitStack() as held:

        def make() -> Address:
            listener = held.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            where = listener.getsockname()
            for _ in range(4):
                filling = held.enter_context(socket.socket())
                filling.setblocking(False)
                filling.connect_ex(where)
            return at(*where)

        yield make


@pytest.fixture
def closed() -> Iterator[Address]:
    """Give an address that refuses connections."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield at(*held.getsockname())


@pytest.fixture
def server() -> Iterator[Wire]:
    with wire(ok(b'{"id": "r", "status": "Passed"}')) as running:
        yield running


def test_a_dead_address_is_passed_over(dead: Callable[[], Address], server: Wire) -> None:
    """The addresses after it are tried beside it, long before the request's time is up."""
    began = CLOCK.monotonic()
    with connect([dead(), dead(), at("127.0.0.1", server.port)], deadline_in(600)) as taken:
        assert taken.getpeername()[1] == server.port
        assert 0 < (taken.gettimeout() or 0) <= 600
    assert CLOCK.monotonic() - began < 60


def test_a_refusing_address_is_passed_over_at_once(closed: Address, server: Wire) -> None:
    """No time is lost on an address that refuses."""
    with connect([closed, closed, at("127.0.0.1", server.port)], deadline_in(600)) as taken:
        assert taken.getpeername()[1] == server.port


def test_no_address_answers(dead: Callable[[], Address], closed: Address) -> None:
    """At the deadline it is over; where every address refuses, sooner, and an address family that is none is no end."""
    with pytest.raises(NoConnectionError):
        connect([dead(), closed], deadline_in(0.4))
    with pytest.raises(NoConnectionError):
        connect([dead()], deadline_in(-1))
    with pytest.raises(ConnectionRefusedError):
        connect([(socket.AF_INET, 99, 99, "", ("127.0.0.1", 1)), closed], deadline_in(30))


def test_a_wait_and_a_check_agree(dead: Callable[[], Address], server: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name whose first address is dead is reached by a request, and by what `check` does."""
    addresses = [dead(), at("127.0.0.1", server.port)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    transport = Transport(clock=CLOCK, request_timeout=600, version="test")
    began = CLOCK.monotonic()
    outcome = Client(f"http://{NAME}:{server.port}", transport, Credentials(None, CLOCK)).progress(ById("r"))
    assert isinstance(outcome, Answer), outcome
    assert probe.resolve(Place.of(f"http://{NAME}:{server.port}"), 600) == ["127.0.0.1"]
    assert probe.connect(Place.of(f"http://{NAME}:{server.port}"), 600) == "127.0.0.1"
    assert CLOCK.monotonic() - began < 60


def test_all_addresses_dead(dead: Callable[[], Address], monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that no address leads to is named as such, within the time of a request, by request and check alike."""
    addresses = [dead(), dead()]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    transport = Transport(clock=CLOCK, request_timeout=0.6, version="test")
    outcome = Client(f"http://{NAME}:8000", transport, Credentials(None, CLOCK)).progress(ById("r"))
    assert isinstance(outcome, Fault)
    assert outcome == probe.connect(Place.of(f"http://{NAME}:8000"), 0.6)
    assert outcome.text == f"{NAME}:8000 did not accept the connection in time."
    assert "Is a firewall in between" in outcome.fix
    assert (outcome.kind, outcome.sent) == (FaultKind.CONTACT, False)


def test_a_name_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that gives no answer is bounded as well, and named with the option of the limit."""
    held = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: held.wait(10))
    try:
        with pytest.raises(NoNameError):
            resolve(NAME, 80, deadline_in(0.1))
        said = probe.resolve(Place.of(f"http://{NAME}"), 0.2)
    finally:
        held.set()
    assert isinstance(said, Fault)
    assert said.text == f"The name of {NAME} could not be resolved. No answer within 200ms (--request-timeout)."


@pytest.mark.parametrize("name", ["a..b", "a" * 64, "no-such-host.invalid"])
def test_a_name_that_is_none(name: str) -> None:
    """A name that cannot be one is refused like one that nobody knows."""
    with pytest.raises(socket.gaierror):
        resolve(name, 80, deadline_in(10))
