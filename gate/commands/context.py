"""From settings to a session that knows how to reach the server and how to sign."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from gate import __version__
from gate.clock import Clock
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.login import FixedToken, Login, TokenFile, TokenSource, classic_login, client_credentials
from gate.dai.proxy import proxy_for
from gate.dai.tls import Tls
from gate.dai.transport import Transport
from gate.errors import UsageError
from gate.reports.console import Log
from gate.reports.redactor import Redactor, shortness
from gate.settings import Secret, Settings, read_secret_file, secret


@dataclass(frozen=True)
class Session:
    """What every command that speaks with the server needs.

    `origins` (scheme, host, port) are where requests go: the server's, and the token server's if that is another.
    `warnings` are to be told once.
    """

    client: Client
    transport: Transport
    credentials: Credentials
    kind: str
    tls: Tls
    origins: tuple[str, ...]
    warnings: tuple[str, ...]


def open_session(
    settings: Settings, clock: Clock, learned: Callable[[str], None], tell: Callable[[str], None] | None = None
) -> Session:
    """Build the session; nothing is sent.

    `learned` hears each secret, so that it can be hidden; `tell`, what was read, and each request.

    Raises UsageError for credentials or certificates that cannot be used.
    """
    if tell and settings.file:
        tell(f"settings file: {settings.file}")
    given = Given.read(settings)
    origins = tuple(dict.fromkeys(map(_origin, (settings.url, given.token_url(settings)))))
    for secret_text in (*(each.value for each in given.secrets()), *_proxy_secrets(origins)):
        learned(secret_text)
    tls = Tls(settings.ca_bundle, settings.client_cert, settings.client_key, insecure=settings.insecure)
    if settings.client_key and not settings.client_cert:
        raise UsageError(f"{settings.origin('client_key')}: a key without its certificate", "Add --client-cert.")
    speaks_tls = any(address.startswith("https:") for address in origins)
    checked = tls if speaks_tls or tls != Tls() else None
    transport = Transport(
        clock=clock,
        request_timeout=settings.request_timeout,
        version=__version__,
        tls=checked.context(settings.origin) if checked else None,
        tell=tell,
    )
    kind, source = given.source(settings, transport)
    credentials = Credentials(source, clock, learned)
    client = Client(settings.url, transport, credentials, kind)
    warnings = (*settings.warnings, *_warnings(settings, given, origins))
    return Session(client, transport, credentials, kind, tls, origins, warnings)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _proxy_secrets(origins: Iterable[str]) -> Iterator[str]:
    for origin in origins:
        if proxy := proxy_for(origin):
            yield from proxy.secrets


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
        parts = [
            {"a token": given.token and given.token.origin},
            {
                "a client id": settings.client_id and settings.origin("client_id"),
                "a client secret": given.client_secret and given.client_secret.origin,
            },
            {
                "a user name": settings.username and settings.origin("username"),
                "a password": given.password and given.password.origin,
            },
        ]
        told = (" and ".join(f"{what} ({origin})" for what, origin in kind.items() if origin) for kind in parts)
        kinds = [words for words in told if words]
        if len(kinds) > 1:
            raise UsageError(f"kinds of credentials are mixed: {', '.join(kinds)}", "Give one kind of credentials.")
        given._check_whole("client id", settings.client_id, "--client-id", given.client_secret, "client-secret")
        given._check_whole("user name", settings.username, "--username", given.password, "password")
        if settings.token_url and not kinds:
            raise UsageError("a token URL is given, but no client id", "Add --client-id, and set DAI_CLIENT_SECRET.")
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
        path = f"/auth/realms/{quote(settings.realm, safe='')}/protocol/openid-connect/token"
        return settings.token_url or settings.url + path

    def source(self, settings: Settings, transport: Transport) -> tuple[str, TokenSource | None]:
        """Return the kind of credentials in words, and where tokens come from; None where nothing is given."""
        if self.client_secret and settings.client_id:
            login: Login = client_credentials(
                transport, self.token_url(settings), settings.client_id, self.client_secret.value
            )
            return f"client credentials at {login.url}, the secret from {self.client_secret.origin}", login
        if self.password and settings.username:
            login = classic_login(transport, settings.url, settings.username, self.password.value)
            return f"user name and password at {login.url}, the password from {self.password.origin}", login
        path, origin = settings.token_file, settings.origin("token_file")
        if path is not None:
            return f"token file {path}", TokenFile(lambda: read_secret_file("token", path, origin))
        return ("token in DAI_TOKEN", FixedToken(self.token.value)) if self.token else ("none", None)


def _warnings(settings: Settings, given: Given, origins: Iterable[str]) -> list[str]:
    warnings = []
    if settings.insecure:
        warnings.append("--insecure: any certificate is trusted, so anyone on the way can read the token")
    for origin in origins:
        parts = urlsplit(origin)
        if given.secrets() and parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            warnings.append(f"credentials go to {parts.netloc} over plain http, where anyone on the way can read them")
    if given.token and (fault := _form_fault(given.token.value)):
        warnings.append(f"the token ({given.token.origin}) {fault}: give it alone, as it was issued")
    warnings += [f"a secret ({each.origin}) {short}" for each in given.secrets() if (short := shortness(each.value))]
    if not given.secrets():
        warnings.append("no credentials are given: set DAI_TOKEN, or name a --token-file")
    return warnings


def _form_fault(token: str) -> str:
    """Say what is wrong with a token's form, if it is something that happens when it is copied."""
    if token.lower().startswith("bearer "):
        return "begins with Bearer"
    if token[0] in "\"'":
        return "is in quotes"
    return "holds a blank" if " " in token else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def open_log(settings: Settings, clock: Clock, redactor: Redactor) -> Log:
    """Return the log on standard error, as loud as the settings say; what the redactor knows is hidden in it."""
    level = 1 if settings.verbose else -1 if settings.quiet else 0
    return Log(sys.stderr, clock, level=level, redact=redactor.hide)
