"""What can go wrong before, or beside, a verdict: each error names its cause and what to change."""

from __future__ import annotations

from collections.abc import Iterable

# Of a value that is wrong, no more than this is repeated.
_LONGEST_SHOWN = 80


class GateError(Exception):
    """A fault that ends the command. `cause` says what is wrong and where it came from, `fix` what to change."""

    def __init__(self, cause: str, fix: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.cause}\n  {self.fix}" if self.fix else self.cause


class UsageError(GateError):
    """A setting, argument or file that cannot be used: exit code 2, and no request was sent."""


def shown(value: str) -> str:
    """Return a value in quotes for an error, cut where it is long."""
    return repr(value) if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]!r}..."


def nearest(wrong: str, right: Iterable[str], cutoff: float = 0.7) -> str | None:
    """Return the name that was probably meant, None where none is near."""
    import difflib  # noqa: PLC0415 - for a mistake only

    return next(iter(difflib.get_close_matches(wrong[:100], list(right), n=1, cutoff=cutoff)), None)
