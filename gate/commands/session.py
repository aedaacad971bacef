"""From the connection and the credentials to a session that knows how to reach the server and how to sign."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

from gate import __version__
from gate.clock import Clock
from gate.core.record import record
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.login import GivenToken, Login, TokenSource, classic_login, client_credentials
from gate.dai.proxy import proxy_for
from gate.dai.tls import Tls
from gate.dai.transport import Transport
from gate.errors import UsageError
from gate.reports.redactor import shortness
from gate.settings import sections
from gate.settings.secrets import Secrets, read_secret_file


@record(kw_only=True)
class Session:
    """What every command that talks to the server needs.

    `origins` (scheme, host, port) are where requests go: the server's, and the token server's if that is another.
    `warnings` are to be logged once; each with True where it concerns security.
    """

    client: Client
    transport: Transport
    credentials: Credentials
    kind: str
    tls: Tls
    origins: tuple[str, ...]
    warnings: tuple[tuple[str, bool], ...]


def open_session(
    connection: sections.Connection,
    credentials: sections.Credentials,
    secrets: Secrets,
    origin: Callable[[str], str],
    clock: Clock,
    *,
    learned: Callable[[str], None],
    obtained: Callable[[str], None],
    log: Callable[[str], None] | None = None,
) -> Session:
    """Build the session; nothing is sent.

    `origin` names where a setting came from. `learned` is called with each secret that was given and `obtained` with
    each token that is got on the way, so that they can be hidden; `log` with a line about each request.

    Raises UsageError for certificates or a proxy that cannot be used.
    """
    origins = tuple(dict.fromkeys(map(_origin, (connection.url, _token_url(connection, credentials, secrets)))))
    for secret in (*(each.value for each in secrets.all()), *_proxy_secrets(origins)):
        learned(secret)
    tls = Tls(connection.ca_bundle, connection.client_cert, connection.client_key, insecure=connection.insecure)
    if connection.client_key and not connection.client_cert:
        raise UsageError(f"{origin('client_key')}: a key without its certificate", "Add --client-cert.")
    uses_tls = tls != Tls() or any(address.startswith("https:") for address in origins)
    transport = Transport(
        clock=clock,
        request_timeout=connection.request_timeout,
        version=__version__,
        tls=tls.context(origin) if uses_tls else None,
        log=log,
    )
    kind, source = _source(connection, credentials, secrets, transport, origin("token_file"))
    signing = Credentials(source, clock, obtained)
    client = Client(connection.url, transport, signing, kind, connection.api)
    warnings = tuple(_warnings(connection, secrets, origins))
    return Session(
        client=client, transport=transport, credentials=signing, kind=kind, tls=tls, origins=origins, warnings=warnings
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _proxy_secrets(origins: Iterable[str]) -> Iterator[str]:
    for origin in origins:
        if proxy := proxy_for(origin):
            yield from proxy.secrets


def _token_url(connection: sections.Connection, credentials: sections.Credentials, secrets: Secrets) -> str:
    """Return where a login is sent; the server itself where there is none."""
    if secrets.client_secret is None:
        return connection.url
    path = f"/auth/realms/{quote(credentials.realm, safe='')}/protocol/openid-connect/token"
    return credentials.token_url or connection.url + path


def _source(
    connection: sections.Connection,
    credentials: sections.Credentials,
    secrets: Secrets,
    transport: Transport,
    token_file_origin: str,
) -> tuple[str, TokenSource | None]:
    """Return the kind of credentials in words, and where tokens come from; None where nothing is given."""
    if secrets.client_secret and credentials.client_id:
        token_url = _token_url(connection, credentials, secrets)
        login: Login = client_credentials(transport, token_url, credentials.client_id, secrets.client_secret.value)
        return f"client credentials at {login.peer.url}, the secret from {secrets.client_secret.origin}", login
    if secrets.password and credentials.username:
        login = classic_login(transport, connection.url, credentials.username, secrets.password.value)
        return f"user name and password at {login.peer.url}, the password from {secrets.password.origin}", login
    if secrets.token is None:
        return "none", None
    path = credentials.token_file
    if path is None:
        return "token in DAI_TOKEN", GivenToken(secrets.token.value)
    # What a pipe held has been read: it would be empty now, or nobody would write to it any more.
    again = partial(read_secret_file, "token", path, token_file_origin) if Path(path).is_file() else None
    return f"token file {path}", GivenToken(secrets.token.value, again)


def _warnings(connection: sections.Connection, secrets: Secrets, origins: Iterable[str]) -> Iterator[tuple[str, bool]]:
    if connection.insecure:
        yield "--insecure: any certificate is trusted, so anyone on the network can read the token", True
    for origin in origins:
        parts = urlsplit(origin)
        if secrets.all() and parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
            yield f"credentials go to {parts.netloc} over plain http, where anyone on the network can read them", True
    if secrets.token and (fault := _form_fault(secrets.token.value)):
        yield f"the token ({secrets.token.origin}) {fault}: give it alone, as it was issued", False
    for each in secrets.all():
        if short := shortness(each.value):
            yield f"a secret ({each.origin}) {short}", True
    if not secrets.all():
        yield "no credentials are given: set DAI_TOKEN, or name a --token-file", False


def _form_fault(token: str) -> str:
    """Return what is wrong with a token's form, if it is something that happens when it is copied."""
    if token.lower().startswith("bearer "):
        return "begins with Bearer"
    if token[0] in "\"'":
        return "is in quotes"
    return "holds a space" if " " in token else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
