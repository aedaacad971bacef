"""The table: how it ended -> verdict, exit code, JUnit child. README and `--help` print this one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Verdict(StrEnum):
    """What the gate says of a run, and of the whole wait."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    TIMED_OUT = "timed-out"
    UNKNOWN = "unknown"
    DENIED = "denied"
    INTERRUPTED = "interrupted"


class Reason(StrEnum):
    """Why a verdict is `unknown`."""

    LOST_CONTACT = "lost-contact"
    NOT_FOUND = "not-found"
    REJECTED = "rejected"
    UNREADABLE = "unreadable"
    UNRECOGNISED_STATUS = "unrecognised-status"
    INTERNAL = "internal"


class Require(StrEnum):
    """How many of the watched runs must pass."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `child` is the JUnit element (`failure`: the test said no, `error`: it could not be told; none for a pass)
    and `type` its type attribute; `advice` is what a person does next.
    """

    verdict: Verdict
    exit_code: int
    when: str
    child: str | None
    type: str
    advice: str


TABLE: Mapping[Verdict, Row] = MappingProxyType(
    {
        row.verdict: row
        for row in (
            Row(Verdict.PASSED, 0, "status Passed", None, "Passed", ""),
            Row(
                Verdict.FAILED,
                1,
                "status Failed (or Error)",
                "failure",
                "Failed",
                "Open the run's results in DAI to see which step failed.",
            ),
            Row(
                Verdict.INCOMPLETE,
                3,
                "status Incomplete (or Cancelled, Aborted, Stopped)",
                "error",
                "Incomplete",
                "The run was stopped before it could tell. Look for an abort, a lost agent or a lost licence in DAI, "
                "then start it again.",
            ),
            Row(
                Verdict.TIMED_OUT,
                4,
                "`--timeout` passed; one last look was taken at the deadline",
                "error",
                "TimedOut",
                "The run may still be going. Take the wait up again with the same run id, or give a longer --timeout.",
            ),
            Row(
                Verdict.UNKNOWN,
                5,
                "could not tell; the reason is one of " + ", ".join(f"`{reason}`" for reason in Reason),
                "error",
                "Unknown",
                "The gate fails closed where it cannot tell. See the last error, mend it, then wait for the run again.",
            ),
            Row(
                Verdict.DENIED,
                6,
                "401 that renewing did not mend, 403, or the credentials were refused",
                "error",
                "Denied",
                "Check the credentials that were refused: the server's (DAI_TOKEN, --token-file, or client id and "
                "secret; may their account see the model?), or the proxy's.",
            ),
            Row(
                Verdict.INTERRUPTED,
                130,
                "SIGINT (143 for SIGTERM); a second signal ends at once",
                "error",
                "Interrupted",
                "The gate was stopped, not the run. Take the wait up again with the same run id.",
            ),
        )
    }
)

USAGE_EXIT_CODE = 2

# The gate's verdict is the first of these that any watched run has.
PRECEDENCE = (
    Verdict.FAILED,
    Verdict.DENIED,
    Verdict.UNKNOWN,
    Verdict.TIMED_OUT,
    Verdict.INCOMPLETE,
    Verdict.INTERRUPTED,
    Verdict.PASSED,
)


def judge(verdicts: Collection[Verdict], require: Require = Require.ALL) -> Verdict:
    """Return the verdict of the whole wait from those of its runs; nothing watched is never `passed`."""
    if not verdicts:
        return Verdict.UNKNOWN
    if require is Require.ANY and Verdict.PASSED in verdicts:
        return Verdict.PASSED
    return next(verdict for verdict in PRECEDENCE if verdict in verdicts)


def exit_code(verdict: Verdict, overrides: Mapping[Verdict, int], signal_number: int | None = None) -> int:
    """Return the process exit code: the override if there is one, 128 + the signal, or the table's."""
    if verdict in overrides:
        return overrides[verdict]
    if verdict is Verdict.INTERRUPTED and signal_number is not None:
        return 128 + signal_number
    return TABLE[verdict].exit_code
