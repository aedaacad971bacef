"""Private authorities, in front of a server behind a real terminator of TLS."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from certificates import LOOPBACK, expired, self_signed, write
from commands import Command, Ended
from e2e.access.parts import stunnel
from gate.simulator import Simulator
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
REPORTS = ("--junit", "junit.xml", "--json", "report.json")


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def dai(serve: Serve) -> Simulator:
    return serve(runs=[{"id": RUN, "model": "M", "duration": "1ms", "start": "-1s"}])


def pem(leaf: trustme.LeafCert, folder: Path) -> str:
    return write(leaf.private_key_and_cert_chain_pem, folder / "server.pem")


def bundle(authority: trustme.CA, folder: Path) -> str:
    return write(authority.cert_pem, folder / "ca.pem")


def check_refused(ended: Ended, dai: Simulator, words: str, fix: str) -> None:
    """Nothing was asked of the server, and stderr, JSON and JUnit say why and what to change."""
    assert (ended.code, ended.json["reason"]) == (5, "lost-contact"), ended.err
    assert dai.requests == []
    message = ended.json["runs"][0]["message"]
    error = ended.junit.find(".//error")
    assert error is not None
    for said in (message, ended.err, error.text):
        assert words in str(said)
        assert fix in str(said)


def test_a_private_authority(command: Command, dai: Simulator, authority: trustme.CA, tmp_path: Path) -> None:
    """Without --ca-bundle the certificate is refused, in an error that names the option; with it the gate works."""
    with stunnel(tmp_path, pem(authority.issue_cert(*LOOPBACK), tmp_path), dai.port) as url:
        ended = command("wait", "--url", url, *REPORTS, RUN)
        check_refused(ended, dai, "unable to get local issuer certificate", "--ca-bundle")
        ended = command("wait", "--url", url, *REPORTS, RUN, "--ca-bundle", bundle(authority, tmp_path))
    assert ended.code == 0, ended.err
    assert len(dai.requests) == 1


def test_variables_that_a_machine_sets(command: Command, dai: Simulator, authority: trustme.CA, tmp_path: Path) -> None:
    """What OpenSSL itself reads is the system's trust; what other tools read is none of the gate's."""
    trusted = bundle(authority, tmp_path)
    with stunnel(tmp_path, pem(authority.issue_cert(*LOOPBACK), tmp_path), dai.port) as url:
        others = {"REQUESTS_CA_BUNDLE": trusted, "CURL_CA_BUNDLE": trusted}
        check_refused(command("wait", "--url", url, *REPORTS, RUN, **others), dai, "issuer", "--ca-bundle")
        assert command("wait", "--url", url, RUN, SSL_CERT_FILE=trusted).code == 0


@pytest.mark.parametrize(("host", "words"), [("127.0.0.1", "IP address mismatch"), ("localhost", "Hostname mismatch")])
def test_another_hosts_certificate(
    command: Command, dai: Simulator, authority: trustme.CA, tmp_path: Path, host: str, words: str
) -> None:
    """A certificate for another name is refused in its own words."""
    with stunnel(tmp_path, pem(authority.issue_cert("dai.example.com"), tmp_path), dai.port) as url:
        trust = ("--ca-bundle", bundle(authority, tmp_path))
        ended = command("wait", "--url", url.replace("127.0.0.1", host), *trust, *REPORTS, RUN)
    check_refused(ended, dai, f"{words}, certificate is not valid for '{host}'", "Use the name in the certificate")


def test_an_expired_certificate(command: Command, dai: Simulator, authority: trustme.CA, tmp_path: Path) -> None:
    """A certificate that has ended is refused in its own words."""
    with stunnel(tmp_path, pem(expired(authority), tmp_path), dai.port) as url:
        ended = command("wait", "--url", url, "--ca-bundle", bundle(authority, tmp_path), *REPORTS, RUN)
    check_refused(ended, dai, "certificate has expired", "renewed on the server")


def test_a_self_signed_certificate(command: Command, dai: Simulator, tmp_path: Path) -> None:
    """A certificate that signs itself is refused in its own words, and taken once it is named."""
    own = self_signed(tmp_path)
    with stunnel(tmp_path, own, dai.port) as url:
        check_refused(command("wait", "--url", url, *REPORTS, RUN), dai, "self-signed certificate", "It is self-signed")
        assert command("wait", "--url", url, RUN, "--ca-bundle", own).code == 0


def test_a_client_certificate(command: Command, dai: Simulator, authority: trustme.CA, tmp_path: Path) -> None:
    """A server that demands a certificate is passed with one, and without is explained with the option's name."""
    trusted, me = bundle(authority, tmp_path), authority.issue_cert("me")
    cert, key = write(me.cert_chain_pems[0], tmp_path / "me.crt"), write(me.private_key_pem, tmp_path / "me.key")
    whole = write(me.private_key_and_cert_chain_pem, tmp_path / "me.pem")
    stranger = write(trustme.CA().issue_cert("me").private_key_and_cert_chain_pem, tmp_path / "stranger.pem")
    with stunnel(tmp_path, pem(authority.issue_cert(*LOOPBACK), tmp_path), dai.port, clients_of=trusted) as url:
        given = ("--url", url, "--ca-bundle", trusted, "--contact-timeout", "2s", RUN)
        for more in ([], ["--client-cert", stranger]):
            ended = command("wait", *given, *REPORTS, *more)
            assert (ended.code, dai.requests) == (5, []), ended.err
            assert "--client-cert" in ended.json["runs"][0]["message"]
        assert command("wait", *given, "--client-cert", whole).code == 0
        assert command("wait", *given, "--client-cert", cert, "--client-key", key).code == 0
        checked = command("check", *given[:4])
        assert "name one with --client-cert" in checked.out
        assert command("check", *given[:4], "--client-cert", whole).code == 0


def test_insecure_warns_each_time(command: Command, dai: Simulator, authority: trustme.CA, tmp_path: Path) -> None:
    """With --insecure any certificate will do, and each start says what that means."""
    with stunnel(tmp_path, pem(expired(authority), tmp_path), dai.port) as url:
        for _ in range(2):
            ended = command("wait", "--url", url, "--insecure", RUN)
            assert ended.code == 0, ended.err
            assert ended.err.count("warning: --insecure: any certificate is trusted") == 1
            assert "InsecureRequestWarning" not in ended.err
