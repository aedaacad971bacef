"""Sorts answers by their HTTP status: every status but 200 is a fault, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from gate.core.answer import Fault, FaultKind
from gate.dai.faults import proxy_refused
from gate.dai.peer import Peer
from gate.dai.response import Response

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_LASTS = "If it lasts, ask the people who run the server."
_ELSEWHERE = "Something other than DAI's API answers there: check {option}, with the path before /api, if there is one."
_IS_TLS = "That port expects https: {option} must begin with https://."
_ASKED = "Check the run id or the model's name."

# The fix by status, where it is another than for its class.
_FIXES: Mapping[int, str] = {
    304: "A cache in front of the server answered in its place: exclude this path from the cache.",
    400: _ASKED,
    401: "",  # `login` and `client` name the fix, which depends on the credentials
    403: "",
    404: "Check the run id, and that {option} is the address of the DAI server.",
    422: _ASKED,
    429: "If it lasts, poll less often: increase --interval and --max-interval.",
}
_KINDS: Mapping[int, FaultKind] = {
    **dict.fromkeys((401, 403), FaultKind.DENIED),
    404: FaultKind.NOT_FOUND,
    **dict.fromkeys((408, 425, 429), FaultKind.CONTACT),  # retried within the contact timeout, as every 5xx
}

_TLS_SAYS_SO = rb"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server|speaking plain HTTP to an"


def from_response(response: Response) -> Fault:
    """Return the fault that an answer other than 200 stands for, in the server's words."""
    status, peer = response.status, response.peer
    if status in _REDIRECTS:
        return _redirect(status, response.headers.get("Location", ""), peer)
    if status == 407:
        return proxy_refused()
    # The server's own errors are JSON (seen); a proxy that has lost it has a page of its own.
    foreign = status in {400, 404} and not response.is_json
    fix = _FIXES.get(status, _ELSEWHERE if 200 <= status < 500 else _LASTS)
    if status == 400 and foreign:
        fix = _IS_TLS if re.search(_TLS_SAYS_SO, response.body) else _ELSEWHERE
    words = response.words
    return peer.fault(
        _kind(status),
        f"{peer.subject} answered {status}{': ' + words if words else ''}.",
        fix,
        retry_after=response.retry_after,
        lasting=status == 401,
        foreign=foreign and status == 404,
    )


def _kind(status: int) -> FaultKind:
    if status >= 500:
        return FaultKind.CONTACT
    return _KINDS.get(status, FaultKind.REJECTED if status >= 400 else FaultKind.UNREADABLE)


def _redirect(status: int, location: str, peer: Peer) -> Fault:
    return peer.fault(
        FaultKind.CONTACT,
        f"{peer.subject} answered {status}, a redirect to {_place(location, peer.url)}, "
        "which is not followed, because that would send secrets there.",
        "If that is where the server is, give its address as {option}; "
        "a login page belongs to something in front of it.",
        lasting=True,
        sent=False,
    )


def _place(location: str, url: str) -> str:
    """Return the whole address of a Location without what may be secret in it: credentials, query, fragment."""
    if not location:
        return "nowhere (no Location)"
    try:
        parts = urlsplit(urljoin(url, location))
    except ValueError:
        return "an invalid address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
