"""The proxies that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY."""

from __future__ import annotations

from dataclasses import field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from gate.core.record import record
from gate.dai.no_proxy import is_named
from gate.errors import UsageError

_SYNTAX = "Write it as http://USER:PASSWORD@HOST:PORT, special characters in the password as %XX."


@record
class Proxy:
    """A proxy on the way; `secrets` are the forms of its password that could show somewhere."""

    host: str
    port: int
    over_tls: bool
    username: str
    password: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def address(self) -> str:
        """Return where it is, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.over_tls else 'http'}://{host}:{self.port}"


def environment_proxies(url: str) -> dict[str, str]:
    """Return the proxy for this address as `requests` takes it; nothing where there is none or NO_PROXY names it."""
    named = _named(url)
    return {urlsplit(url).scheme: named} if named else {}


def _named(url: str) -> str:
    """Return the proxy that the environment names for this address, else on Windows and macOS the system's."""
    parts = urlsplit(url)
    given = getproxies_environment()
    if given:
        is_direct = is_named(url, given.get("no", ""))
    else:
        given = getproxies()
        is_direct = bool(given) and bool(proxy_bypass(parts.hostname or ""))
    for scheme in (parts.scheme, "all"):
        if not is_direct and (named := given.get(scheme)):
            return named if "://" in named else f"http://{named}"
    return ""


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy on the way to this address. Raises UsageError, which never shows it, for one that is none."""
    named = _named(url)
    if not named:
        return None
    parts = urlsplit(url)
    variables = f"{parts.scheme.upper()}_PROXY or ALL_PROXY"
    if named.lower().startswith("socks"):
        raise UsageError(
            f"{variables} names a SOCKS proxy for {parts.netloc}: SOCKS is not supported",
            f"Name an HTTP proxy, http://HOST:PORT, or add {parts.hostname} to NO_PROXY.",
        )
    try:
        return _parse(named)
    except ValueError:
        raise UsageError(
            f"{variables} does not hold the address of an HTTP proxy for {parts.netloc}", _SYNTAX
        ) from None


def _parse(named: str) -> Proxy:
    parts = urlsplit(named)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    f"{username}{password}".encode("latin-1")  # as its header is written
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    if parts.path.strip("/") or parts.query or parts.fragment:  # a password with /, ? or # in it would show as these
        raise ValueError
    port = parts.port or (443 if parts.scheme == "https" else 80)
    secrets = tuple(dict.fromkeys(each for each in (password, parts.password) if each))
    return Proxy(parts.hostname, port, parts.scheme == "https", username, password, secrets)
