"""Waits that grow: one by one, as a formula, and against the server's hint."""

from __future__ import annotations

import math

import pytest

from gate.core.backoff import Exponential, Jitter, hinted

STEADY = Jitter(0.0, lambda: 0.5)
DEFAULT = Exponential(2, 30, 1.5, STEADY)


@pytest.mark.parametrize(
    ("first", "longest", "factor"), [(2, 30, 1.5), (5, 5, 1), (7, 3, 2), (2, 30, 1000), (1, 64, 2)]
)
def test_the_formula_is_the_schedule(first: float, longest: float, factor: float) -> None:
    """The age of each poll, by formula, is the sum of the waits that come one by one."""
    schedule, age = Exponential(first, longest, factor, STEADY), 0.0
    for number in range(30):
        assert schedule.moment(number) == pytest.approx(age)
        age += schedule.wait()


def test_the_defaults_interval_by_hand() -> None:
    """At 2 s, 1.5 and 30 s it is ln 1.5 (t + 4), at most 30 s; with a factor of 1 the one wait there is."""
    assert DEFAULT.interval(0) == pytest.approx(4 * math.log(1.5))
    assert DEFAULT.interval(36) == pytest.approx(40 * math.log(1.5))
    assert DEFAULT.interval(1000) == 30
    assert Exponential(7, 30, 1, STEADY).interval(1000) == 7


def test_a_hint_is_bounded() -> None:
    """A Retry-After lengthens a wait up to five minutes, and never shortens it."""
    assert [hinted(10, hint) for hint in (None, 5, 20, 900)] == [10, 10, 20, 300]
