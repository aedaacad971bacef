"""The proxies that the environment names, and the hosts it excepts: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY."""

from __future__ import annotations

import ipaddress
from dataclasses import field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from gate.core.record import record
from gate.errors import UsageError

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

_SYNTAX = "Write it as http://USER:PASSWORD@HOST:PORT, special characters in the password as %XX."


@record
class Place:
    """Where a server or a proxy listens, and the option or variable that says so."""

    host: str
    port: int
    over_tls: bool
    option: str = "--url"

    @classmethod
    def of(cls, address: str, option: str = "--url") -> Place:
        parts = urlsplit(address)
        over_tls = parts.scheme == "https"
        return cls(parts.hostname or "", parts.port or (443 if over_tls else 80), over_tls, option)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.over_tls else 'http'}://{host}:{self.port}"


@record
class Proxy:
    """A proxy on the way; `secrets` are the forms of its password that could show somewhere."""

    place: Place
    username: str
    password: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


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
    secrets = tuple(dict.fromkeys(each for each in (password, parts.password) if each))
    return Proxy(Place.of(named, "HTTPS_PROXY"), username, password, secrets)


def is_named(url: str, no_proxy: str) -> bool:
    """Return whether a list separated by commas or blanks names the host of an address.

    The rules are those of curl and Go where they agree, else the wider one. An entry is `*` for every host; an IP
    address, IPv6 with or without brackets; a network such as `10.0.0.0/8`; or a name, which stands for its subdomains
    as well (`.corp.test` too), while `*.corp.test` stands for these alone. Any but a network may end in `:port`.
    """
    place = Place.of(url)
    return any(_matches(place, entry.lower()) for entry in no_proxy.replace(",", " ").split())


def _matches(place: Place, entry: str) -> bool:
    host = place.host.rstrip(".")
    address = as_ip(host)
    if entry == "*":
        return True
    if "/" in entry:
        return address is not None and _is_inside(address, entry)
    name, port = _split(entry)
    if port and port != str(place.port):
        return False
    if address is not None:
        return address == as_ip(name.strip("[]"))
    name = name.rstrip(".")
    if name.startswith("*."):
        return host.endswith(name[1:])
    name = name.removeprefix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def as_ip(host: str) -> Ip | None:
    """Return the IP address that a host is; None where it is a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _split(entry: str) -> tuple[str, str]:
    """Return the host and the port of an entry; an IPv6 address has colons of its own."""
    if entry.startswith("["):
        host, _, port = entry[1:].partition("]")
        return host, port.removeprefix(":")
    host, colon, port = entry.rpartition(":")
    return (host, port) if colon and ":" not in host else (entry, "")


def _is_inside(address: Ip, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False
