"""Names what TLS did not like, in the words of OpenSSL, and what to change: each has its own fix."""

from __future__ import annotations

import ssl

from gate.core.answer import Fault, FaultKind

_BUNDLE = "name a file with the authority's certificate with --ca-bundle."
_NAME = "Give in --url the name that the certificate is made out to, or have one made for this name."

# OpenSSL's codes of a verification that failed, and what to change.
_CERTIFICATES = {
    9: "It is not valid yet: check the clock of this machine.",
    10: "It has to be renewed on the server; if it was, check the clock of this machine.",
    18: "It is signed by itself: name a file that holds it with --ca-bundle.",
    19: f"Its authority is not known here: {_BUNDLE}",
    20: f"If it is signed by a private authority, {_BUNDLE} If not, the server leaves out a part of the chain.",
    21: f"If it is signed by a private authority, {_BUNDLE} If not, the server leaves out a part of the chain.",
    62: _NAME,
    64: _NAME,
}

# Parts of OpenSSL's names of what went wrong, and what to change. Others may pass.
_HANDSHAKES = {
    "WRONG_VERSION": "Is it plain http on that port? Then --url begins with http://.",
    "CERTIFICATE_REQUIRED": "The server demands a certificate of its clients: name one with --client-cert.",
    "BAD_CERTIFICATE": "The server does not take the client's certificate: check --client-cert.",
    "UNKNOWN_CA": "The server does not know the authority of the client's certificate: check --client-cert.",
}
# A server that demands a certificate may close before its alert is read.
_CLOSED = "If the server demands a certificate of its clients, name one with --client-cert."


def refused(error: BaseException, host: str) -> Fault:
    """Return the fault of a certificate that was not taken."""
    why = (getattr(error, "verify_message", "") or str(error)).rstrip(".")
    fix = _CERTIFICATES.get(getattr(error, "verify_code", 0), "")
    return Fault(FaultKind.CONTACT, f"The certificate of {host} is refused: {why}.", fix, lasting=True)


def failed(error: BaseException, host: str) -> Fault:
    """Return the fault of a handshake that failed for another reason."""
    why = str(getattr(error, "reason", None) or error)
    fix = next((fix for sign, fix in _HANDSHAKES.items() if sign in why), "")
    hint = fix or (_CLOSED if isinstance(error, ssl.SSLEOFError) else "")
    return Fault(FaultKind.CONTACT, f"The TLS handshake with {host} failed: {why}.", hint, lasting=bool(fix))
