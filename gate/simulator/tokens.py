"""Access tokens: who gets one, how long it is said to live, and how long it really does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from gate.declare import ANYTHING, DURATION, FLAG, TEXT, ListOf, Record, key

_ABSENT: Final = "absent"
_TRUE: Final = "as documented"


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client that may log in."""

    client_id: str = key(TEXT, "its id")
    client_secret: str = key(TEXT, "its secret")


@dataclass(frozen=True, kw_only=True)
class User:
    """A user who may log in."""

    username: str = key(TEXT, "the name")
    password: str = key(TEXT, "the password")


@dataclass(frozen=True, kw_only=True)
class Auth:
    """Who is let in, and how long tokens live."""

    tokens: tuple[str, ...] = key(ListOf(TEXT), "tokens that are accepted as they are", ())
    clients: tuple[Client, ...] = key(ListOf(Record(Client)), "clients that may log in", ())
    users: tuple[User, ...] = key(ListOf(Record(User)), "users who may log in", ())
    any: bool | None = key(FLAG, "accept any token and any login; left out: only if none of these three is given", None)
    required: bool = key(FLAG, "`false`: let requests without a token in as well", True)
    realm: str = key(TEXT, "the realm of the Keycloak endpoint", "eggplant")
    expires_in: float | None = key(
        DURATION, "a token's life; left out as documented: 1h at /auth, 5m from Keycloak, 10m at /api/v1 and v2", None
    )
    expires_in_raw: Any = key(ANYTHING, "what the answer says instead, any value; `absent`: nothing", _TRUE)
    forget_tokens_after: float | None = key(DURATION, "how long a token really lives, if not that long", None)
    no_licence: bool = key(FLAG, "`true`: every login gets 403", False)


class Tokens:
    """Gives tokens out and recognises them."""

    def __init__(self, rules: Auth) -> None:
        self._rules = rules
        self._clients = {(each.client_id, each.client_secret) for each in rules.clients}
        self._users = {(each.username, each.password) for each in rules.users}
        self._any = not (rules.tokens or rules.clients or rules.users) if rules.any is None else rules.any
        self.given: dict[str, tuple[str, float]] = {}
        """Each token's account, and until when it is taken, in seconds from the scenario's zero."""

    def knows_client(self, client_id: str, client_secret: str) -> bool:
        return (client_id, client_secret) in self._clients or bool(self._any and client_id and client_secret)

    def knows_user(self, username: str, password: str) -> bool:
        return (username, password) in self._users or bool(self._any and username and password)

    def grant(self, account: str, life: float, now: float) -> dict[str, Any]:
        """Return the first fields of the answer that brings a new token. `life` is the documented one, in seconds."""
        rules = self._rules
        said = life if rules.expires_in is None else rules.expires_in
        real = said if rules.forget_tokens_after is None else rules.forget_tokens_after
        token = secrets.token_hex(20)
        self.given[token] = (account, now + real)
        raw = rules.expires_in_raw
        if raw == _ABSENT:
            return {"access_token": token}
        true = int(said) if said.is_integer() else said
        return {"access_token": token, "expires_in": true if raw == _TRUE else raw}

    def account(self, token: str, now: float) -> str | None:
        """Return whose token it is, empty where nobody knows, and None when the request is not let in."""
        if token in self.given:
            account, until = self.given[token]
            return account if now < until else None
        if token in self._rules.tokens or (token and self._any) or not (token or self._rules.required):
            return ""
        return None
