"""The outcome of a request that got no usable answer, as an exception."""

from __future__ import annotations

from gate.core.answer import Fault


class Unanswered(Exception):  # noqa: N818 - it is an outcome, sorted, not an error
    """No usable answer came; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault
