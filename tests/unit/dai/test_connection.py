"""What a server may do to a connection, on real sockets: no answer is another's, and every step is bounded."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme

from certificates import LOOPBACK, server_context
from commands import clear_environment
from gate.clock import SystemClock
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.targets import ById, ByModel
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.login import GivenToken
from gate.dai.tls import Tls
from gate.dai.transport import Transport
from wire import Wire, ok, wire

CLOCK = SystemClock()
RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
PASSED = json.dumps({"id": RUN, "status": "Passed"}).encode()


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


def client(url: str, request_timeout: float = 10, tls: ssl.SSLContext | None = None) -> Client:
    transport = Transport(clock=CLOCK, request_timeout=request_timeout, version="test", tls=tls)
    return Client(url, transport, Credentials(GivenToken("t"), CLOCK))


def word(outcome: Answer | Fault) -> str:
    assert isinstance(outcome, Answer), outcome
    (run,) = outcome.reading.runs
    return run.word


def fault(outcome: Answer | Fault) -> Fault:
    assert isinstance(outcome, Fault), outcome
    assert outcome.fix
    return outcome


EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        EARLY,
        b"HTTP/1.1 199 Own\r\nContent-Length: 5\r\n\r\n",
        EARLY * 3 + b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_interim_answers_are_skipped(interim: bytes) -> None:
    """Whatever 1xx come before it, together with it or apart from it, the final answer is the one that is read."""
    with wire(interim + ok(PASSED)) as server:
        assert word(client(server.url).progress(ById(RUN))) == "Passed"
    later = threading.Event()
    with wire(interim, later, ok(PASSED)) as server:
        threading.Timer(0.05, later.set).start()
        assert word(client(server.url).progress(ById(RUN))) == "Passed"


def test_interim_answers_without_end() -> None:
    """A server that sends nothing but interim answers is a fault, not a request without end."""
    with wire(EARLY * 1000) as server:
        said = fault(client(server.url).progress(ById(RUN)))
    assert (said.kind, "more than 20 interim answers" in said.text) == (FaultKind.UNREADABLE, True)


def test_a_switch_of_protocols_is_no_answer() -> None:
    """Nobody asked for another protocol: 101 is named as what came."""
    with wire(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") as server:
        assert "answered 101" in fault(client(server.url).progress(ById(RUN))).text


def test_an_extra_answer_is_never_read() -> None:
    """What a server sends beyond its answer is not taken for the answer of the next request."""
    running = json.dumps({"id": RUN, "status": "Running"}).encode()
    with wire(ok(running) + ok(PASSED)) as server:
        asking = client(server.url)
        assert [word(asking.progress(ById(RUN))) for _ in range(3)] == ["Running"] * 3
        assert len(server.asked) == 3
        assert all(b"\r\nConnection: close\r\n" in each for each in server.asked)


def test_a_server_that_is_off_by_one_on_a_kept_connection() -> None:
    """Each model gets the answer to its own question, also from a server that answers the one before it."""

    def handle(connection: socket.socket) -> None:
        before = b""
        while request := server.read(connection):
            model = request.rpartition(b"modelName=")[2].partition(b"&")[0].decode()
            own = json.dumps({"id": f"run-of-{model}", "status": "Passed" if model == "A" else "Failed"}).encode()
            connection.sendall(ok(before or own))
            before = own

    server = Wire(handle)
    try:
        asking = client(server.url)
        for model, status in (("A", "Passed"), ("B", "Failed"), ("A", "Passed")):
            outcome = asking.progress(ByModel(model, 1))
            assert isinstance(outcome, Answer)
            assert [(run.id, run.word) for run in outcome.reading.runs] == [(f"run-of-{model}", status)]
    finally:
        server.close()


def test_no_cookie_is_kept() -> None:
    """A cookie is not sent back: a server could fill the memory with them."""
    with wire(ok(PASSED, "Set-Cookie: session=1; Path=/")) as server:
        asking = client(server.url)
        for _ in range(2):
            asking.progress(ById(RUN))
        assert [each for each in server.asked if b"cookie" in each.lower()] == []


# Every step is bounded


def void(_: object) -> None:
    """Return nothing."""


class Drip:
    """Sends a piece over and over, until the client has had enough."""

    def __init__(self, *first: bytes, piece: bytes) -> None:
        self._first, self._piece = first, piece
        self.gone = threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        try:
            for piece in self._first:
                connection.sendall(piece)
            while not self.gone.wait(0.02):
                connection.sendall(self._piece)
        except OSError:
            self.gone.set()
            raise


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


DRIPS = {
    "status line": Drip(piece=b"H"),
    "headers": Drip(b"HTTP/1.1 200 OK\r\n", piece=b"X"),
    "interim answers": Drip(b"HTTP/1.1 103 E\r\n", piece=b"Y"),
    "body": Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", piece=b" "),
    "chunks": Drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", piece=b"1\r\n \r\n"),
}


@pytest.mark.parametrize("name", DRIPS)
def test_an_answer_that_drips(name: str) -> None:
    """Wherever an answer drips, the request ends at its own time limit, and so does its connection."""
    drip = DRIPS[name]
    server = Wire(drip)
    try:
        began = CLOCK.monotonic()
        said = fault(client(server.url, request_timeout=0.4).progress(ById(RUN)))
        assert CLOCK.monotonic() - began < 60
        assert drip.gone.wait(60)
    finally:
        drip.gone.set()
        server.close()
    assert said.kind is FaultKind.CONTACT
    assert said.text.endswith("gave no complete answer within the request timeout.")
    assert said.fix == "If the server is that slow, increase --request-timeout."


def test_a_handshake_that_is_never_answered() -> None:
    """A port that takes connections and says nothing is bounded, and asked whether TLS is spoken there."""
    held = threading.Event()
    server = Wire(lambda _: void(held.wait(10)))
    try:
        address = server.url.replace("http:", "https:")
        said = fault(client(address, 0.3, Tls().context(str)).progress(ById(RUN)))
    finally:
        held.set()
        server.close()
    assert said.fix == "Does a TLS server listen there? If not, --url must begin with http://."
    assert not said.sent


def test_interim_answers_over_tls(authority: trustme.CA) -> None:
    """Over TLS as well, interim answers are skipped and the request is whole."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    serving = server_context(authority.issue_cert(*LOOPBACK))

    def handle(connection: socket.socket) -> None:
        with serving.wrap_socket(connection, server_side=True) as secure:
            server.read(secure)
            secure.sendall(EARLY + ok(PASSED))

    server = Wire(handle)
    try:
        outcome = client(server.url.replace("http:", "https:"), tls=context).progress(ById(RUN))
    finally:
        server.close()
    assert word(outcome) == "Passed"


# Answers that are odd, and named as what they are


MANY = [f"X-{number}: y" for number in range(120)]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (ok(PASSED, *MANY), FaultKind.UNREADABLE, "whose headers cannot be read: got more than 100 headers"),
        (ok(PASSED, "X: " + "y" * 70_000), FaultKind.UNREADABLE, "a line of more than 65,536 bytes"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", FaultKind.UNREADABLE, "answered 304."),
        (b"HTTP/1.1 302 Found\r\n\r\n", FaultKind.CONTACT, "a redirect to nowhere (no Location)"),
        (b"HTTP/2.0 200 OK\r\n\r\n", FaultKind.UNREADABLE, "an answer that is not HTTP"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", FaultKind.UNREADABLE, "an answer that is not HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", FaultKind.UNREADABLE, "an answer that is not HTTP"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", FaultKind.UNREADABLE, "answered 204."),
    ],
)
def test_answers_that_are_named(answer: bytes, kind: FaultKind, words: str) -> None:
    """What cannot be read is named as what it is, with something to do."""
    with wire(answer) as server:
        said = fault(client(server.url).progress(ById(RUN)))
    assert said.kind is kind
    assert words in said.text


NAME = "Müller — ☃"


@pytest.mark.parametrize(
    ("charset", "sent_as", "name"),
    [
        ("", "utf-8", NAME),
        ("utf-8", "utf-8-sig", NAME),
        ("ISO-8859-1", "utf-8", NAME),
        ("ISO-8859-1", "latin-1", "Müller"),
        ('"iso-8859-15"', "iso-8859-15", "Müller €"),
        ("windows-1252", "cp1252", "Müller €"),
        ("Shift_JIS", "shift_jis", "テスト"),
        ("utf-16", "utf-16", NAME),
        ("utf-16le", "utf-16-le", NAME),
        ("", "utf-16", NAME),
        ("", "utf-32-be", NAME),
    ],
)
def test_the_charset_of_an_answer(charset: str, sent_as: str, name: str) -> None:
    """JSON is read in the charset that its bytes show, else in the one that is declared."""
    body = json.dumps({"id": RUN, "status": "Passed", "modelname": name}, ensure_ascii=False).encode(sent_as)
    declared = f"; charset={charset}" if charset else ""
    with wire(ok(body, f"Content-Type: application/json{declared}")) as server:
        outcome = client(server.url).progress(ById(RUN))
    assert isinstance(outcome, Answer)
    assert outcome.reading.runs[0].model == name


@pytest.mark.parametrize("charset", ["unicode_escape", "no-such-charset", "idna", "utf-7", "rot13", ""])
def test_a_charset_that_is_none(charset: str) -> None:
    """Bytes that are in no charset of JSON are not run through whatever else Python can decode."""
    body = b'{"id": "r\xfc", "status": "Passed"}'
    with wire(ok(body, f"Content-Type: application/json; charset={charset}")) as server:
        said = fault(client(server.url).progress(ById(RUN)))
    assert "not in the charset of JSON, utf-8" in said.text


@pytest.fixture
def nowhere() -> Iterator[str]:
    """Give an address where nobody listens, and nobody else can."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_nobody_listens(nowhere: str) -> None:
    """A refused connection is a fault of contact, of which it is known that nothing was sent."""
    said = fault(client(nowhere).progress(ById(RUN)))
    assert (said.kind, said.sent, said.option) == (FaultKind.CONTACT, False, "--url")
    assert said.text == f"{nowhere[7:]} refused the connection."
