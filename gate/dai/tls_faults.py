"""Names what TLS did not accept, in the words of OpenSSL, and what to change: each has its own fix."""

from __future__ import annotations

import ssl

from gate.core.answer import Fault, FaultKind
from gate.dai.peer import Peer

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


def from_error(error: ssl.SSLError, peer: Peer) -> Fault:
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
