"""Signs requests with a token, and renews it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import requests
from requests.auth import AuthBase

from gate.clock import Clock
from gate.core.answer import Fault, FaultKind
from gate.dai.login import Token, TokenSource
from gate.dai.peer import Unanswered

# A token is renewed when this share of its life is over.
RENEWED_AFTER = 0.8


class Credentials(AuthBase):
    """Signs requests with a token of its source, renewed at 80 % of its life; threads share one token.

    Without a source nothing is signed. `learned` gets each token that was obtained on the way, so that it can be
    hidden. The documentation of every classic page writes the scheme in lower case: `bearer`.
    """

    def __init__(
        self, source: TokenSource | None, clock: Clock, learned: Callable[[str], None] = lambda _: None
    ) -> None:
        self._source, self._clock, self._learned = source, clock, learned
        self._token: Token | None = None
        self._renew_at = math.inf
        self._fault: Fault | None = None
        self._failures = 0
        self._lock = threading.Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token := self.obtain():
            request.headers["Authorization"] = f"bearer {token.value}"
        return request

    def obtain(self) -> Token | None:
        """Return the token that requests are signed with now; None without a source.

        Raises Unanswered where no token can be had. Credentials that were refused are not sent again, nor are they by
        a thread that has waited for another's attempt to fail: accounts get locked.
        """
        if self._source is None:
            return None
        failures = self._failures
        with self._lock:
            is_final = self._fault and self._fault.kind is FaultKind.DENIED and not self._fault.foreign
            if self._fault and (is_final or failures < self._failures):
                raise Unanswered(self._fault)
            if self._token is None or self._clock.monotonic() >= self._renew_at:
                self._token = self._fetch(self._source)
                self._learned(self._token.value)
            return self._token

    def _fetch(self, source: TokenSource) -> Token:
        asked_at = self._clock.monotonic()
        try:
            token = source.fetch()
        except Unanswered as unanswered:
            self._fault = unanswered.fault
            self._failures += 1
            raise
        self._fault = None
        self._renew_at = asked_at + RENEWED_AFTER * (token.life_s or math.inf)
        return token

    def is_given(self) -> bool:
        return self._source is not None

    def forget(self, signature: str) -> None:
        """Drop the token that was refused, unless it was replaced meanwhile; `signature` is that of the request."""
        with self._lock:
            if self._token is not None and signature == f"bearer {self._token.value}":
                self._token = None
