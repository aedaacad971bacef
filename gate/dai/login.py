"""Where a token comes from: every login that DAI has had, or a token that was given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Protocol

import requests
from requests.auth import AuthBase

from gate.core.answer import Fault, FaultKind
from gate.core.api import RequestSpec
from gate.core.record import record
from gate.dai import statuses
from gate.dai.peer import Peer, Unanswered
from gate.dai.response import Response
from gate.dai.transport import Transport
from gate.errors import UsageError

# A longer token would not fit into a header: servers take 8 KB, some 16.
LONGEST_TOKEN = 16 * 1024


@record
class Token:
    """An access token; `life_s` is how long it says it lives, None for one that does not say, or says nonsense."""

    value: str = field(repr=False)
    life_s: float | None = None


class TokenSource(Protocol):
    """Where a token comes from."""

    def fetch(self) -> Token:
        """Return a token that is good now. Raises Unanswered where none can be had."""
        ...


class GivenToken:
    """A token that was given; `read` gets a fresh one where it is refused, from a file that something keeps fresh."""

    def __init__(self, token: str, read: Callable[[], str] | None = None) -> None:
        self._token, self._read = token, read
        self._is_used = False

    def fetch(self) -> Token:
        try:
            if self._is_used and self._read is not None:
                self._token = self._read()
            self._is_used = True
            return Token(self._token)
        except UsageError as error:  # it may be just being written: retried, like a server that does not answer
            raise Unanswered(Fault(FaultKind.CONTACT, f"{error.cause}.", error.fix, sent=False)) from error


@record
class Login:
    """Credentials that are sent to a token server; no usable refresh token is known, so they are sent again each time.

    `form` or `json` is what is sent. `pair` names in errors what may be wrong with that, and `place` the options that
    say where it is sent.
    """

    transport: Transport
    peer: Peer
    pair: str
    place: str
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Mapping[str, str] = field(default_factory=dict, repr=False)

    def fetch(self) -> Token:
        spec = RequestSpec(method="POST", path="", query={}, form=self.form, json=self.json)
        with self.transport.send(self.peer, spec, auth=Unsigned()) as response:
            if response.status != 200:
                raise Unanswered(self._refusal(response))
            try:
                content = response.content(("access_token",))
            except (ValueError, RecursionError):
                content = None
            return self._token(content if isinstance(content, dict) else {})

    def _token(self, content: Mapping[str, Any]) -> Token:
        """Return the token of an answer. What else came is not quoted: it may be a token in another shape."""
        token = content.get("access_token")
        if isinstance(token, str) and token and token.isascii() and token.isprintable():
            if len(token) <= LONGEST_TOKEN:
                return Token(token, life(content.get("expires_in")))
            raise Unanswered(self._unreadable(f"an access_token of {len(token):,} characters"))
        if content.get("error"):
            said = [content.get(key) for key in ("error", "error_description")]
            words = " - ".join(each for each in said if isinstance(each, str)) or "an error"
            raise Unanswered(self._denied(f"{self.peer.address} answered 200: {words}.", f"Check {self.pair}."))
        raise Unanswered(self._unreadable("no usable access_token"))

    def _unreadable(self, what: str) -> Fault:
        text = f"The answer of {self.peer} holds {what}."
        return self.peer.fault(FaultKind.UNREADABLE, text, f"Check {self.place}.", sent=False)

    def _denied(self, words: str, fix: str, *, foreign: bool = False) -> Fault:
        text = f"The token server refused the credentials: {words}"
        return self.peer.fault(FaultKind.DENIED, text, fix, lasting=not foreign, foreign=foreign, sent=False)

    def _refusal(self, response: Response) -> Fault:
        """Sort an answer of the token server: it knows no runs, so what is not its own fault is the credentials'."""
        fault = statuses.from_response(response)
        if response.status == 407 or fault.kind not in {FaultKind.DENIED, FaultKind.NOT_FOUND, FaultKind.REJECTED}:
            return fault
        fix = f"Check {self.pair if response.status in {400, 401} else self.place}."
        if response.status == 403:
            fix = f"A 403 here can mean that no concurrent-user license is free; if one is, check {self.pair}."
        return self._denied(fault.text.removeprefix(f"The {self.peer.role} "), fix, foreign=fault.foreign)


def client_credentials(transport: Transport, url: str, client_id: str, client_secret: str) -> Login:
    """Log in as a client: OAuth 2 client credentials in a form, or JSON for the paths of the public API.

    Documented: the realm's Keycloak path from 6.x, `/api/v1/auth` and `/api/v2/auth` from 7.4.
    """
    pair = {"client_id": client_id, "client_secret": client_secret}
    what = "the client id and its secret"
    peer = Peer(url, "--token-url", "token server")
    if url.endswith(("/api/v1/auth", "/api/v2/auth")):
        return Login(transport, peer, what, "--token-url", json=pair)
    form = {"grant_type": "client_credentials", **pair}
    return Login(transport, peer, what, "--token-url and --realm", form=form)


def classic_login(transport: Transport, url: str, username: str, password: str) -> Login:
    """Log in as a user: the classic form login at `{url}/auth` (documented)."""
    form = {"username": username, "password": password}
    peer = Peer(f"{url}/auth", "--url", "token server")
    return Login(transport, peer, "the user name and the password", "--url", form=form)


def life(stated: Any) -> float | None:
    """Return a token's life in seconds from `expires_in`; None where that is absent or no positive, finite number."""
    try:
        seconds = math.nan if isinstance(stated, bool) else float(stated)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds > 0 and math.isfinite(seconds) else None


class Unsigned(AuthBase):
    """Signs nothing. It is given so that `requests` does not look for credentials in ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
