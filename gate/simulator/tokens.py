"""Access tokens: who gets one, how long it is said to live, and how long it really does."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gate.simulator.section import Section

ABSENT: Final = "absent"


@dataclass(frozen=True)
class AuthRules:
    """Who may come in; the scenario's reference says what each key means."""

    tokens: frozenset[str] = frozenset()
    clients: frozenset[tuple[str, str]] = frozenset()
    users: frozenset[tuple[str, str]] = frozenset()
    any: bool = True
    required: bool = True
    expires_in: float | None = None
    expires_in_raw: tuple[object, ...] = ()
    forget_tokens_after: float | None = None
    realm: str = "eggplant"
    no_licence: bool = False


def parse_auth(section: Section) -> AuthRules:
    with section as keys:
        tokens = frozenset(keys.texts("tokens"))
        clients = frozenset(_pair(entry, "client_id", "client_secret") for entry in keys.sections("clients"))
        users = frozenset(_pair(entry, "username", "password") for entry in keys.sections("users"))
        return AuthRules(
            tokens=tokens,
            clients=clients,
            users=users,
            any=keys.flag("any", default=not (tokens or clients or users)),
            required=keys.flag("required", default=True),
            expires_in=keys.optional_duration("expires_in"),
            expires_in_raw=(keys.value("expires_in_raw"),) if keys.has("expires_in_raw") else (),
            forget_tokens_after=keys.optional_duration("forget_tokens_after"),
            realm=keys.text("realm", "eggplant"),
            no_licence=keys.flag("no_licence", default=False),
        )


def _pair(entry: Section, name: str, secret: str) -> tuple[str, str]:
    with entry as keys:
        return keys.text(name), keys.text(secret)


@dataclass(frozen=True)
class Grant:
    """A token that was given out: to whom, and until when it is taken, in seconds from the scenario's zero."""

    account: str
    until: float


class Tokens:
    """Gives tokens out and knows them again."""

    def __init__(self, rules: AuthRules) -> None:
        self._rules = rules
        self._given: dict[str, Grant] = {}

    def knows_client(self, client_id: str, client_secret: str) -> bool:
        return self._knows((client_id, client_secret), self._rules.clients)

    def knows_user(self, username: str, password: str) -> bool:
        return self._knows((username, password), self._rules.users)

    def _knows(self, pair: tuple[str, str], known: frozenset[tuple[str, str]]) -> bool:
        return pair in known or (self._rules.any and all(pair))

    def grant(self, account: str, life: float, now: float) -> dict[str, object]:
        """Return the first fields of the answer that brings a new token. `life` is the documented one, in seconds."""
        rules = self._rules
        said = life if rules.expires_in is None else rules.expires_in
        real = said if rules.forget_tokens_after is None else rules.forget_tokens_after
        token = secrets.token_hex(20)
        self._given[token] = Grant(account, now + real)
        fields: dict[str, object] = {"access_token": token, "expires_in": int(said) if said.is_integer() else said}
        if rules.expires_in_raw:
            fields["expires_in"] = rules.expires_in_raw[0]
        if fields["expires_in"] == ABSENT:
            del fields["expires_in"]
        return fields

    def account(self, authorization: str | None, now: float) -> str | None:
        """Return whose token it is, empty where nobody knows, and None when the request is not let in."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        if grant := self._given.get(token):
            return grant.account if now < grant.until else None
        if token in self._rules.tokens or (token and self._rules.any) or not (token or self._rules.required):
            return ""
        return None
