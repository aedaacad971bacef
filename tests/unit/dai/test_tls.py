"""What is trusted over TLS, what is refused, and the words and fixes of each."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from certificates import LOOPBACK, expired, self_signed, server_context, write
from commands import clear_environment
from gate.clock import SystemClock
from gate.core.answer import Fault, FaultKind
from gate.dai import tls
from gate.dai.login import Unsigned
from gate.dai.peer import Peer, Unanswered
from gate.dai.tls import Tls
from gate.dai.transport import Transport, form_post
from gate.errors import UsageError
from gate.simulator import Scenario, Simulator

DAI = Peer("https://dai")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    return write(authority.cert_pem, tmp_path / "ca.pem")


def origin(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def ask(server: Simulator, tls: Tls, *, host: str = "127.0.0.1") -> int:
    """Return the status of an answer; raises Unanswered where TLS does not allow one."""
    line = Transport(clock=SystemClock(), request_timeout=5, version="test", tls=tls.context(origin))
    with line.send(Peer(f"https://{host}:{server.port}/"), form_post("/", {}), auth=Unsigned()) as response:
        return response.status


def refused(server: Simulator, tls: Tls, *, host: str = "127.0.0.1") -> Fault:
    with pytest.raises(Unanswered) as caught:
        ask(server, tls, host=host)
    assert caught.value.fault.kind is FaultKind.CONTACT
    assert server.requests == []
    return caught.value.fault


def serve(leaf: trustme.LeafCert, clients_of: trustme.CA | None = None) -> Simulator:
    return Simulator(Scenario(), tls=server_context(leaf, clients_of=clients_of))


def test_a_private_authority_is_trusted_when_it_is_named(authority: trustme.CA, bundle: str) -> None:
    """Without --ca-bundle the certificate is refused with that option as the fix, and with it taken."""
    with serve(authority.issue_cert(*LOOPBACK)) as server:
        said = refused(server, Tls())
        assert "unable to get local issuer certificate" in said.text
        assert "--ca-bundle" in said.fix
        assert said.lasting
        assert ask(server, Tls(ca_bundle=bundle)) == 404


def test_a_bundle_is_trusted_beside_the_systems_authorities(
    authority: trustme.CA, bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A private authority in front of DAI does not cut off a public one in front of the token server."""
    public = trustme.CA()
    monkeypatch.setenv("SSL_CERT_FILE", write(public.cert_pem, tmp_path / "system.pem"))
    for issuer in (authority, public):
        with serve(issuer.issue_cert(*LOOPBACK)) as server:
            assert ask(server, Tls(ca_bundle=bundle)) == 404


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_variables_of_other_tools_add_no_authority(
    authority: trustme.CA, bundle: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is trusted is the system's and --ca-bundle's, whatever the HTTP library would read of the environment."""
    monkeypatch.setenv(variable, bundle)
    with serve(authority.issue_cert(*LOOPBACK)) as server:
        assert "--ca-bundle" in refused(server, Tls()).fix
    monkeypatch.setenv(variable, "/nowhere/ca.pem")
    with serve(authority.issue_cert(*LOOPBACK)) as server:
        assert ask(server, Tls(ca_bundle=bundle)) == 404


def test_the_servers_own_certificate_will_do(authority: trustme.CA, tmp_path: Path) -> None:
    """What people can get hold of is often the server's certificate alone: it is taken as a bundle."""
    leaf = authority.issue_cert(*LOOPBACK)
    with serve(leaf) as server:
        assert ask(server, Tls(ca_bundle=write(leaf.cert_chain_pems[0], tmp_path / "leaf.pem"))) == 404


def test_an_intermediate_authority_will_do(authority: trustme.CA, tmp_path: Path) -> None:
    """An authority that is signed by another is trusted by itself when it is named."""
    middle = authority.create_child_ca()
    with serve(middle.issue_cert(*LOOPBACK)) as server:
        assert ask(server, Tls(ca_bundle=write(middle.cert_pem, tmp_path / "middle.pem"))) == 404


def test_an_authority_that_is_not_to_the_letter_will_do(tmp_path: Path) -> None:
    """Certificates without key identifiers, as many private authorities make them, are taken with --ca-bundle."""
    pem = self_signed(tmp_path, "-addext", "subjectKeyIdentifier=none", "-addext", "authorityKeyIdentifier=none")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Simulator(Scenario(), tls=context) as server:
        assert ask(server, Tls(ca_bundle=pem)) == 404


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("127.0.0.1", "IP address mismatch, certificate is not valid for '127.0.0.1'"),
        ("localhost", "Hostname mismatch, certificate is not valid for 'localhost'"),
    ],
)
def test_another_hosts_certificate(authority: trustme.CA, bundle: str, host: str, words: str) -> None:
    """A certificate for another name is refused, and the fix is not to trust more."""
    with serve(authority.issue_cert("dai.example.com")) as server:
        said = refused(server, Tls(ca_bundle=bundle), host=host)
        assert words in said.text
        assert "Use the name in the certificate in --url" in said.fix
        assert "--ca-bundle" not in said.fix


def test_an_expired_certificate(authority: trustme.CA, bundle: str) -> None:
    """A certificate that is no longer valid is refused in words of its own."""
    with serve(expired(authority)) as server:
        said = refused(server, Tls(ca_bundle=bundle))
        assert "certificate has expired" in said.text
        assert "has to be renewed" in said.fix


def test_a_self_signed_certificate(tmp_path: Path) -> None:
    """A certificate that signs itself is refused in words of its own, and taken when it is named."""
    pem = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with Simulator(Scenario(), tls=context) as server:
        said = refused(server, Tls())
        assert "self-signed certificate" in said.text
        assert "self-signed: name" in said.fix
        assert ask(server, Tls(ca_bundle=pem)) == 404


def test_a_client_certificate(authority: trustme.CA, bundle: str, tmp_path: Path) -> None:
    """A server that demands a certificate refuses a client without one, and takes one of its authority's."""
    me = authority.issue_cert("me")
    whole = write(me.private_key_and_cert_chain_pem, tmp_path / "me.pem")
    cert, key = write(me.cert_chain_pems[0], tmp_path / "cert.pem"), write(me.private_key_pem, tmp_path / "key.pem")
    with serve(authority.issue_cert(*LOOPBACK), clients_of=authority) as server:
        assert "name one with --client-cert" in refused(server, Tls(ca_bundle=bundle)).fix
        assert ask(server, Tls(ca_bundle=bundle, client_cert=whole)) == 404
        assert ask(server, Tls(ca_bundle=bundle, client_cert=cert, client_key=key)) == 404


def test_another_authoritys_client_certificate(authority: trustme.CA, bundle: str, tmp_path: Path) -> None:
    """A client certificate of an authority that the server does not know is refused, and the fix names it."""
    stranger = trustme.CA().issue_cert("me")
    with serve(authority.issue_cert(*LOOPBACK), clients_of=authority) as server:
        pem = write(stranger.private_key_and_cert_chain_pem, tmp_path / "stranger.pem")
        assert "--client-cert" in refused(server, Tls(ca_bundle=bundle, client_cert=pem)).fix


def test_insecure_trusts_anything() -> None:
    """With --insecure any certificate for any host will do."""
    for leaf in (trustme.CA().issue_cert("dai.example.com"), expired(trustme.CA())):
        with serve(leaf) as server:
            assert ask(server, Tls(insecure=True)) == 404


def test_plain_http_behind_https(authority: trustme.CA) -> None:
    """A server that speaks plain http on that port is distinguished from one whose certificate is bad."""
    del authority
    with Simulator(Scenario()) as server:
        said = refused(server, Tls())
        assert "The TLS handshake" in said.text
        assert "must begin with http://" in said.fix


def test_plain_http_to_a_port_of_tls(authority: trustme.CA) -> None:
    """An http address at a port that speaks TLS is refused in whatever way, with a word about https."""
    line = Transport(clock=SystemClock(), request_timeout=5, version="test")
    with serve(authority.issue_cert(*LOOPBACK)) as server, pytest.raises(Unanswered) as caught:
        line.send(Peer(f"http://127.0.0.1:{server.port}/"), form_post("/", {}), auth=Unsigned()).__enter__()
    assert "does that port expect https?" in caught.value.fault.fix


# Files that cannot be used


def test_a_bundle_in_der(authority: trustme.CA, tmp_path: Path) -> None:
    """A certificate in DER is distinguished from a broken file, with the command that converts it."""
    path = tmp_path / "the ca.der"
    path.write_bytes(ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode()))
    with pytest.raises(UsageError) as caught:
        Tls(ca_bundle=str(path)).context(origin)
    assert caught.value.cause == f"--ca-bundle: {path} is in DER, and has to be in PEM"
    assert caught.value.fix == f"Convert it: openssl x509 -inform der -in '{path}' -out ca.pem"


def no_file(folder: Path) -> str:
    return str(folder / "none.pem")


def empty(folder: Path) -> str:
    path = folder / "empty.pem"
    path.touch()
    return str(path)


def prose(folder: Path) -> str:
    path = folder / "prose.pem"
    path.write_text("-----BEGIN CERTIFICATE-----\nno certificate\n-----END CERTIFICATE-----\n")
    return str(path)


@pytest.mark.parametrize("make", [no_file, empty, prose, str])
def test_a_bundle_that_is_none(make: Callable[[Path], str], tmp_path: Path) -> None:
    """A bundle that is not there, is empty, no PEM or a folder is a usage error that names option and file."""
    path = make(tmp_path)
    with pytest.raises(UsageError) as caught:
        Tls(ca_bundle=path).context(origin)
    assert caught.value.cause.startswith(f"--ca-bundle: {path} cannot be used: ")
    assert "None" not in caught.value.cause
    assert caught.value.fix == "Name a PEM file that holds certificates of authorities."


def without_key(folder: Path) -> str:
    return write(trustme.CA().cert_pem, folder / "cert.pem")


def encrypted(folder: Path) -> str:
    pem = Path(self_signed(folder))
    locked = folder / "locked.pem"
    keys = ["openssl", "ec", "-in", str(pem), "-aes256", "-passout", "pass:hush", "-out", str(locked)]
    subprocess.run(keys, check=True, capture_output=True)
    # Without the open key: a wrong pass phrase fits one lock in 256, and then OpenSSL goes on to the next key.
    locked.write_text(locked.read_text() + pem.read_text()[pem.read_text().index("-----BEGIN CERTIFICATE") :])
    return str(locked)


@pytest.mark.parametrize("make", [no_file, empty, prose, without_key, encrypted, str])
def test_a_client_certificate_that_is_none(make: Callable[[Path], str], tmp_path: Path) -> None:
    """A client certificate that cannot be used is a usage error at once; no pass phrase is asked for."""
    path = make(tmp_path)
    with pytest.raises(UsageError) as caught:
        Tls(client_cert=path).context(origin)
    assert caught.value.cause.startswith(f"--client-cert: {path} cannot be used: ")
    assert "None" not in caught.value.cause
    assert "--client-key" in caught.value.fix


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (empty, "it holds nothing in PEM"),
        (encrypted, "its key has a passphrase"),
        (without_key, "what it holds is incomplete or broken ("),
        (prose, "what it holds is incomplete or broken ("),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_words(make: Callable[[Path], str], words: str, tmp_path: Path) -> None:
    """The cause is not the text of a library, such as "[SSL] PEM lib (_ssl.c:3905)"."""
    with pytest.raises(UsageError) as caught:
        Tls(client_cert=make(tmp_path)).context(origin)
    assert words in caught.value.cause
    assert "_ssl.c" not in caught.value.cause


def test_a_key_of_another_certificate(authority: trustme.CA, tmp_path: Path) -> None:
    """A key that does not belong to the certificate is found out before any request."""
    cert = write(authority.issue_cert("me").cert_chain_pems[0], tmp_path / "cert.pem")
    key = write(authority.issue_cert("me").private_key_pem, tmp_path / "key.pem")
    with pytest.raises(UsageError, match="KEY_VALUES_MISMATCH"):
        Tls(client_cert=cert, client_key=key).context(origin)


# Words


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ("TLSV1_ALERT_UNKNOWN_CA", "check --client-cert"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "check --client-cert"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "name one with --client-cert"),
        ("TLSV1_ALERT_INTERNAL_ERROR", ""),
    ],
)
def test_handshakes_that_fail(sign: str, words: str) -> None:
    """A failed handshake that is the client's own fault lasts; any other may pass."""
    error = ssl.SSLError(1, f"[SSL: {sign}] whatever")
    said = tls.fault_of(error, DAI)
    assert sign in said.text
    assert (words in said.fix, said.lasting) == (True, bool(words))


def test_a_handshake_that_ends_early() -> None:
    """A server may close before it has said that it demands a certificate: that is a hint, and may pass."""
    said = tls.fault_of(ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), DAI)
    assert "If the server requires a client certificate" in said.fix
    assert not said.lasting


# The system's authorities


def certificate_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder that OpenSSL takes for the system's."""
    (folder / "certs").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder / "certs"))
    return folder / "certs"


def put_nothing(_: Path) -> None:
    """Leave the folder empty, as a slim image does."""


def put_a_readme(folder: Path) -> None:
    (folder / "README").write_text("certificates go here")


def put_an_unhashed_one(folder: Path) -> None:
    write(trustme.CA().cert_pem, folder / "ca.pem")


def remove_it(folder: Path) -> None:
    folder.rmdir()


def put_an_empty_file(folder: Path) -> None:
    (folder.parent / "none.pem").touch()


@pytest.mark.parametrize("put", [put_nothing, put_a_readme, put_an_unhashed_one, remove_it, put_an_empty_file])
def test_a_system_without_authorities(
    put: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system whose file and folder hold nothing that OpenSSL finds trusts the authorities that certifi brings."""
    put(certificate_folder(tmp_path, monkeypatch))
    assert len(Tls().context(origin).get_ca_certs()) > 50


def test_a_folder_of_authorities(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in OpenSSL's form is the system's store, and nothing is added to it."""
    folder = certificate_folder(tmp_path, monkeypatch)
    path = write(authority.cert_pem, tmp_path / "ca.pem")
    hashed = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", path], capture_output=True, check=True, text=True
    )
    (folder / f"{hashed.stdout.strip()}.0").symlink_to(path)
    with serve(authority.issue_cert(*LOOPBACK)) as server:
        assert ask(server, Tls()) == 404
    with serve(trustme.CA().issue_cert(*LOOPBACK)) as server:
        assert "--ca-bundle" in refused(server, Tls()).fix


def test_a_system_with_a_store_of_its_own(
    authority: trustme.CA, bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On macOS and Windows the system verifies; --ca-bundle, --insecure and a client certificate mean the same."""
    monkeypatch.setattr(tls, "_OWN_STORES", (sys.platform,))
    mine = write(authority.issue_cert("me").private_key_and_cert_chain_pem, tmp_path / "me.pem")
    assert type(Tls().context(origin)).__module__.startswith("truststore")
    with serve(authority.issue_cert(*LOOPBACK), clients_of=authority) as server:
        assert "--ca-bundle" in refused(server, Tls(client_cert=mine)).fix
        assert ask(server, Tls(ca_bundle=bundle, client_cert=mine)) == 404
        assert ask(server, Tls(insecure=True, client_cert=mine)) == 404


def test_a_bundled_command_without_truststore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is not there, OpenSSL's own authorities have to do."""
    monkeypatch.setattr(tls, "_OWN_STORES", (sys.platform,))
    monkeypatch.setitem(sys.modules, "truststore", None)
    assert type(Tls().context(origin)) is ssl.SSLContext


def test_a_system_whose_folder_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is a file holds no authorities."""
    certificate_folder(tmp_path, monkeypatch).rmdir()
    (tmp_path / "certs").touch()
    assert Tls().context(origin).get_ca_certs()


@pytest.mark.parametrize("where", ["missing/keys.log", "."])
def test_a_key_log_that_cannot_be_written(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SSLKEYLOGFILE in a folder that is not there, or that is one, is a usage error that names it."""
    path = str(tmp_path / where)
    monkeypatch.setenv("SSLKEYLOGFILE", path)
    with pytest.raises(UsageError) as caught:
        Tls().context(origin)
    assert caught.value.cause.startswith(f"environment variable SSLKEYLOGFILE: {path} cannot be written: ")
    assert "None" not in caught.value.cause
    assert caught.value.fix == "Unset it, or name a file in an existing folder."
