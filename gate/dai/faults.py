"""Names what kept an answer from coming, and sorts it into a kind that says what to do about it."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

from gate.core.answer import Fault, FaultKind
from gate.core.record import record
from gate.dai import tls
from gate.dai.addresses import NoConnectionError, NoNameError
from gate.dai.connection import NoHandshakeError
from gate.dai.peer import Peer

PROXY_ERRORS = (urllib3.exceptions.ProxyError, requests.exceptions.ProxyError)
_OWN_ERRORS = (NoNameError, NoConnectionError, NoHandshakeError)
_TIMEOUTS = (TimeoutError, urllib3.exceptions.TimeoutError, requests.Timeout)
_UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL})

_TUNNEL = "Tunnel connection failed: "
_FIREWALL = "Check {option}. Is a firewall in between, or is a proxy needed (HTTPS_PROXY, HTTP_PROXY)?"
_LASTS = "If it lasts, ask the people who run the server."
_OTHER_SERVICE = "Is another service on that port? Check {option}."
_IS_IT_PLAIN = "Does a TLS server listen there? If not, {option} must begin with http://."
_IS_IT_UP = "Is the server up, and the port in {option} right?"
_TOO_SLOW = "{Peer} gave no complete answer within the request timeout."
_FAILED = "The request to {peer} failed: {why}."
_IS_IT_TLS = "If it never answers: does that port expect https? Then {option} must begin with https://."


@record
class _Row:
    """What an exception stands for: `{peer}`, `{Peer}` (at the beginning), `{why}` and `{option}` are filled in.

    `sent` is false where the server cannot have got the request. `seen_of_tls` marks what a TLS server may do to a
    client that speaks plain http; others do it too.
    """

    errors: tuple[type[BaseException], ...]
    text: str
    fix: str
    kind: FaultKind = FaultKind.CONTACT
    numbers: frozenset[int] = frozenset()
    sent: bool = True
    seen_of_tls: bool = False


# The innermost cause decides; of one exception, the first row that fits.
_ROWS = (
    _Row(
        (NoNameError,),
        "The name of {peer} could not be resolved. {why}.",
        "Check {option}. Does this machine's name server answer?",
        sent=False,
    ),
    _Row((NoConnectionError,), "{Peer} did not accept the connection in time.", _FIREWALL, sent=False),
    _Row((NoHandshakeError,), _TOO_SLOW, _IS_IT_PLAIN, sent=False),
    _Row(
        (socket.gaierror, urllib3.exceptions.NameResolutionError),
        "The name of {peer} could not be resolved: {why}.",
        "Check {option}. Does this machine's name server know the name?",
        sent=False,
    ),
    _Row((ConnectionRefusedError,), "{Peer} refused the connection.", _IS_IT_UP, sent=False),
    _Row(
        (OSError,),
        "{Peer} cannot be reached: {why}.",
        "Check the network, and {option}.",
        numbers=_UNREACHABLE,
        sent=False,
    ),
    _Row(
        (http.client.RemoteDisconnected,), "{Peer} closed the connection without an answer.", _LASTS, seen_of_tls=True
    ),
    _Row(
        (ConnectionResetError, BrokenPipeError, ConnectionAbortedError),
        "{Peer} reset the connection.",
        _LASTS,
        seen_of_tls=True,
    ),
    _Row(
        (urllib3.exceptions.DecodeError,),
        "The answer of {peer} could not be decompressed: {why}.",
        "A proxy in front may have changed it. " + _LASTS,
        FaultKind.UNREADABLE,
    ),
    _Row(_TIMEOUTS, _TOO_SLOW, "If the server is that slow, increase --request-timeout."),
    # That of urllib3 is one of these as well.
    _Row((http.client.IncompleteRead,), "{Peer} closed the connection in the middle of its answer.", _LASTS),
    _Row(
        (http.client.LineTooLong,),
        "{Peer} sent a line of more than 65,536 bytes in the header of its answer.",
        _OTHER_SERVICE,
        FaultKind.UNREADABLE,
    ),
    _Row(
        (http.client.BadStatusLine, http.client.UnknownProtocol),
        "{Peer} gave an answer that is not HTTP.",
        _OTHER_SERVICE,
        FaultKind.UNREADABLE,
        seen_of_tls=True,
    ),
    _Row(
        (http.client.HTTPException,),
        "{Peer} gave an answer whose headers cannot be read: {why}.",
        "A proxy in front may have added some. " + _LASTS,
        FaultKind.UNREADABLE,
    ),
    _Row((OSError,), _FAILED, "If it lasts, check this machine."),
)
_ANY = _Row((), _FAILED, "Check {option}. " + _LASTS)


def from_exception(error: BaseException, peer: Peer) -> Fault:
    """Return the fault that an exception of `requests`, `urllib3` or a socket stands for, in words that name it."""
    chain = list(_causes(error))
    causes = [cause for cause in chain if isinstance(cause, _OWN_ERRORS)] or chain
    if any(isinstance(cause, PROXY_ERRORS) for cause in chain):
        return proxy_failed(next((cause for cause in causes if isinstance(cause, OSError)), error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return tls.fault_of(cause, peer)
        for row in _ROWS:
            if isinstance(cause, row.errors) and (not row.numbers or getattr(cause, "errno", 0) in row.numbers):
                return _fault(row, cause, peer)
    return _fault(_ANY, error, peer)


def _fault(row: _Row, error: BaseException, peer: Peer) -> Fault:
    fix = row.fix
    if row.seen_of_tls and peer.url.startswith("http:"):
        fix = f"{fix} {_IS_IT_TLS}"
    why = getattr(error, "strerror", None) or str(error).rstrip(".") or type(error).__name__
    return peer.fault(row.kind, row.text.format(peer=peer, Peer=peer.subject, why=why), fix, sent=row.sent)


def proxy_refused(why: str = "407 Proxy Authentication Required") -> Fault:
    """Return the fault of a proxy that wants a user name and password, or others."""
    text = f"The proxy refused its credentials ({why})."
    fix = "Put the proxy's user name and password into HTTPS_PROXY or HTTP_PROXY: http://USER:PASSWORD@HOST:PORT."
    return Fault(FaultKind.DENIED, text, fix, lasting=True, peer="the proxy", option="HTTPS_PROXY", sent=False)


def proxy_failed(error: BaseException) -> Fault:
    """Return the fault of a proxy that could not be reached, or whose CONNECT failed."""
    why = getattr(error, "strerror", None) or str(error) or "no connection in time"
    answer = why.removeprefix(_TUNNEL) if why.startswith(_TUNNEL) else ""
    if answer.startswith(("401", "407")):
        return proxy_refused(answer)
    text, fix = f"The proxy could not be used: {why}.", "See HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
    lasting = answer.startswith("4")
    return Fault(FaultKind.CONTACT, text, fix, lasting=lasting, peer="the proxy", option="HTTPS_PROXY", sent=False)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the innermost cause first: the outer ones only wrap it."""
    chain: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        current = todo.pop()
        if current is not None and current not in chain:
            chain.append(current)
            wrapped = [getattr(current, "reason", None), *current.args, current.__cause__, current.__context__]
            todo += [each for each in wrapped if isinstance(each, BaseException)]
    return reversed(chain)
