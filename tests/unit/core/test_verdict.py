"""The table that decides, and the order of verdicts."""

from __future__ import annotations

import itertools
import signal

import pytest

from gate.core.verdict import (
    PRECEDENCE,
    TABLE,
    USAGE_EXIT_CODE,
    Ending,
    ExitCodes,
    Reason,
    Require,
    Verdict,
    exit_code,
    judge,
)

V, R = Verdict, Reason
PASSED, FAILED, INCOMPLETE = Ending(V.PASSED), Ending(V.FAILED), Ending(V.INCOMPLETE)
NOT_FOUND, LOST = Ending(V.UNKNOWN, R.NOT_FOUND), Ending(V.UNKNOWN, R.LOST_CONTACT)


def test_the_table() -> None:
    """Each verdict has the exit code and the JUnit child that scripts depend on; bad usage has a code alone."""
    assert {row.name: (row.exit_code, row.child, row.type) for row in TABLE.values()} == {
        "passed": (0, None, "Passed"),
        "failed": (1, "failure", "Failed"),
        "-": (2, None, ""),
        "incomplete": (3, "error", "Incomplete"),
        "timed-out": (4, "error", "TimedOut"),
        "unknown": (5, "error", "Unknown"),
        "denied": (6, "error", "Denied"),
        "interrupted": (130, "error", "Interrupted"),
    }
    assert {row.name for row in TABLE.values() if not row.advice} == {"passed", "-"}
    assert [row.exit_code for row in TABLE.values()] == sorted(row.exit_code for row in TABLE.values())
    assert USAGE_EXIT_CODE == 2


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


def test_a_number_needs_so_many_passes() -> None:
    """With a number that many passes are enough; where all passed but are fewer, the gate does not know."""
    two = Require(2)
    assert judge([V.PASSED, V.FAILED, V.PASSED], two) is V.PASSED
    assert judge([V.PASSED, V.FAILED, V.INCOMPLETE], two) is V.FAILED
    assert judge([V.PASSED], two) is V.UNKNOWN
    assert judge([], two) is V.UNKNOWN


def test_what_is_required_is_read() -> None:
    """All, any, or a number from 1 on; anything else is refused."""
    written = [("all", Require.ALL), ("ANY", Require.ANY), (" 1 ", Require.ANY), ("12", Require(12))]
    assert [Require.parse(text) for text, _ in written] == [require for _, require in written]
    assert [str(Require.parse(text)) for text, _ in written] == ["all", "any", "any", "12"]
    for text in ("", "0", "-1", "1.5", "some", "\u0662", "9" * 10):
        with pytest.raises(ValueError, match="expected all, any, or how many runs must pass"):
            Require.parse(text)


def test_only_a_pass_is_zero() -> None:
    """No other row of the table exits with 0."""
    assert [row.verdict for row in TABLE.values() if row.exit_code == 0] == [V.PASSED]


@pytest.mark.parametrize(
    ("endings", "overrides", "code"),
    [
        ([], {}, 5),
        ([PASSED, INCOMPLETE], {}, 3),
        ([PASSED, INCOMPLETE], {V.INCOMPLETE: 0}, 0),
        ([INCOMPLETE, NOT_FOUND], {R.NOT_FOUND: 0}, 3),
        ([NOT_FOUND], {R.NOT_FOUND: 0}, 0),
        ([LOST], {R.NOT_FOUND: 0}, 5),
        ([NOT_FOUND, LOST], {R.NOT_FOUND: 0}, 5),
        ([NOT_FOUND, LOST], {V.UNKNOWN: 0, R.LOST_CONTACT: 9}, 9),
        ([NOT_FOUND], {V.UNKNOWN: 7, R.NOT_FOUND: 8}, 8),
        ([LOST, NOT_FOUND], {V.UNKNOWN: 7, R.NOT_FOUND: 8}, 7),
        ([INCOMPLETE, FAILED], {V.FAILED: 0}, 3),
        ([INCOMPLETE, FAILED], {V.FAILED: 0, V.INCOMPLETE: 0}, 0),
        ([PASSED, PASSED], {V.PASSED: 4}, 4),
        ([PASSED, FAILED], {V.FAILED: 0, V.PASSED: 4}, 4),
    ],
)
def test_each_run_has_its_own_code(endings: list[Ending], overrides: ExitCodes, code: int) -> None:
    """A reason's code beats its verdict's, and a code forced to 0 hides no other run."""
    assert exit_code(endings, overrides) == code


@pytest.mark.parametrize(
    ("endings", "require", "overrides", "code"),
    [
        ([PASSED, FAILED], Require.ANY, {}, 0),
        ([PASSED, FAILED], Require.ANY, {V.PASSED: 3}, 3),
        ([PASSED, FAILED, FAILED], Require(2), {}, 1),
        ([PASSED, FAILED, LOST], Require(2), {V.FAILED: 0}, 5),
        ([PASSED], Require(2), {}, 5),
        ([PASSED], Require(2), {V.UNKNOWN: 8}, 8),
    ],
)
def test_codes_where_not_all_must_pass(
    endings: list[Ending], require: Require, overrides: ExitCodes, code: int
) -> None:
    """Where enough have passed the others do not count; where not, the same rule holds for all."""
    assert exit_code(endings, overrides, require=require) == code


@pytest.mark.parametrize(
    ("endings", "overrides", "number", "code"),
    [
        ([Ending(V.INTERRUPTED)], {}, signal.SIGTERM, 143),
        ([Ending(V.INTERRUPTED)], {}, signal.SIGINT, 130),
        ([Ending(V.INTERRUPTED)], {}, signal.SIGHUP, 129),
        ([Ending(V.INTERRUPTED)], {}, signal.SIGQUIT, 131),
        ([FAILED, Ending(V.INTERRUPTED)], {}, signal.SIGTERM, 143),
        ([Ending(V.INTERRUPTED)], {V.INTERRUPTED: 9}, signal.SIGINT, 9),
        ([Ending(V.INTERRUPTED)], {V.INTERRUPTED: 0}, signal.SIGINT, 0),
        ([Ending(V.INTERRUPTED), FAILED], {V.INTERRUPTED: 0}, signal.SIGINT, 1),
    ],
)
def test_codes_of_an_interrupt(endings: list[Ending], overrides: ExitCodes, number: int, code: int) -> None:
    """An interrupt gives 128 + the signal's number unless its code is replaced; a replaced 0 hides no failed run."""
    assert exit_code(endings, overrides, signal_number=number) == code


@pytest.mark.parametrize("pair", list(itertools.permutations([each for each in PRECEDENCE if each is not V.PASSED], 2)))
def test_the_worse_of_two_runs_gives_the_code(pair: tuple[Verdict, Verdict]) -> None:
    """Whatever the order of the runs, the code is that of the verdict that comes first, or of the one not forced."""
    first, second = sorted(pair, key=PRECEDENCE.index)
    assert exit_code([Ending(each) for each in pair], {}) == TABLE[first].exit_code
    assert exit_code([Ending(each) for each in pair], {first: 0}) == TABLE[second].exit_code
