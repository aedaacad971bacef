"""What goes wrong on the line is named by what it is, whatever bytes come, and hints when to ask again are sane."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.clock import SystemClock
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.targets import ById
from gate.dai import statuses
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.peer import Peer
from gate.dai.response import Response
from gate.dai.transport import Transport

PEER = Peer("http://dai.example:8000/api/run/progress")
RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
MOMENT = "Thu, 01 Jan 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, FaultKind.CONTACT) for status in (408, 425, 429, *range(500, 600), 999)),
        *((status, FaultKind.DENIED) for status in (401, 403, 407)),
        *((status, FaultKind.REJECTED) for status in (400, 402, 405, 409, 411, 413, 415, 418, 422, 451)),
        *((status, FaultKind.UNREADABLE) for status in (100, 201, 202, 204, 206, 300, 304, 305)),
        *((status, FaultKind.CONTACT) for status in (301, 302, 303, 307, 308)),
        (404, FaultKind.NOT_FOUND),
    ],
)
def test_the_kind_of_a_status(status: int, kind: FaultKind) -> None:
    """Every status but 200 is a fault of the kind that says what to do about it, and is named by its number."""
    fault = statuses.from_response(Response(status, {}, b"", PEER))
    assert fault.kind is kind
    assert str(status) in fault.text


@pytest.mark.parametrize(
    ("status", "body", "foreign"),
    [
        (404, b"<html>default backend</html>", True),
        (404, b"404 page not found\n", True),
        (404, b'{"message": "no such run"}', False),
        (404, b" ", True),
        (401, b"<html></html>", False),
        (404, b"[" * 100_000, True),
    ],
)
def test_a_404_in_other_words_than_the_servers(status: int, body: bytes, foreign: bool) -> None:
    """A 404 whose body is no JSON was said by something in front of the server."""
    assert statuses.from_response(Response(status, {}, body, PEER)).foreign is foreign


@pytest.mark.parametrize(
    "body",
    [
        b"<center>The plain HTTP request was sent to HTTPS port</center>",
        b"Client sent an HTTP request to an HTTPS server.",
        b"You're speaking plain HTTP to an SSL-enabled server port.",
    ],
)
def test_a_server_that_wants_https(body: bytes) -> None:
    """A 400 in which nginx, Go or Apache asks for https has that as its fix."""
    asked, other = (statuses.from_response(Response(400, {}, each, PEER)) for each in (body, b"Bad Request"))
    assert asked.fix == "That port expects https: --url must begin with https://."
    assert "check --url" in other.fix


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": " 17 "}, 17),
        ({"Retry-After": "9" * 5000}, 999_999_999_999),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "\N{SUPERSCRIPT TWO}"}, None),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT", "Date": MOMENT}, 30),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT", "Date": MOMENT}, 0),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT"}, None),
        ({"Retry-After": "Thu, 99 Jan 2026 00:00:30 GMT", "Date": MOMENT}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359", "Date": MOMENT}, None),
    ],
)
def test_a_hint_when_to_ask_again(fields: Mapping[str, str], seconds: float | None) -> None:
    """Seconds or an HTTP date, never negative; nonsense is none, and a date counts from the server's own."""
    assert Response(429, fields, b"", PEER).retry_after == seconds


@given(st.text(st.characters(exclude_categories=()), max_size=40), st.text(max_size=40))
def test_any_header_is_a_moment_or_none(date: str, hint: str) -> None:
    """No header, however odd, is more than a moment in UTC, or seconds from zero up."""
    response = Response(429, {"Date": date, "Retry-After": hint}, b"", PEER)
    moment, seconds = response.date, response.retry_after
    assert moment is None or moment.tzinfo is UTC
    assert seconds is None or seconds >= 0


def test_a_date_in_any_zone_is_read_in_utc() -> None:
    """The server's clock is read whatever zone it is written in, and as UTC where it has none."""
    for text in ("Thu, 01 Jan 2026 01:00:00 +0100", "Thu, 01 Jan 2026 00:00:00 -0000", MOMENT):
        assert Response(200, {"Date": text}, b"", PEER).date == datetime(2026, 1, 1, tzinfo=UTC)


class Babbler:
    """A server that reads a request and answers it with the next of its lines, whatever they are."""

    def __init__(self) -> None:
        self.says = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(self.says)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture(scope="module")
def babbler() -> Iterator[Babbler]:
    """Give a server that answers with the given bytes."""
    server = Babbler()
    yield server
    server.close()


names = st.sampled_from(
    ["Content-Length", "Transfer-Encoding", "Content-Encoding", "Content-Type", "Date", "Location", "X", "Connection"]
)
values = st.binary(max_size=20) | st.sampled_from([b"0", b"5", b"-1", b"9999999999", b"chunked", b"gzip", b"deflate"])
bodies = st.binary(max_size=100) | st.sampled_from(
    [json.dumps({"id": RUN, "status": "Passed"}).encode(), b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffff\r\n"]
)
answers = st.builds(
    lambda first, fields, body: (
        first + b"\r\n" + b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields) + b"\r\n" + body
    ),
    st.binary(max_size=20) | st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 503", b"HTTP/1.0 200", b"HTTP/9.9 777 x"]),
    st.lists(st.tuples(names, values), max_size=5),
    bodies,
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100) | answers)
def test_whatever_bytes_come_they_are_an_answer_or_a_fault_with_a_name(babbler: Babbler, says: bytes) -> None:
    """Arbitrary bytes on a real connection: never an exception, and never a pass that was not said."""
    babbler.says = says
    transport = Transport(clock=SystemClock(), request_timeout=1.0, version="0")
    outcome = Client(babbler.url, transport, Credentials(None, SystemClock(), list[str]().append)).progress(ById(RUN))
    if isinstance(outcome, Fault):
        assert outcome.kind is not FaultKind.INTERNAL
        assert outcome.text
    else:
        assert isinstance(outcome, Answer)
        assert not outcome.reading.runs or b"Passed" in says
