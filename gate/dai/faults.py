"""Names what went wrong between the gate and the server, and sorts it into a kind that says what to do about it."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from gate.core.answer import Fault, FaultKind
from gate.dai import headers, proxy_faults, tls_faults

# Asked again, within the contact time-out; so is every 5xx.
TRANSIENT = frozenset({408, 425, 429})

# Enough that who tells it cuts it, after secrets are taken out: one that was cut before would not be found.
_LONGEST_QUOTE = 10_000

Describe = Callable[[BaseException, str], Fault]


def from_exception(error: BaseException, url: str) -> Fault:
    """Return the fault that an exception of `requests` or `urllib3` stands for, in words that name it."""
    host = proxy_faults.peer(url)
    causes = list(_causes(error))
    if any(isinstance(cause, PROXY_ERRORS) for cause in causes):
        return proxy_faults.failed(next((cause for cause in causes if isinstance(cause, OSError)), error))
    for cause in causes:
        for kinds, describe in _EXCEPTIONS:
            if isinstance(cause, kinds):
                fault = describe(cause, host)
                plain = describe in _SEEN_OF_TLS and url.startswith("http:")
                return replace(fault, fix=f"{fault.fix} {_IS_IT_TLS}".lstrip()) if plain else fault
    return Fault(FaultKind.CONTACT, f"The request to {host} failed: {type(error).__name__}: {error}")


PROXY_ERRORS = (urllib3.exceptions.ProxyError, requests.exceptions.ProxyError)


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


def _unresolved(error: BaseException, host: str) -> Fault:
    return Fault(FaultKind.CONTACT, f"The name of {host} could not be resolved: {_strerror(error)}.", "Check --url.")


def _strerror(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)


def _refused(_: BaseException, host: str) -> Fault:
    return Fault(FaultKind.CONTACT, f"{host} refused the connection.", "Is the server up, and the port in --url right?")


def _reset(_: BaseException, host: str) -> Fault:
    return Fault(FaultKind.CONTACT, f"{host} reset the connection.")


def _closed(_: BaseException, host: str) -> Fault:
    return Fault(FaultKind.CONTACT, f"{host} closed the connection without an answer.")


def _truncated(_: BaseException, host: str) -> Fault:
    return Fault(FaultKind.CONTACT, f"{host} closed the connection in the middle of its answer.")


def _slow(_: BaseException, host: str) -> Fault:
    return too_slow(host)


def too_slow(host: str) -> Fault:
    return Fault(FaultKind.CONTACT, f"{host} gave no complete answer within the time of one request.")


def _garbled(error: BaseException, host: str) -> Fault:
    return Fault(FaultKind.UNREADABLE, f"The answer of {host} could not be unpacked: {error}.")


def _not_http(_: BaseException, host: str) -> Fault:
    return Fault(FaultKind.UNREADABLE, f"{host} gave an answer that is not HTTP.", "Is another service on that port?")


# What a TLS server does to a client that speaks plain http; others do it too.
_SEEN_OF_TLS = (_reset, _closed, _not_http)
_IS_IT_TLS = "If it never answers: is it https on that port? Then --url begins with https://."
_TLS_SAYS_SO = re.compile(
    rb"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server|speaking plain HTTP to an"
)


# The innermost cause decides; of one exception, the first row that fits.
_EXCEPTIONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Describe], ...] = (
    (ssl.SSLCertVerificationError, tls_faults.refused),
    (ssl.SSLError, tls_faults.failed),
    ((socket.gaierror, urllib3.exceptions.NameResolutionError), _unresolved),
    (ConnectionRefusedError, _refused),
    (http.client.RemoteDisconnected, _closed),
    ((ConnectionResetError, BrokenPipeError), _reset),
    (urllib3.exceptions.IncompleteRead, _truncated),
    (urllib3.exceptions.DecodeError, _garbled),
    ((TimeoutError, urllib3.exceptions.TimeoutError, requests.Timeout), _slow),
    (http.client.IncompleteRead, _truncated),
    (http.client.HTTPException, _not_http),
)


def from_status(status: int, fields: Mapping[str, str], body: bytes, url: str) -> Fault:
    """Return the fault that an answer other than 200, with these header `fields`, stands for, in the server's words."""
    host = proxy_faults.peer(url)
    words = quote(body, fields.get("Content-Type", ""))
    text = f"{host} answered {status}{': ' + words if words else ''}."
    if 300 <= status < 400:
        return _redirect(status, fields.get("Location", ""), url)
    if status == 407:
        return proxy_faults.refused()
    fix = "Check the run id, and that --url is the address of the DAI server." if status == 404 else ""
    if status == 400 and _TLS_SAYS_SO.search(body):
        fix = "It is https on that port: --url begins with https://."
    # The server's own errors are JSON (seen); a proxy that has lost it has a page of its own.
    foreign = status == 404 and not _is_json(body)
    return Fault(_kind(status), text, fix, headers.retry_after(fields), foreign=foreign)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _kind(status: int) -> FaultKind:
    special = {401: FaultKind.DENIED, 403: FaultKind.DENIED, 404: FaultKind.NOT_FOUND}
    if status in TRANSIENT or status >= 500:
        return FaultKind.CONTACT
    if status >= 400:
        return special.get(status, FaultKind.REJECTED)
    return FaultKind.UNREADABLE


def _redirect(status: int, location: str, url: str) -> Fault:
    return Fault(
        FaultKind.CONTACT,
        f"{proxy_faults.peer(url)} answered {status}, a redirect to {_place(location, url)}, "
        "which is not followed: it would carry secrets there.",
        "If that is where the server is, give its address as --url; a login page belongs to something in front of it.",
        lasting=True,
    )


def _place(location: str, url: str) -> str:
    """Return the whole address of a Location without what may be secret in it: credentials, query, fragment."""
    try:
        parts = urlsplit(urljoin(url, location))
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if location else "nowhere"


def quote(body: bytes, content_type: str = "") -> str:
    """Return the server's own words out of an error's body, on one line.

    The shapes seen: `message` and `description`, `title` and `detail`, `detail` as a list of `msg`, OAuth's `error` and
    `error_description`; and HTML from a proxy in front, of which only that it is HTML is told.
    """
    text = body.decode("utf-8", errors="replace").strip()
    try:
        words = " - ".join(dict.fromkeys(_words(json.loads(text))))
    except (ValueError, RecursionError):
        is_html = "html" in content_type.lower() or text[:200].lower().lstrip().startswith(("<!doctype", "<html"))
        words = "an HTML page, as from a proxy or a login page in front" if is_html else text
    words = " ".join(words.split()).rstrip(".")
    return words[:_LONGEST_QUOTE]


def _words(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for each in content[:3]:
            yield from _words(each)
    elif isinstance(content, dict):
        for key in ("title", "message", "error", "error_description", "description", "detail", "msg"):
            if key in content:
                yield from _words(content[key])
