"""What is trusted when the server is spoken to over TLS, who the client is, and what TLS did not accept."""

from __future__ import annotations

import contextlib
import re
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from shlex import quote

from gate.core.answer import Fault, FaultKind
from gate.core.record import record
from gate.dai.peer import Peer
from gate.errors import UsageError

# Systems that keep authorities where OpenSSL does not look, some of which they fetch when they need them.
_OWN_STORES = ("darwin", "win32")

# What OpenSSL opens in a folder of certificates: the hash of a subject, and a number.
_HASHED = r"[0-9a-f]{8}\.[0-9]+"


@record
class Tls:
    """`ca_bundle` is trusted beside the system's authorities, not instead of them.

    The DAI server, the token server and a proxy need not have their certificates from one authority, and a private one
    in front of DAI shall not cut off a public one in front of the tokens. `insecure` trusts everything.
    """

    ca_bundle: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    insecure: bool = False

    def context(self, origin: Callable[[str], str]) -> ssl.SSLContext:
        """Return the context for every connection. Raises UsageError, with where the path came from, for a bad file."""
        context = _trusting_the_system()
        if self.ca_bundle is not None:
            try:
                context.load_verify_locations(self.ca_bundle)
            except OSError as error:
                if _is_der(self.ca_bundle):
                    raise UsageError(
                        f"{origin('ca_bundle')}: {self.ca_bundle} is in DER, and has to be in PEM",
                        f"Convert it: openssl x509 -inform der -in {quote(self.ca_bundle)} -out ca.pem",
                    ) from error
                raise _unusable(origin("ca_bundle"), self.ca_bundle, error, "certificates of authorities") from error
            # What is named may be the server's own certificate, and private authorities rarely keep RFC 5280 to the
            # letter, which Python asks for from 3.13 on. Refused, people would reach for --insecure.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.client_cert is not None:
            try:
                # Without a pass phrase here the library would ask for one on the terminal, and wait.
                context.load_cert_chain(self.client_cert, self.client_key, password="")
            except OSError as error:
                raise _unusable(
                    origin("client_cert"), self.client_cert, error, "a certificate and its key (or see --client-key)"
                ) from error
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _trusting_the_system() -> ssl.SSLContext:
    """Return a context that trusts the authorities of the system, or certifi's where the system has none."""
    if sys.platform in _OWN_STORES:
        with contextlib.suppress(ImportError):
            import truststore  # noqa: PLC0415 - on these systems alone: it takes time

            context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            return context
    try:
        context = ssl.create_default_context()
    except OSError as error:
        path = error.filename or "the file"
        raise UsageError(
            f"environment variable SSLKEYLOGFILE: {path} cannot be written: {error.strerror}",
            "Unset it, or name a file in an existing folder.",
        ) from error
    if not _trusts_anyone(context):
        import certifi  # noqa: PLC0415 - as above

        context.load_verify_locations(cadata=certifi.contents())
    return context


def _trusts_anyone(context: ssl.SSLContext) -> bool:
    """Return whether the system has authorities; OpenSSL reads a folder of them only when it needs one."""
    if context.cert_store_stats()["x509"]:
        return True
    folder = ssl.get_default_verify_paths().capath
    try:
        return folder is not None and any(re.fullmatch(_HASHED, each.name) for each in Path(folder).iterdir())
    except OSError:
        return False


def _is_der(path: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=Path(path).read_bytes())
    except (OSError, ValueError):
        return False
    return True


def _unusable(origin: str, path: str, error: OSError, wanted: str) -> UsageError:
    why = _in_words(path, error) if isinstance(error, ssl.SSLError) else error.strerror
    return UsageError(f"{origin}: {path} cannot be used: {why}", f"Name a PEM file that holds {wanted}.")


def _in_words(path: str, error: ssl.SSLError) -> str:
    """Return what OpenSSL does not like in a file: its own words are a name of an error, or "PEM lib"."""
    content = Path(path).read_bytes()
    if error.reason == "KEY_VALUES_MISMATCH":
        return "its key belongs to another certificate (KEY_VALUES_MISMATCH)"
    if b"-----BEGIN" not in content:
        return "it holds nothing in PEM"
    if b"ENCRYPTED" in content:
        return "its key has a passphrase, and dai-gate cannot ask for it"
    return f"what it holds is incomplete or broken ({error.reason or 'no certificate, or no key for it'})"


_BUNDLE = "name a file with the authority's certificate with --ca-bundle."
_NAME = "Use the name in the certificate in {option}, or have a certificate issued for this name."
_CHAIN = f"If it is signed by a private authority, {_BUNDLE} If not, the server does not send its whole chain."

# OpenSSL's codes of a verification that failed, and what to change.
_CERTIFICATES = {
    9: "It is not valid yet: check the clock of this machine.",
    10: "It has to be renewed on the server; if it was, check the clock of this machine.",
    18: "It is self-signed: name a file that holds it with --ca-bundle.",
    19: f"Its authority is not known here: {_BUNDLE}",
    20: _CHAIN,
    21: _CHAIN,
    62: _NAME,
    64: _NAME,
}
_ANY_CERTIFICATE = "Have the server's certificate checked, or name a file that holds it with --ca-bundle."

# Parts of OpenSSL's names of what went wrong, and what to change. Others may pass.
_HANDSHAKES = {
    "WRONG_VERSION": "Does that port speak plain http? Then {option} must begin with http://.",
    "CERTIFICATE_REQUIRED": "The server requires a client certificate: name one with --client-cert.",
    "BAD_CERTIFICATE": "The server does not accept the client's certificate: check --client-cert.",
    "UNKNOWN_CA": "The server does not know the authority of the client's certificate: check --client-cert.",
}
# A server that demands a certificate may close before its alert is read.
_CLOSED = "If the server requires a client certificate, name one with --client-cert."
_ANY_HANDSHAKE = "If it lasts, check that {option} names a TLS server and its port."


def fault_of(error: ssl.SSLError, peer: Peer) -> Fault:
    """Return the fault of a certificate that was refused, or of a handshake that failed for another reason."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = (getattr(error, "verify_message", "") or str(error)).rstrip(".")
        fix = _CERTIFICATES.get(getattr(error, "verify_code", 0), _ANY_CERTIFICATE)
        text = f"The certificate of {peer} is refused: {why}."
        return peer.fault(FaultKind.CONTACT, text, fix, lasting=True, sent=False)
    why = str(getattr(error, "reason", None) or error)
    known = next((fix for sign, fix in _HANDSHAKES.items() if sign in why), "")
    fix = known or (_CLOSED if isinstance(error, ssl.SSLEOFError) else _ANY_HANDSHAKE)
    text = f"The TLS handshake with {peer} failed: {why}."
    return peer.fault(FaultKind.CONTACT, text, fix, lasting=bool(known), sent=False)
