from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
import trustme

from certificates import server_context
from gate.clock import SystemClock
from gate.errors import UsageError
from gate.simulator import Scenario, Simulator, parse_scenario, server
from gate.simulator.listener import Listener
from gate.simulator.timeline import Timeline
from unit.simulator.asking import PROGRESS, HandClock, ask, dial, exchange, request_bytes, simulate

if TYPE_CHECKING:
    from gate.simulator.listener import Connection

RUN = {"model": "Checkout", "id": "a1"}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "", "::1"])
def test_only_loopback_is_listened_on(host: str) -> None:
    """The simulator is no server for others."""
    with pytest.raises(UsageError, match=r"use 127\.0\.0\.1"):
        Simulator(Scenario(), host=host)


def test_localhost_is_loopback() -> None:
    """The name of this machine for itself is as good as its address."""
    with Simulator(Scenario(), host="localhost") as simulator:
        assert simulator.url == f"http://localhost:{simulator.port}"
        assert ask(simulator, "/").status == 404


def test_a_port_that_is_taken() -> None:
    """Two cannot listen on one port: the second gets an error with a fix."""
    with simulate() as simulator, pytest.raises(UsageError, match=f"cannot listen on port {simulator.port} of"):
        Simulator(Scenario(), port=simulator.port).__enter__()


def test_a_port_that_is_none() -> None:
    """A number that is no port is refused in the same words."""
    with pytest.raises(UsageError, match=r"cannot listen on port 99999 of"):
        Simulator(Scenario(), port=99999).__enter__()


def test_the_port_can_be_chosen() -> None:
    """A free port is taken as asked, and again after the server was stopped."""
    with simulate() as simulator:
        port = simulator.port
    with Simulator(Scenario(), port=port) as simulator:
        assert simulator.url == f"http://127.0.0.1:{port}"


def test_requests_are_kept() -> None:
    """A test can see what was asked: when, how, with which headers, and the body to the byte."""
    clock = HandClock()
    with simulate(clock, runs=[RUN], prefix="/dai") as simulator:
        ask(simulator, "/dai/api/run/progress?x=1", id="a1")
        clock.pass_by(2)
        ask(simulator, "/", method="GET")
        first, second = simulator.requests
    assert (first.number, first.at, first.method, first.path) == (1, 0, "POST", "/dai/api/run/progress?x=1")
    assert (first.headers["authorization"], first.body) == ("bearer a-token", b"id=a1")
    assert first.parameters == {"id": "a1"}
    assert (second.number, second.at, second.method, second.path) == (2, 2, "GET", "/")


def test_runs_can_be_added() -> None:
    """A run can begin while the server is up, with the keys of a scenario; its start counts from now."""
    clock = HandClock()
    with simulate(clock, runs=[RUN]) as simulator:
        clock.pass_by(10)
        added = simulator.add_run(model="Checkout", duration="2s", outcome="Failed", start="-1s")
        assert ask(simulator, id=added).json["status"] == "Running"
        clock.pass_by(1)
        states = {run.id: run for run in simulator.runs()}
    assert (states[added].status, states[added].started, states[added].ended) == ("Failed", 9, 11)
    assert (states["a1"].status, states["a1"].ended) == ("Passed", 8)


def test_an_id_is_added_once() -> None:
    """An id that is taken is refused, and so is a wrong key."""
    with simulate(runs=[RUN]) as simulator:
        with pytest.raises(UsageError, match="a run with the id 'a1' already"):
            simulator.add_run(model="Checkout", id="a1")
        with pytest.raises(UsageError, match="add_run: modle"):
            simulator.add_run(model="Checkout", modle="x")
        assert simulator.add_run(model="Checkout") != simulator.add_run(model="Checkout")


def test_the_date_is_always_sent() -> None:
    """Every answer says what time the server thinks it is."""
    with simulate(HandClock()) as simulator:
        assert ask(simulator, "/").headers["Date"] == "Mon, 01 Jun 2026 12:00:00 GMT"


def test_a_connection_serves_many_requests_without_delay() -> None:
    """One connection is kept open, and no answer waits for an acknowledgement (40 ms and more)."""
    clock = SystemClock()
    with simulate(runs=[RUN]) as simulator:
        connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=10)
        connection.connect()
        own = connection.sock
        lengths = []
        for _ in range(60):
            began = clock.monotonic()
            connection.request("POST", PROGRESS, urlencode({"id": "a1"}), {"Authorization": "bearer t"})
            assert connection.getresponse().read()
            lengths.append(clock.monotonic() - began)
        assert connection.sock is own
        connection.close()
    # The kernel delays acknowledgements once a connection is some answers old; a busy machine delays some of them.
    assert min(lengths[30:]) < 0.03


def test_a_client_may_ask_for_the_end() -> None:
    """After `Connection: close` the server says so too and closes."""
    with simulate() as simulator:
        answer = exchange(simulator, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert b"\r\nConnection: close\r\n" in answer


@pytest.mark.parametrize("header", ["Transfer-Encoding: chunked", "Content-Length: x", "Content-Length: -1"])
def test_a_body_needs_its_length(header: str) -> None:
    """A request of unknown length is answered with 411 and the end of the connection."""
    with simulate() as simulator:
        answer = exchange(simulator, f"POST / HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        assert simulator.requests == []
    assert answer.startswith(b"HTTP/1.1 411 Length Required\r\n")


def test_a_request_that_ends_too_early_is_none() -> None:
    """Half a body is not taken for a whole one."""
    with simulate() as simulator, dial(simulator) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
        assert simulator.requests == []


def test_stopping_ends_idle_connections() -> None:
    """A connection that is kept open does not keep the server up; stopping twice does no harm."""
    with simulate() as simulator, dial(simulator) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1) == b"H"
        simulator.stop()
        simulator.stop()
        while connection.recv(65536):
            pass
        with pytest.raises(ConnectionRefusedError):
            dial(simulator)


def test_serving_until_somebody_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the command line the server can be served for ever."""
    monkeypatch.setattr(server, "_POLL_S", 0.001)
    with simulate(runs=[RUN]) as simulator:
        serving = threading.Thread(target=simulator.serve_forever)
        serving.start()
        assert ask(simulator, id="a1").status == 200
        assert serving.is_alive()
        simulator.stop()
        serving.join(10)
        assert not serving.is_alive()


def test_tls() -> None:
    """With a certificate the server speaks https."""
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with Simulator(Scenario(), tls=server_context(authority.issue_cert("127.0.0.1"))) as simulator:
        assert simulator.url == f"https://127.0.0.1:{simulator.port}"
        connection = http.client.HTTPSConnection("127.0.0.1", simulator.port, timeout=10, context=trusting)
        connection.request("GET", "/")
        assert connection.getresponse().status == 404
        connection.close()


def test_a_client_that_does_not_trust_us(capfd: pytest.CaptureFixture[str]) -> None:
    """A handshake that fails is the client's affair: nothing is said of it."""
    with Simulator(Scenario(), tls=server_context(trustme.CA().issue_cert("127.0.0.1"))) as simulator:
        connection = http.client.HTTPSConnection("127.0.0.1", simulator.port, timeout=10)
        with pytest.raises(ssl.SSLCertVerificationError):
            connection.connect()
        connection.close()
    assert capfd.readouterr() == ("", "")


def test_our_own_faults_are_not_hidden(capfd: pytest.CaptureFixture[str]) -> None:
    """An error in answering is printed, since it is none of the client's."""

    def serve(_: Connection, body: bytes) -> None:
        raise ZeroDivisionError(body)

    listener = Listener(("127.0.0.1", 0), serve, Timeline(SystemClock()), None)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    with socket.create_connection(("127.0.0.1", listener.server_port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.recv(1) == b""
    listener.end()
    thread.join(10)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_ten_thousand_runs() -> None:
    """A server of 10,000 runs answers for 1,000 of them at once, and quickly."""
    with simulate(many={"models": 10, "runs": 1000, "outcome": "Failed"}) as simulator:
        assert len(ask(simulator, modelName="model-001", limit=1000).json) == 1000
        began = time.process_time()
        assert len(ask(simulator, modelName="model-010", limit=999).json) == 999
        assert time.process_time() - began < 1
        assert len({run.processid for run in simulator.runs()}) == 10_000


def test_many_clients_at_once() -> None:
    """A hundred clients that come at the same moment are all answered, and none is counted twice."""
    with simulate(runs=[RUN]) as simulator:
        together = threading.Barrier(100)
        seen: list[int] = []

        def poll() -> None:
            together.wait()
            seen.append(ask(simulator, id="a1").status)

        clients = [threading.Thread(target=poll) for _ in range(100)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert seen == [200] * 100
        assert [request.number for request in simulator.requests] == list(range(1, 101))


def test_requests_are_logged_without_secrets() -> None:
    """A line for each request says what was asked and what was answered; no login is in it."""
    lines: list[str] = []
    fault = {"requests": 2, "kind": "hang"}
    with Simulator(parse_scenario({"runs": [RUN], "faults": [fault]}, origin="test"), log=lines.append) as simulator:
        ask(simulator, id="a1")
        with dial(simulator) as connection:
            connection.sendall(request_bytes())
            while len(simulator.requests) < 2:
                threading.Event().wait(0.002)
        ask(simulator, "/auth", token=None, username="me", password="pa55word")
    assert f"POST {PROGRESS} id=a1: 200" in lines
    assert f"POST {PROGRESS} id=a1: no answer (hang)" in lines
    assert "POST /auth: 200" in lines


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    """A server whose log cannot be written keeps answering, and stops."""
    blocked = threading.Event()
    with Simulator(Scenario(), log=lambda _: [blocked.wait()].clear()) as simulator:
        assert [ask(simulator, "/").status for _ in range(1500)] == [404] * 1500
        simulator.stop()
    blocked.set()
