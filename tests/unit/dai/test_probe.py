"""The single steps on the way to a server, each by itself."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import trustme

from certificates import LOOPBACK, server_context
from commands import clear_environment
from fakes import FakeClock
from gate.clock import SystemClock
from gate.core.answer import Fault, FaultKind
from gate.core.api import RUN_PROGRESS
from gate.core.findings import Certificate
from gate.core.targets import ById
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.login import GivenToken
from gate.dai.peer import Unanswered
from gate.dai.probe import ask, connect, resolve, shake_hands, stated_end
from gate.dai.proxy import Place, Proxy
from gate.dai.threads import side_by_side
from gate.dai.transport import Transport
from gate.simulator import Scenario, Simulator, parse_scenario
from proxies import proxy

AUTHORITY = trustme.CA(organization_name="Our Authority", organization_unit_name="Tests")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


@pytest.fixture
def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@pytest.fixture
def server() -> Iterator[Simulator]:
    leaf = AUTHORITY.issue_cert(*LOOPBACK, common_name="dai.example.com", organization_name="Example")
    with Simulator(Scenario(), tls=server_context(leaf)) as running:
        yield running


@pytest.mark.parametrize(
    ("address", "place", "text"),
    [
        ("https://dai.example.com", Place("dai.example.com", 443, over_tls=True), "https://dai.example.com:443"),
        ("http://dai/dai", Place("dai", 80, over_tls=False), "http://dai:80"),
        ("http://[::1]:8000", Place("::1", 8000, over_tls=False), "http://[::1]:8000"),
    ],
)
def test_places(address: str, place: Place, text: str) -> None:
    """Host and port are those that a request would go to."""
    assert Place.of(address) == place
    assert str(place) == text


def test_names() -> None:
    """A name has addresses, or else a fault in its place that names it."""
    found = resolve(Place.of("http://localhost"), 5)
    assert isinstance(found, list)
    assert "127.0.0.1" in found
    for name in ("dai.invalid", "a" * 64, "a..b"):
        fault = resolve(Place.of(f"http://{name}"), 5)
        assert isinstance(fault, Fault)
        assert name in fault.text


def test_connections(server: Simulator) -> None:
    """A connection names the address that accepted it; where nobody listens there is a fault."""
    assert connect(Place.of(f"http://localhost:{server.port}"), 5) == "127.0.0.1"
    server.stop()
    fault = connect(Place.of(f"http://127.0.0.1:{server.port}"), 5)
    assert isinstance(fault, Fault)
    assert fault.text == f"127.0.0.1:{server.port} refused the connection."


def test_a_certificate(server: Simulator, trusting: ssl.SSLContext) -> None:
    """A handshake gives version, subject, issuer and end of the certificate."""
    shown = shake_hands(Place("127.0.0.1", server.port, over_tls=True), trusting, 5, None)
    assert isinstance(shown, Certificate)
    assert shown.version == "TLSv1.3"
    assert shown.subject.startswith("dai.example.com, Example")
    assert shown.issuer == "Our Authority, Tests"
    assert shown.ends_at > datetime.now(UTC)


def test_a_certificate_without_a_subject(trusting: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a certificate has alternative names only, the first of them stands for its subject."""
    end = "Jan  5 09:34:43 2030 GMT"
    shown: dict[str, Any] = {"notAfter": end, "subjectAltName": (("DNS", "dai.example.com"),), "subject": ()}
    monkeypatch.setattr(ssl.SSLSocket, "getpeercert", lambda _: shown)
    with Simulator(Scenario(), tls=server_context(AUTHORITY.issue_cert(*LOOPBACK))) as server:
        found = shake_hands(Place("127.0.0.1", server.port, over_tls=True), trusting, 5, None)
    assert found == Certificate("TLSv1.3", "dai.example.com", "nobody", datetime(2030, 1, 5, 9, 34, 43, tzinfo=UTC))


def through(port: int, login: str = ":") -> Proxy:
    username, _, password = login.partition(":")
    return Proxy(Place("127.0.0.1", port, over_tls=False), username=username, password=password, secrets=())


def test_a_way_through_a_proxy(server: Simulator, trusting: ssl.SSLContext) -> None:
    """Behind a proxy with a password the certificate is the server's own."""
    place = Place("localhost", server.port, over_tls=True)
    for login in ("", "me:pä ss"):
        with proxy(login) as way:
            shown = shake_hands(place, trusting, 5, through(way.server_port, login or ":"))
            assert isinstance(shown, Certificate)
            assert way.connected == [f"localhost:{server.port}"]


def test_a_proxy_that_refuses(server: Simulator, trusting: ssl.SSLContext) -> None:
    """A proxy's 407 is about the proxy's password, and a proxy that is not there is not the server."""
    place = Place("localhost", server.port, over_tls=True)
    with proxy("me:right") as way:
        said = shake_hands(place, trusting, 5, through(way.server_port, "me:wrong"))
        assert isinstance(said, Fault)
        assert (said.kind, "407" in said.text) == (FaultKind.DENIED, True)
    said = shake_hands(place, trusting, 5, through(way.server_port))
    assert isinstance(said, Fault)
    assert said.text.startswith("The proxy could not be used: ")


def jwt(payload: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"e30.{body}.sig"


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (jwt({"exp": 1_900_000_000}), datetime.fromtimestamp(1_900_000_000, UTC)),
        (jwt({"exp": 1e99}), None),
        (jwt({"exp": "soon"}), None),
        (jwt({"iat": 1}), None),
        (jwt([1]), None),
        (jwt(None), None),
        ("opaque", None),
        ("a.b.c", None),
        ("..", None),
        ("a.é.c", None),
    ],
)
def test_the_end_that_a_token_states(token: str, expected: datetime | None) -> None:
    """A JWT may say when it ends; any other text says nothing."""
    assert stated_end(token) == expected


ASKED = RUN_PROGRESS.request_for(ById("x"))


def test_no_token_to_obtain() -> None:
    """Without credentials there is no token, and no fault either."""
    assert Credentials(None, FakeClock()).obtain() is None


@pytest.mark.parametrize(("body", "is_json"), [("null", True), ("", False), ("<html>", False), ("[" * 100_000, False)])
def test_an_answer_is_distinguished_from_a_page(body: str, is_json: bool) -> None:
    """What came is JSON or not, whatever it calls itself."""
    fault = {"requests": "all", "kind": "raw", "status": 200, "body": body, "content_type": "application/json"}
    with Simulator(parse_scenario({"faults": [fault]}, origin="test")) as running:
        clock = FakeClock()
        line = Transport(clock=clock, request_timeout=5, version="test")
        answer = ask(Client(running.url, line, Credentials(GivenToken("t"), clock)), ASKED, "x", clock)
    assert (answer[0].status, answer[0].is_json) == (200, is_json)


def test_no_answer() -> None:
    """Where no answer comes there is none, and in a thread a fault in its place."""
    with Simulator(Scenario()) as gone:
        url = gone.url
    clock = FakeClock()
    client = Client(url, Transport(clock=clock, request_timeout=5, version="test"), Credentials(None, clock))
    with pytest.raises(Unanswered):
        ask(client, ASKED, "x", clock)
    asked = side_by_side({0: partial(ask, client, ASKED, "x", clock)}, SystemClock(), 120)
    assert isinstance(asked[0], Fault)
    assert (asked[0].kind, asked[0].text.endswith("refused the connection.")) == (FaultKind.CONTACT, True)
