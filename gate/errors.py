"""What can go wrong before, or beside, a verdict: each error names its cause and what to change."""

from __future__ import annotations


class GateError(Exception):
    """A fault that ends the command. `cause` says what is wrong and where it came from, `fix` what to change."""

    def __init__(self, cause: str, fix: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.cause}\n  {self.fix}" if self.fix else self.cause


class UsageError(GateError):
    """A setting, argument or file that cannot be used: exit code 2, and nothing was asked of the server."""
