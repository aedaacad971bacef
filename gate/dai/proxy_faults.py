"""Names what a proxy did not like, and tells it from what the server says."""

from __future__ import annotations

from urllib.parse import urlsplit

from gate.core.answer import Fault, FaultKind
from gate.dai.proxy import proxy_for

_TUNNEL = "Tunnel connection failed: "


def peer(url: str) -> str:
    """Return who is on the other end: over plain http a proxy on the way may be the one that answers."""
    parts = urlsplit(url)
    proxy = proxy_for(url) if parts.scheme == "http" else None
    return f"{parts.netloc} (through the proxy {proxy.address})" if proxy else parts.netloc


def refused(why: str = "407 Proxy Authentication Required") -> Fault:
    """Return the fault of a proxy that wants a user name and password, or others."""
    return Fault(
        FaultKind.DENIED,
        f"The proxy refused its credentials ({why}).",
        "Put the proxy's user name and password into HTTPS_PROXY or HTTP_PROXY: http://USER:PASSWORD@HOST:PORT.",
    )


def failed(error: BaseException) -> Fault:
    """Return the fault that an error on the way to the proxy, or of its CONNECT, stands for."""
    why = getattr(error, "strerror", None) or str(error)
    answer = why.removeprefix(_TUNNEL) if why.startswith(_TUNNEL) else ""
    if answer.startswith(("401", "407")):
        return refused(answer)
    text = f"The proxy could not be used: {why}."
    return Fault(FaultKind.CONTACT, text, "See HTTPS_PROXY, HTTP_PROXY and NO_PROXY.", lasting=answer.startswith("4"))
