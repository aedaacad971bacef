from __future__ import annotations

import gzip
import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest

from unit.simulator.asking import ask, await_request, dial, exchange, request_bytes, simulate

if TYPE_CHECKING:
    import socket

    from gate.simulator import Simulator

RUN = {"model": "Checkout", "id": "a1"}
MB = 10**6


def faulty(**fault: Any) -> Simulator:
    return simulate(runs=[RUN], faults=[{"requests": 1, **fault}])


def length(answer: bytes) -> int:
    return int(answer.split(b"Content-Length: ")[1].split(b"\r\n")[0])


def split(answer: bytes) -> tuple[bytes, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


def read_until(connection: socket.socket, enough: bytes) -> bytes:
    received = b""
    while enough not in received:
        received += connection.recv(1)
    return received


def test_a_connection_closed_without_an_answer() -> None:
    """The client sees an end and nothing before it."""
    with faulty(kind="close") as simulator:
        assert exchange(simulator) == b""


def test_a_connection_reset() -> None:
    """The client sees a reset, which is not the same as an end."""
    with faulty(kind="reset") as simulator, pytest.raises(ConnectionResetError):
        exchange(simulator)


def test_an_answer_that_is_not_http() -> None:
    """Another service answers at that port."""
    with faulty(kind="not-http") as simulator:
        assert exchange(simulator) == b"SSH-2.0-OpenSSH_9.6\r\n"
    with faulty(kind="not-http", body="220 mail") as simulator:
        assert exchange(simulator) == b"220 mail"
    with faulty(kind="not-http", body=b"\xff") as simulator:
        assert exchange(simulator) == b"\xff"


def test_no_answer_until_the_server_stops() -> None:
    """A hanging request gets nothing, and stopping does not wait for it."""
    with faulty(kind="hang") as simulator, dial(simulator) as connection:
        connection.sendall(request_bytes())
        await_request(simulator)
        simulator.stop()
        assert connection.recv(1) == b""


def test_a_body_that_stops_half_way() -> None:
    """Headers and half the body come, and the rest never."""
    with faulty(kind="hang-body") as simulator, dial(simulator) as connection:
        connection.sendall(request_bytes())
        received = read_until(connection, b"\r\n\r\n{")
        simulator.stop()
        while part := connection.recv(65536):
            received += part
    assert len(split(received)[1]) == length(received) // 2


def test_a_body_that_is_cut() -> None:
    """Half the body comes, and then the end of the connection."""
    with faulty(kind="truncate") as simulator:
        answer = exchange(simulator)
    assert len(split(answer)[1]) == length(answer) // 2


def test_a_length_that_is_too_short() -> None:
    """More comes than was announced."""
    with faulty(kind="wrong-length") as simulator, dial(simulator) as connection:
        connection.sendall(request_bytes())
        answer = read_until(connection, b"}")
    assert len(split(answer)[1]) // 2 == length(answer)


def test_a_body_that_drips() -> None:
    """The body comes byte by byte, and is whole in the end."""
    with faulty(kind="drip", interval=0) as simulator:
        assert ask(simulator, id="a1").json["id"] == "a1"


def test_headers_that_drip() -> None:
    """All comes byte by byte, from the status line on."""
    with faulty(kind="drip-headers", interval=0) as simulator:
        assert ask(simulator, id="a1").json["id"] == "a1"


@pytest.mark.parametrize(("kind", "first"), [("drip", b"\r\n\r\n{"), ("drip-headers", b"H")])
def test_stopping_ends_what_drips(kind: str, first: bytes) -> None:
    """However long the interval, nobody has to wait for it."""
    with faulty(kind=kind, interval="1h") as simulator, dial(simulator) as connection:
        connection.sendall(request_bytes())
        assert read_until(connection, first).endswith(first)
        simulator.stop()
        assert connection.recv(1) == b""


def test_a_slow_answer() -> None:
    """A slow answer is a good one."""
    with faulty(kind="slow", delay="10ms") as simulator:
        assert ask(simulator, id="a1").json["id"] == "a1"


def test_stopping_ends_a_slow_answer() -> None:
    """An answer that is still to come when the server stops does not come."""
    with faulty(kind="slow", delay="1h") as simulator, dial(simulator) as connection:
        connection.sendall(request_bytes())
        await_request(simulator)
        simulator.stop()
        assert connection.recv(1) == b""


@pytest.mark.parametrize("size", [2 * MB + 5, 10])
def test_a_huge_body(size: int) -> None:
    """Behind a heap of white space stands the true answer."""
    with faulty(kind="huge", size=size) as simulator:
        reply = ask(simulator, id="a1")
    assert len(reply.body) > size
    assert reply.json["id"] == "a1"


def test_a_gzip_bomb() -> None:
    """A few kilobytes on the wire become as many megabytes as were asked for."""
    with faulty(kind="gzip-bomb", size="3MB") as simulator:
        reply = ask(simulator, id="a1")
    assert reply.headers["Content-Encoding"] == "gzip"
    assert len(reply.body) < 10_000
    unpacked = gzip.decompress(reply.body)
    assert len(unpacked) > 3 * MB
    assert json.loads(unpacked)["id"] == "a1"


def test_an_answer_lost_after_the_start_of_a_run() -> None:
    """A start that was executed leaves a run behind, though nobody heard of it."""
    fault = {"path": "/api/run", "kind": "close", "executed": True}
    with simulate(faults=[fault]) as simulator:
        with pytest.raises(http.client.RemoteDisconnected):
            ask(simulator, "/api/run", modelName="Checkout", group="g")
        assert [run.model for run in simulator.runs()] == ["Checkout"]


def test_clients_that_go_away_are_nobodys_business(capfd: pytest.CaptureFixture[str]) -> None:
    """A client that hangs up in the middle of an answer leaves no trace and does no harm."""
    with simulate(runs=[RUN], faults=[{"requests": 1, "kind": "huge"}]) as simulator:
        with dial(simulator) as connection:
            connection.sendall(request_bytes())
            connection.recv(1000)
        assert ask(simulator, id="a1").status == 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("status", [100, 102, 103])
def test_interim_answers(status: int) -> None:
    """Interim answers come before the true one, on one connection."""
    with faulty(kind="interim", status=status, times=2, requests="all") as simulator:
        answer = exchange(simulator, request_bytes().replace(b"Host: x", b"Host: x\r\nConnection: close"))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert [part.split(b" ")[0] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"%d" % status] * 2 + [b"200"]


@pytest.mark.parametrize("late", [False, True])
def test_an_extra_answer(late: bool) -> None:
    """Behind the true answer comes another that nobody asked for."""
    with faulty(kind="extra-answer", late=late) as simulator, dial(simulator) as connection:
        connection.sendall(request_bytes())
        answers = read_until(connection, b'"Passed"')
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.index(b'"Running"') < answers.index(b'"Passed"')


def test_stopping_ends_the_wait_for_an_extra_answer() -> None:
    """A server that stops sends no second answer."""
    with faulty(kind="extra-answer", late=True) as simulator, dial(simulator) as connection:
        connection.sendall(request_bytes())
        read_until(connection, b"}")
        simulator.stop()
        assert b"Passed" not in connection.recv(65536)
