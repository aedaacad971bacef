"""Proxies of the environment: which one is on the way, and what is said of one that does not work."""

from __future__ import annotations

import pytest

from commands import clear_environment
from gate.clock import SystemClock
from gate.core.answer import FaultKind
from gate.dai import faults, statuses
from gate.dai.login import Unsigned
from gate.dai.peer import Peer, Unanswered
from gate.dai.proxy import environment_proxies, proxy_for
from gate.dai.response import Response
from gate.dai.transport import Transport, form_post
from gate.errors import UsageError
from gate.simulator import Simulator, parse_scenario
from proxies import proxy

URL = "https://dai.example.com:8000"
CUT = {"requests": "all", "path": "*", "kind": "truncate"}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


@pytest.mark.parametrize(
    ("written", "address", "login", "secrets"),
    [
        ("http://proxy:3128", "http://proxy:3128", ("", ""), ()),
        ("proxy:3128", "http://proxy:3128", ("", ""), ()),
        ("localhost:3128/", "http://localhost:3128", ("", ""), ()),
        ("http://proxy", "http://proxy:80", ("", ""), ()),
        ("https://proxy", "https://proxy:443", ("", ""), ()),
        ("http://me:hush@proxy:1", "http://proxy:1", ("me", "hush"), ("hush",)),
        ("http://me:p%40ss@proxy:1", "http://proxy:1", ("me", "p@ss"), ("p@ss", "p%40ss")),
        ("http://me:p@ss@proxy:1", "http://proxy:1", ("me", "p@ss"), ("p@ss",)),
    ],
)
def test_what_is_written(
    written: str, address: str, login: tuple[str, str], secrets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy may be written with and without scheme, port and login; what may show of its password is known."""
    monkeypatch.setenv("HTTPS_PROXY", written)
    found = proxy_for(URL)
    assert found is not None
    assert (str(found.place), (found.username, found.password), found.secrets) == (address, login, secrets)
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    "written",
    [
        "http://me:hush/1@proxy:3128",
        "http://me:hush#1@proxy:3128",
        "http://me:1?hush@proxy:3128",
        "http://me:hush@proxy:port",
        "http://me:hush%E2%98%83@proxy:1",
        "http://:3128",
    ],
)
def test_what_is_no_proxy(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no HTTP proxy's address is a usage error that shows nothing of it: a piece may be of the password."""
    monkeypatch.setenv("HTTPS_PROXY", written)
    with pytest.raises(UsageError) as caught:
        proxy_for(URL)
    assert "HTTPS_PROXY or ALL_PROXY" in caught.value.cause
    assert "dai.example.com:8000" in caught.value.cause
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["socks", "socks4", "socks4a", "socks5", "socks5h", "SOCKS5"])
def test_socks_is_not_supported(variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SOCKS proxy is called one, with the ways out, and its password is not shown."""
    monkeypatch.setenv(variable, f"{scheme}://me:hush@proxy:1080")
    with pytest.raises(UsageError) as caught:
        proxy_for(URL)
    assert caught.value.cause.endswith("names a SOCKS proxy for dai.example.com:8000: SOCKS is not supported")
    assert "add dai.example.com to NO_PROXY" in caught.value.fix
    assert "hush" not in str(caught.value)
    monkeypatch.setenv("NO_PROXY", "dai.example.com")
    assert proxy_for(URL) is None


@pytest.mark.parametrize("direct", [True, False])
def test_a_system_with_settings_of_its_own(direct: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names no proxy, that of Windows or macOS counts, with its own exceptions."""
    monkeypatch.setattr("gate.dai.proxy.getproxies", lambda: {"https": "http://proxy:3128"})
    monkeypatch.setattr("gate.dai.proxy.proxy_bypass", lambda host: direct and host == "dai.example.com")
    assert (proxy_for(URL) is None) is direct


@pytest.mark.parametrize(
    ("variable", "value", "on_the_way"),
    [
        ("HTTPS_PROXY", "http://proxy", True),
        ("https_proxy", "http://proxy", True),
        ("ALL_PROXY", "http://proxy", True),
        ("HTTP_PROXY", "http://proxy", False),
        ("HTTPS_PROXY", "", False),
    ],
)
def test_which_variable_counts(variable: str, value: str, on_the_way: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable of the address's own scheme counts, in either case, and the one for all."""
    monkeypatch.setenv(variable, value)
    assert (proxy_for(URL) is not None) is on_the_way
    monkeypatch.setenv("NO_PROXY", "other.com,.example.com")
    assert proxy_for(URL) is None
    assert environment_proxies(URL) == {}


@pytest.mark.parametrize(
    ("error", "kind", "words", "lasting"),
    [
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), FaultKind.DENIED, "(407 Proxy", True),
        (OSError("Tunnel connection failed: 401 Unauthorized"), FaultKind.DENIED, "(401 Unauthorized)", True),
        (OSError("Tunnel connection failed: 403 Forbidden"), FaultKind.CONTACT, "403 Forbidden", True),
        (OSError("Tunnel connection failed: 503 Service Unavailable"), FaultKind.CONTACT, "503 Service", False),
        (ConnectionRefusedError(111, "Connection refused"), FaultKind.CONTACT, "Connection refused", False),
        (OSError("cannot connect to proxy:4071"), FaultKind.CONTACT, "proxy:4071", False),
    ],
)
def test_what_went_wrong(error: OSError, kind: FaultKind, words: str, lasting: bool) -> None:
    """A refused password is denied, which lasts as a way that is forbidden does, and all else may pass."""
    said = faults.proxy_failed(error)
    assert (said.kind, said.lasting) == (kind, lasting)
    assert words in said.text
    assert "HTTPS_PROXY" in said.fix


def test_a_port_is_no_status(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy at a port whose digits hold 407 is not taken for one that answers 407."""
    monkeypatch.setenv("HTTP_PROXY", "http://me:hush@127.0.0.1:407")
    with pytest.raises(Unanswered) as caught:
        post("http://192.0.2.1/")
    assert caught.value.fault.kind is FaultKind.CONTACT
    assert caught.value.fault.text == "The proxy could not be used: Connection refused."


def test_who_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over plain http the proxy may be the one that answers: it is named beside the server, without its login."""
    monkeypatch.setenv("HTTP_PROXY", "http://me:hush@proxy:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hush@proxy:3128")
    said = statuses.from_response(Response(502, {}, b"", Peer("http://dai:8000/api"))).text
    assert said == "dai:8000 (through the proxy http://proxy:3128) answered 502."
    said = statuses.from_response(Response(502, {}, b"", Peer(f"{URL}/api"))).text
    assert said == "dai.example.com:8000 answered 502."


def post(url: str, form: dict[str, str] | None = None) -> Response:
    line = Transport(clock=SystemClock(), request_timeout=5, version="test")
    with line.send(Peer(url), form_post("", form or {}), auth=Unsigned()) as response:
        return response


def test_a_password_reaches_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password with special characters arrives as it is, and a wrong one is explained."""
    with proxy("me:p@ss w/rd") as way:
        for written, kind in (("p%40ss%20w%2Frd", FaultKind.CONTACT), ("wrong", FaultKind.DENIED)):
            monkeypatch.setenv("HTTPS_PROXY", f"http://me:{written}@127.0.0.1:{way.server_port}")
            with Simulator(parse_scenario({}, origin="test")) as plain, pytest.raises(Unanswered) as caught:
                post(f"https://127.0.0.1:{plain.port}/")
            assert caught.value.fault.kind is kind
        assert len(way.connected) == 1


def test_a_refusal_whose_words_break_off() -> None:
    """A refusal that is cut short is still one, as proxies reset the connection after a 407."""
    with Simulator(parse_scenario({"faults": [CUT]}, origin="test")) as server:
        answer = post(f"{server.url}/x")
    assert answer.status == 404
    assert answer.body.startswith(b"{")


def test_an_answer_that_breaks_off() -> None:
    """An answer that is cut short is none."""
    scenario = {"faults": [CUT], "auth": {"required": False}, "runs": [{"model": "M", "id": "a"}]}
    with Simulator(parse_scenario(scenario, origin="test")) as server, pytest.raises(Unanswered) as caught:
        post(f"{server.url}/api/run/progress", {"id": "a"})
    assert "in the middle of its answer" in caught.value.fault.text
