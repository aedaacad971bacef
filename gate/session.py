"""From settings to a session that knows how to reach the server and how to sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gate import __version__
from gate.clock import Clock
from gate.dai.client import Client
from gate.dai.credentials import (
    Credentials,
    FixedToken,
    Login,
    TokenFile,
    TokenSource,
    classic_login,
    client_credentials,
)
from gate.dai.tls import Tls
from gate.dai.transport import Transport
from gate.errors import UsageError
from gate.settings import Secret, Settings, read_secret_file, secret

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Session:
    """What every command that speaks with the server needs. `warnings` are to be told once."""

    client: Client
    transport: Transport
    credentials: Credentials
    kind: str
    warnings: tuple[str, ...]


def open_session(settings: Settings, clock: Clock, learned: Callable[[str], None]) -> Session:
    """Build the session; nothing is sent. `learned` hears each secret, so that it can be hidden.

    Raises UsageError for credentials or certificates that cannot be used.
    """
    given = Given.read(settings)
    for each in given.secrets():
        learned(each.value)
    tls = Tls(settings.ca_bundle, settings.client_cert, settings.client_key, insecure=settings.insecure)
    if settings.client_key and not settings.client_cert:
        raise UsageError(f"{settings.origin('client_key')}: a key without its certificate", "Add --client-cert.")
    speaks_tls = any(address.startswith("https:") for address in (settings.url, given.token_url(settings)))
    checked = tls if speaks_tls or tls != Tls() else None
    transport = Transport(
        clock=clock,
        request_timeout=settings.request_timeout,
        version=__version__,
        tls=checked.context(settings.origin) if checked else None,
    )
    kind, source = given.source(settings, transport)
    credentials = Credentials(source, clock, learned)
    client = Client(settings.url, transport, credentials)
    return Session(client, transport, credentials, kind, tuple(_warnings(settings, given)))


@dataclass(frozen=True)
class Given:
    """The credentials that were given, of which at most one kind may be, and that one whole."""

    token: Secret | None
    client_secret: Secret | None
    password: Secret | None

    @classmethod
    def read(cls, settings: Settings) -> Given:
        """Read the secrets. Raises UsageError for a half-given or an ambiguous set."""
        given = cls(
            **{
                name.replace("-", "_"): secret(name, getattr(settings, field), path_origin=settings.origin(field))
                for name in ("token", "client-secret", "password")
                for field in [name.replace("-", "_") + "_file"]
            }
        )
        given._check_whole("client id", settings.client_id, "--client-id", given.client_secret, "client-secret")
        given._check_whole("user name", settings.username, "--username", given.password, "password")
        kinds = [
            words
            for words, present in (
                ("a token", given.token),
                ("a client id and secret", given.client_secret),
                ("a user name and password", given.password),
            )
            if present
        ]
        if len(kinds) > 1:
            raise UsageError(f"{' and '.join(kinds)} are given", "Give one kind of credentials.")
        return given

    @staticmethod
    def _check_whole(what: str, name: str | None, option: str, given: Secret | None, kind: str) -> None:
        variable = "DAI_" + kind.upper().replace("-", "_")
        if name and not given:
            raise UsageError(f"a {what} is given, but no {kind}", f"Set {variable}, or name a --{kind}-file.")
        if given and not name:
            raise UsageError(f"a {kind} is given ({given.origin}), but no {what}", f"Add {option}.")

    def secrets(self) -> list[Secret]:
        return [each for each in (self.token, self.client_secret, self.password) if each]

    def token_url(self, settings: Settings) -> str:
        """Return where a login is sent; the server itself where there is none."""
        if self.client_secret is None:
            return settings.url
        path = f"/auth/realms/{settings.realm}/protocol/openid-connect/token"
        return settings.token_url or settings.url + path

    def source(self, settings: Settings, transport: Transport) -> tuple[str, TokenSource | None]:
        """Return the kind of credentials in words, and where tokens come from; None where nothing is given."""
        if self.client_secret and settings.client_id:
            login: Login = client_credentials(
                transport, self.token_url(settings), settings.client_id, self.client_secret.value
            )
            return f"client credentials at {login.url}", login
        if self.password and settings.username:
            login = classic_login(transport, settings.url, settings.username, self.password.value)
            return f"user name and password at {login.url}", login
        path, origin = settings.token_file, settings.origin("token_file")
        if path is not None:
            return f"token file {path}", TokenFile(lambda: read_secret_file("token", path, origin))
        return ("token in DAI_TOKEN", FixedToken(self.token.value)) if self.token else ("none", None)


def _warnings(settings: Settings, given: Given) -> list[str]:
    warnings = []
    if settings.insecure:
        warnings.append("--insecure: any certificate is trusted, so anyone on the way can read the token")
    for address in dict.fromkeys([settings.url, given.token_url(settings)]):
        parts = urlsplit(address)
        if given.secrets() and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            warnings.append(f"credentials go to {parts.netloc} over plain http, where anyone on the way can read them")
    if not given.secrets():
        warnings.append("no credentials are given: set DAI_TOKEN, or name a --token-file")
    return warnings
