"""Names what a proxy refused, and distinguishes it from what the server says."""

from __future__ import annotations

from gate.core.answer import Fault, FaultKind

_TUNNEL = "Tunnel connection failed: "
_VARIABLES = "HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
_PEER = "the proxy"


def refused(why: str = "407 Proxy Authentication Required") -> Fault:
    """Return the fault of a proxy that wants a user name and password, or others."""
    return Fault(
        FaultKind.DENIED,
        f"The proxy refused its credentials ({why}).",
        "Put the proxy's user name and password into HTTPS_PROXY or HTTP_PROXY: http://USER:PASSWORD@HOST:PORT.",
        peer=_PEER,
        option="HTTPS_PROXY",
        sent=False,
    )


def failed(error: BaseException) -> Fault:
    """Return the fault of a proxy that could not be reached, or whose CONNECT failed."""
    why = getattr(error, "strerror", None) or str(error) or "no connection in time"
    answer = why.removeprefix(_TUNNEL) if why.startswith(_TUNNEL) else ""
    if answer.startswith(("401", "407")):
        return refused(answer)
    text, fix = f"The proxy could not be used: {why}.", f"See {_VARIABLES}."
    lasting = answer.startswith("4")
    return Fault(FaultKind.CONTACT, text, fix, lasting=lasting, peer=_PEER, option="HTTPS_PROXY", sent=False)
