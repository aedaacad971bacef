"""The proxies that the environment names: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from requests.utils import get_environ_proxies, select_proxy

from gate.errors import UsageError


@dataclass(frozen=True)
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
        return f"{'https' if self.over_tls else 'http'}://{self.host}:{self.port}"


def environment_proxies(url: str) -> dict[str, str]:
    """Return the proxies for this address as `requests` takes them; none where NO_PROXY names its host."""
    named = get_environ_proxies(url, no_proxy=None)
    return {scheme: proxy if "://" in proxy else f"http://{proxy}" for scheme, proxy in named.items()}


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy on the way to this address. Raises UsageError, which never shows it, for one that is none."""
    named = select_proxy(url, environment_proxies(url))
    try:
        return _parse(named) if named else None
    except ValueError:
        parts = urlsplit(url)
        raise UsageError(
            f"{parts.scheme.upper()}_PROXY or ALL_PROXY does not hold the address of an HTTP proxy for {parts.netloc}",
            "Write it as http://USER:PASSWORD@HOST:PORT, special characters in the password as %XX.",
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
