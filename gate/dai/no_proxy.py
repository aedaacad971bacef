"""Which hosts NO_PROXY names: the rules of curl and Go together, where they agree, else the wider one."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_named(url: str, no_proxy: str) -> bool:
    """Return whether a list separated by commas or blanks names the host of an address.

    An entry is `*` for every host; an IP address, IPv6 with or without brackets; a network such as `10.0.0.0/8`; or a
    name, which stands for its subdomains as well (`.corp.test` too), while `*.corp.test` stands for these alone. Any
    but a network may end in `:port`.
    """
    parts = urlsplit(url)
    return any(_matches(parts, entry.lower()) for entry in no_proxy.replace(",", " ").split())


def _matches(parts: SplitResult, entry: str) -> bool:
    host = (parts.hostname or "").rstrip(".")
    address = _address(host)
    if entry == "*":
        return True
    if "/" in entry:
        return address is not None and _is_inside(address, entry)
    name, port = _split(entry)
    if port and port != str(parts.port or (443 if parts.scheme == "https" else 80)):
        return False
    if address is not None:
        return address == _address(name)
    name = name.rstrip(".")
    if name.startswith("*."):
        return host.endswith(name[1:])
    name = name.removeprefix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split(entry: str) -> tuple[str, str]:
    """Return the host and the port of an entry; an IPv6 address has colons of its own."""
    if entry.startswith("["):
        host, _, port = entry[1:].partition("]")
        return host, port.removeprefix(":")
    host, colon, port = entry.rpartition(":")
    return (host, port) if colon and ":" not in host else (entry, "")


def _address(text: str) -> Ip | None:
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _is_inside(address: Ip, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False
