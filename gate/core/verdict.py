"""The table: how it ended -> verdict, exit code, JUnit child. README and `--help` print this one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from gate.core.record import record
from gate.core.text import ascii_lower


class Verdict(StrEnum):
    """The gate's result for a run, and of the whole wait."""

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


@record
class Require:
    """How many of the watched runs must pass: at least that many, or all of them with None."""

    least: int | None = None

    ALL: ClassVar[Require]
    ANY: ClassVar[Require]

    @classmethod
    def parse(cls, text: str) -> Require:
        """Read `all`, `any` or a number. Raises ValueError, which says what is expected."""
        word = ascii_lower(text.strip())
        if word in {"all", "any"}:
            return cls.ALL if word == "all" else cls.ANY
        if not (word.isascii() and word.isdigit() and len(word) <= 9 and int(word) > 0):
            raise ValueError(f"{text!r} is not valid; expected all, any, or how many runs must pass, such as 2")
        return cls(int(word))

    def __str__(self) -> str:
        return {None: "all", 1: "any"}.get(self.least) or str(self.least)


Require.ALL, Require.ANY = Require(), Require(1)


@record(kw_only=True)
class Rules:
    """When several runs are enough, or cannot be any more."""

    require: Require = Require.ALL
    fail_fast: bool = False


@record
class Row:
    """One line of the table.

    `verdict` is None for bad usage, which has no verdict. `child` is the JUnit element (`failure`: the test said no,
    `error`: the result could not be determined; None for a pass) and `type` its type attribute. `advice` is what a
    person does next.
    """

    verdict: Verdict | None
    exit_code: int
    child: str | None
    when: str

    @property
    def name(self) -> str:
        return self.verdict or "-"

    @property
    def type(self) -> str:
        return self.name.title().replace("-", "")

    @property
    def advice(self) -> str:
        return _ADVICE.get(self.verdict, "")


_REASONS = ", ".join(f"`{reason}`" for reason in Reason)
_SIGNALS = "143 for SIGTERM, 129 for SIGHUP, 131 for SIGQUIT"
_ROWS = (
    Row(Verdict.PASSED, 0, None, "status Passed"),
    Row(Verdict.FAILED, 1, "failure", "status Failed (or Error)"),
    Row(None, 2, None, "bad usage or settings: no request was sent, no report is promised"),
    Row(Verdict.INCOMPLETE, 3, "error", "status Incomplete (or Cancelled, Aborted, Stopped)"),
    Row(Verdict.TIMED_OUT, 4, "error", "`--timeout` passed; polled once more at the deadline"),
    Row(Verdict.UNKNOWN, 5, "error", f"the result could not be determined; reason one of {_REASONS}"),
    Row(Verdict.DENIED, 6, "error", "401 persisting after token renewal, 403, or the credentials were refused"),
    Row(Verdict.INTERRUPTED, 130, "error", f"SIGINT ({_SIGNALS}); a later signal exits at once"),
)
_ADVICE: Mapping[Verdict | None, str] = {
    Verdict.FAILED: "Open the run's results in DAI to see which step failed.",
    Verdict.INCOMPLETE: "The run was stopped before it had a result. Look for an abort, a lost agent or a lost license "
    "in DAI, then start it again.",
    Verdict.TIMED_OUT: "The run may still be running. Resume with the same run id, or give a longer --timeout.",
    Verdict.UNKNOWN: "The result could not be determined. Fix the cause, then wait for the run again.",
    Verdict.DENIED: "Check the credentials that were refused: the server's (DAI_TOKEN, --token-file, or client id and "
    "secret; can their account see the model?), or the proxy's.",
    Verdict.INTERRUPTED: "The gate was stopped, not the run. Resume with the same run id.",
}

# By verdict, in the order of exit codes; bad usage stands under None.
TABLE: Mapping[Verdict | None, Row] = MappingProxyType({row.verdict: row for row in _ROWS})

USAGE_EXIT_CODE = TABLE[None].exit_code

# A run with one of these was read from the server as ended.
ENDED = frozenset({Verdict.PASSED, Verdict.FAILED, Verdict.INCOMPLETE})

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


class Ending(NamedTuple):
    """How one run ended, as far as codes depend on it."""

    verdict: Verdict
    reason: Reason | None = None


def judge(verdicts: Collection[Verdict], require: Require = Require.ALL) -> Verdict:
    """Return the verdict of the whole wait from those of its runs, one each; nothing watched is never `passed`."""
    passed = sum(verdict is Verdict.PASSED for verdict in verdicts)
    if require.least is not None and passed >= require.least:
        return Verdict.PASSED
    if passed == len(verdicts):  # none is watched, or fewer than must pass
        return Verdict.PASSED if passed and require.least is None else Verdict.UNKNOWN
    return next(verdict for verdict in PRECEDENCE if verdict in verdicts)


ExitCodes = Mapping[Verdict | Reason, int]


def exit_code(
    endings: Sequence[Ending],
    overrides: ExitCodes,
    *,
    require: Require = Require.ALL,
    signal_number: int | None = None,
) -> int:
    """Return the process exit code from the runs' endings, in the order of the command line.

    A run's own code is the override of its reason, that of its verdict, or the table's; 128 + `signal_number` stands
    for an interrupt. The gate's code is that of the first run, by PRECEDENCE, whose own is not 0: a code forced to 0
    never hides another run.
    """
    if signal_number is not None:
        interrupt = overrides.get(Verdict.INTERRUPTED, 128 + signal_number)
        if interrupt != 0:
            return interrupt
    verdict = judge([ending.verdict for ending in endings], require)
    if verdict is Verdict.PASSED or not any(ending.verdict is verdict for ending in endings):
        return _own_code(Ending(verdict), overrides)
    ordered = sorted(endings, key=lambda ending: PRECEDENCE.index(ending.verdict))
    return next((code for ending in ordered if (code := _own_code(ending, overrides)) != 0), 0)


def _own_code(ending: Ending, overrides: ExitCodes) -> int:
    by_verdict = overrides.get(ending.verdict, TABLE[ending.verdict].exit_code)
    return by_verdict if ending.reason is None else overrides.get(ending.reason, by_verdict)
