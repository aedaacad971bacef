"""Where a token comes from, and how a request is signed with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import requests
from requests.auth import AuthBase


@dataclass(frozen=True)
class Token:
    """An access token; `life_s` is how long it says it lives, None for a token that does not say."""

    value: str = field(repr=False)
    life_s: float | None = None


class TokenSource(Protocol):
    """Where a token comes from. Further ways in are further sources."""

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
        return Token(self.read())


class Credentials(AuthBase):
    """Signs requests with the token of a source; threads share one token. Without a source nothing is signed.

    The documentation of every classic page writes the scheme in lower case: `bearer`.
    """

    def __init__(self, source: TokenSource | None) -> None:
        self._source = source
        self._token: Token | None = None
        self._lock = threading.Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._source is not None:
            with self._lock:
                self._token = self._token or self._source.fetch()
                request.headers["Authorization"] = f"bearer {self._token.value}"
        return request

    def is_given(self) -> bool:
        return self._source is not None

    def forget(self) -> None:
        """Let go of a token that was refused: the next request is signed with a fresh one."""
        with self._lock:
            self._token = None


class Unsigned(AuthBase):
    """Signs nothing. It is given so that `requests` does not look for credentials in ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
