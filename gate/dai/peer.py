"""Who answers a request: the name used in messages, the option that gives its address; and that nobody did."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from gate.core.answer import Fault, FaultKind
from gate.core.record import record
from gate.dai.proxy import proxy_for


@record
class Peer:
    """The server at `url`. `option` is what a user changes to reach another; the DAI server itself has no `role`."""

    url: str
    option: str = "--url"
    role: str = ""

    @property
    def address(self) -> str:
        """Return host and port; over plain http a proxy may be the one that answers, and is named as well."""
        parts = urlsplit(self.url)
        proxy = proxy_for(self.url) if parts.scheme == "http" else None
        return f"{parts.netloc} (through the proxy {proxy.place})" if proxy else parts.netloc

    def __str__(self) -> str:
        return f"the {self.role} {self.address}" if self.role else self.address

    @property
    def subject(self) -> str:
        """Return the name for the beginning of a sentence."""
        return f"The {self.role} {self.address}" if self.role else self.address

    def fault(self, kind: FaultKind, text: str, fix: str, **more: Any) -> Fault:
        """Return a fault of this peer; `{option}` is filled in in its `fix`."""
        return Fault(kind, text, fix.format(option=self.option), peer=str(self), option=self.option, **more)


class Unanswered(Exception):  # noqa: N818 - it is an outcome, sorted, not an error
    """No usable answer came; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault
