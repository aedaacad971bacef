"""A real forward proxy that demands a password, for http and for https."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from certificates import LOOPBACK, write
from commands import Command
from e2e.access.parts import RealProxy, squid, stunnel, tinyproxy
from gate.simulator import Simulator
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
REPORTS = ("--junit", "junit.xml", "--json", "report.json")
USER = "ci"
PASSWORD, WRITTEN = "p4ss w/rd@%:#", "p4ss%20w%2Frd%40%25%3A%23"
PLAIN = "p4ss.w-rd"
DENIED = "The proxy refused its credentials (407 Proxy Authentication Required)."


@pytest.fixture
def dai(serve: Serve) -> Simulator:
    return serve(runs=[{"id": RUN, "model": "M", "duration": "1ms", "start": "-1s"}])


@pytest.fixture
def proxy() -> Iterator[RealProxy]:
    with squid(USER, PASSWORD) as running:
        yield running


@pytest.fixture(params=["http", "https"])
def address(request: pytest.FixtureRequest, dai: Simulator, tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """Give the options for the server's address, once over plain http and once over TLS."""
    if request.param == "http":
        yield ("--url", dai.url)
        return
    authority = trustme.CA()
    bundle = write(authority.cert_pem, tmp_path / "ca.pem")
    leaf = write(authority.issue_cert(*LOOPBACK).private_key_and_cert_chain_pem, tmp_path / "server.pem")
    with stunnel(tmp_path, leaf, dai.port) as url:
        yield ("--url", url, "--ca-bundle", bundle)


def through(proxy: RealProxy, login: str) -> dict[str, str]:
    return dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), f"http://{login}@{proxy.address}")


def test_a_proxy_with_a_password(command: Command, dai: Simulator, proxy: RealProxy, address: tuple[str, ...]) -> None:
    """With user name and password in the environment, special characters as %XX, requests go through the proxy."""
    ended = command("wait", *address, *REPORTS, "-v", RUN, **through(proxy, f"{USER}:{WRITTEN}"))
    assert ended.code == 0, ended.err
    assert len(dai.requests) == 1
    assert address[1].split("/")[2] in proxy.log
    everything = ended.out + ended.err + (command.folder / "report.json").read_text()
    assert [each for each in (PASSWORD, WRITTEN) if each in everything] == []


@pytest.mark.parametrize("login", [f"{USER}:wrong", "another:p4ss"])
def test_a_refused_password_is_explained(
    command: Command, dai: Simulator, proxy: RealProxy, address: tuple[str, ...], login: str
) -> None:
    """A 407 is `denied` at once, and its error says where the proxy's password goes."""
    ended = command("wait", *address, *REPORTS, RUN, **through(proxy, login))
    assert (ended.code, ended.json["verdict"]) == (6, "denied"), ended.err
    assert dai.requests == []
    message = ended.json["runs"][0]["message"]
    assert DENIED in message
    assert "HTTPS_PROXY or HTTP_PROXY: http://USER:PASSWORD@HOST:PORT" in message
    assert DENIED in ended.err
    assert login.partition(":")[2] not in ended.out + ended.err + message


def test_a_proxy_without_a_password(command: Command, proxy: RealProxy, address: tuple[str, ...]) -> None:
    """Where no password is given at all, the 407 is explained in the same words."""
    variables = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), f"http://{proxy.address}")
    ended = command("wait", *address, *REPORTS, RUN, **variables)
    assert ended.code == 6
    assert DENIED in ended.json["runs"][0]["message"]


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_no_proxy_is_honoured(
    command: Command, dai: Simulator, proxy: RealProxy, address: tuple[str, ...], variable: str
) -> None:
    """A host that NO_PROXY names is asked without the proxy."""
    ended = command("wait", *address, RUN, **through(proxy, "another:p4ss"), **{variable: "example.com,127.0.0.1"})
    assert ended.code == 0, ended.err
    assert len(dai.requests) == 1
    assert address[1].split("/")[2] not in proxy.log


def test_a_proxy_that_is_away(command: Command, dai: Simulator, address: tuple[str, ...], tmp_path: Path) -> None:
    """A proxy that does not answer is named as what it is, and retried like a server."""
    with tinyproxy(tmp_path, USER, PLAIN) as gone:
        pass
    ended = command("wait", *address, *REPORTS, "--contact-timeout", "2s", RUN, **through(gone, f"{USER}:{PLAIN}"))
    assert (ended.code, ended.json["reason"]) == (5, "lost-contact")
    assert dai.requests == []
    message = ended.json["runs"][0]["message"]
    assert "The proxy could not be used: Connection refused. See HTTPS_PROXY, HTTP_PROXY and NO_PROXY." in message


def test_the_check_goes_the_same_way(
    command: Command, dai: Simulator, proxy: RealProxy, address: tuple[str, ...]
) -> None:
    """`check` checks the proxy instead of the direct way, at the certificate behind it, and explains a 407."""
    good = command("check", *address, **through(proxy, f"{USER}:{WRITTEN}"))
    assert good.code == 0, good.out
    assert f"is reached through http://{proxy.address}, as set in the environment" in good.out
    assert ("TLSv1.3, certificate of " in good.out) is (len(address) > 2)
    assert len(dai.requests) == 4  # one at each path that a generation of the API has
    bad = command("check", *address, **through(proxy, f"{USER}:wrong"))
    assert bad.code == 6
    assert f"{DENIED}\n" in bad.out
    assert "wrong" not in bad.out + bad.err


def test_another_proxy(command: Command, dai: Simulator, address: tuple[str, ...], tmp_path: Path) -> None:
    """A proxy that is no friend of 407 works with its password, and is named where it refuses in its own way."""
    with tinyproxy(tmp_path, USER, PLAIN) as proxy:
        good = command("wait", *address, RUN, **through(proxy, f"{USER}:{PLAIN}"))
        assert good.code == 0, good.err
        nobody = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), f"http://{proxy.address}")
        none = command("wait", *address, *REPORTS, RUN, **nobody)
        assert DENIED in none.json["runs"][0]["message"]
        bad = command("wait", *address, *REPORTS, "--contact-timeout", "2s", RUN, **through(proxy, f"{USER}:wrong"))
    message = bad.json["runs"][0]["message"]
    assert bad.code in {5, 6}
    assert f"(through the proxy http://{proxy.address})" in message or "The proxy refused its credentials" in message
    assert len(dai.requests) == 1
