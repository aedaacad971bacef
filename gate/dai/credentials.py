"""Every way in that DAI has had: where a token comes from, when it is renewed, and how a request is signed with it."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import requests
from requests.auth import AuthBase

from gate.clock import Clock
from gate.core.answer import Fault, FaultKind
from gate.dai import faults
from gate.dai.transport import Response, Transport, Unanswered
from gate.errors import UsageError

# A token is renewed when this share of its life is over.
RENEWED_AFTER = 0.8


@dataclass(frozen=True)
class Token:
    """An access token; `life_s` is how long it says it lives, None for one that does not say, or says nonsense."""

    value: str = field(repr=False)
    life_s: float | None = None


class TokenSource(Protocol):
    """Where a token comes from."""

    def fetch(self) -> Token:
        """Return a token that is good now. Raises Unanswered where none can be had."""
        ...


@dataclass(frozen=True)
class FixedToken:
    """The token that DAI_TOKEN holds: it cannot be renewed."""

    value: str = field(repr=False)

    def fetch(self) -> Token:
        return Token(self.value)


@dataclass(frozen=True)
class TokenFile:
    """A file that something else keeps fresh: it is read again when its token is refused."""

    read: Callable[[], str] = field(repr=False)

    def fetch(self) -> Token:
        try:
            return Token(self.read())
        except UsageError as error:  # it may be just being written: asked again, like a server that does not answer
            raise Unanswered(Fault(FaultKind.CONTACT, f"{error.cause}.", error.fix)) from error


@dataclass(frozen=True)
class Login:
    """Credentials that are sent to a token server; no usable refresh token is known, so they are sent again each time.

    `form` or `body` (JSON) is what is sent. `pair` names in errors what may be wrong with that, and `place` the options
    that say where it is sent.
    """

    transport: Transport
    url: str
    pair: str
    place: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: Mapping[str, str] | None = field(default=None, repr=False)

    def fetch(self) -> Token:
        try:
            response = self.transport.post(self.url, auth=Unsigned(), form=self.form, json=self.body)
        except Unanswered as unanswered:
            raise Unanswered(self._own(unanswered.fault)) from unanswered
        if response.status != 200:
            raise Unanswered(self._refusal(response))
        try:
            content = json.loads(response.body)
        except (ValueError, RecursionError):
            content = None
        token = content.get("access_token") if isinstance(content, dict) else None
        # What came is not quoted: it may be a token in another shape.
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            text = f"The answer of the token server {self.url} holds no usable access_token."
            raise Unanswered(Fault(FaultKind.UNREADABLE, text, f"Check {self.place}."))
        return Token(token, life(content.get("expires_in")))

    def _refusal(self, response: Response) -> Fault:
        """Sort an answer of the token server: it knows no runs, so what is not its own fault is the credentials'."""
        fault = faults.from_status(response.status, response.headers, response.body, response.url)
        if fault.kind not in {FaultKind.DENIED, FaultKind.NOT_FOUND, FaultKind.REJECTED}:
            return self._own(fault)
        if response.status == 407:
            return fault
        if response.status in {400, 401}:
            fix = f"Check {self.pair}."
        elif response.status == 403:
            fix = f"A 403 here can mean that no concurrent-user licence is free; if one is, check {self.pair}."
        else:
            fix = f"Check {self.place}."
        text = f"The token server refused the credentials: {fault.text}"
        return Fault(FaultKind.DENIED, text, fix, foreign=fault.foreign)

    def _own(self, fault: Fault) -> Fault:
        """Say of a fault that it is the token server's: its address is another option's than the DAI server's."""
        fix = fault.fix.replace("--url", self.place.partition(" ")[0])
        return replace(fault, text=f"The token server: {fault.text}", fix=fix)


def client_credentials(transport: Transport, url: str, client_id: str, client_secret: str) -> Login:
    """Log in as a client: OAuth 2 client credentials in a form, or JSON for the paths of the public API.

    Documented: the realm's Keycloak path from 6.x, `/api/v1/auth` and `/api/v2/auth` from 7.4.
    """
    pair = {"client_id": client_id, "client_secret": client_secret}
    what = "the client id and its secret"
    if url.endswith(("/api/v1/auth", "/api/v2/auth")):
        return Login(transport, url, what, "--token-url", body=pair)
    form = {"grant_type": "client_credentials", **pair}
    return Login(transport, url, what, "--token-url and --realm", form=form)


def classic_login(transport: Transport, url: str, username: str, password: str) -> Login:
    """Log in as a user: the classic form login at `{url}/auth` (documented)."""
    form = {"username": username, "password": password}
    return Login(transport, f"{url}/auth", "the user name and the password", "--url", form=form)


def life(stated: Any) -> float | None:
    """Return a token's life in seconds from `expires_in`; None where that is absent or no positive, finite number."""
    try:
        seconds = math.nan if isinstance(stated, bool) else float(stated)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if seconds > 0 and math.isfinite(seconds) else None


class Credentials(AuthBase):
    """Signs requests with a token of its source, renewed at 80 % of its life; threads share one token.

    Without a source nothing is signed. `learned` hears each token that was got on the way, so that it can be hidden.
    The documentation of every classic page writes the scheme in lower case: `bearer`.
    """

    def __init__(
        self, source: TokenSource | None, clock: Clock, learned: Callable[[str], None] = lambda _: None
    ) -> None:
        self._source, self._clock, self._learned = source, clock, learned
        self._token: Token | None = None
        self._renew_at = math.inf
        self._lock = threading.Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token := self.obtain():
            request.headers["Authorization"] = f"bearer {token.value}"
        return request

    def obtain(self) -> Token | None:
        """Return the token that requests are signed with now; None without a source. Raises Unanswered."""
        return self._current(self._source) if self._source is not None else None

    def _current(self, source: TokenSource) -> Token:
        with self._lock:
            asked_at = self._clock.monotonic()
            if self._token is None or asked_at >= self._renew_at:
                self._token = source.fetch()
                self._renew_at = asked_at + RENEWED_AFTER * (self._token.life_s or math.inf)
                self._learned(self._token.value)
            return self._token

    def is_given(self) -> bool:
        return self._source is not None

    def forget(self, signature: str) -> None:
        """Let go of the token that was refused, unless another thread has replaced it already."""
        with self._lock:
            if self._token is not None and signature == f"bearer {self._token.value}":
                self._token = None


class Unsigned(AuthBase):
    """Signs nothing. It is given so that `requests` does not look for credentials in ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
