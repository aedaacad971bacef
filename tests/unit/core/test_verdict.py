"""The table that decides, and the order of verdicts."""

from __future__ import annotations

import itertools
import signal

import pytest

from gate.core.verdict import PRECEDENCE, TABLE, Require, Verdict, exit_code, judge

V = Verdict


def test_the_table() -> None:
    """Each verdict has the exit code and the JUnit child that scripts depend on."""
    assert {str(row.verdict): (row.exit_code, row.child) for row in TABLE.values()} == {
        "passed": (0, None),
        "failed": (1, "failure"),
        "incomplete": (3, "error"),
        "timed-out": (4, "error"),
        "unknown": (5, "error"),
        "denied": (6, "error"),
        "interrupted": (130, "error"),
    }


def test_the_worst_verdict_is_the_gates() -> None:
    """Of any two verdicts the one that stands first in the order is the gate's."""
    order = ["failed", "denied", "unknown", "timed-out", "incomplete", "interrupted", "passed"]
    assert [str(verdict) for verdict in PRECEDENCE] == order
    for first, second in itertools.combinations_with_replacement(PRECEDENCE, 2):
        assert judge([second, first]) is first


def test_nothing_watched_is_not_passed() -> None:
    """Without any run the gate does not know."""
    assert judge([]) is V.UNKNOWN
    assert judge([], Require.ANY) is V.UNKNOWN


def test_any_needs_one_pass() -> None:
    """One pass is enough where any is; without one the order holds."""
    assert judge([V.FAILED, V.PASSED], Require.ANY) is V.PASSED
    assert judge([V.FAILED, V.INCOMPLETE], Require.ANY) is V.FAILED


def test_only_a_pass_is_zero() -> None:
    """No other row of the table exits with 0."""
    assert [verdict for verdict in Verdict if TABLE[verdict].exit_code == 0] == [V.PASSED]


@pytest.mark.parametrize(
    ("verdict", "overrides", "number", "code"),
    [
        (V.INCOMPLETE, {}, None, 3),
        (V.INCOMPLETE, {V.INCOMPLETE: 0}, None, 0),
        (V.INTERRUPTED, {}, signal.SIGTERM, 143),
        (V.INTERRUPTED, {}, signal.SIGINT, 130),
        (V.INTERRUPTED, {}, None, 130),
        (V.INTERRUPTED, {V.INTERRUPTED: 9}, signal.SIGINT, 9),
        (V.FAILED, {}, signal.SIGTERM, 1),
    ],
)
def test_exit_codes(verdict: Verdict, overrides: dict[Verdict, int], number: int | None, code: int) -> None:
    """An override wins, then the signal of an interrupt, then the table."""
    assert exit_code(verdict, overrides, number) == code
