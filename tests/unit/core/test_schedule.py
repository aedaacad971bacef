"""When to poll a model's runs: the plan that earlier runs allow."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.backoff import Exponential, Jitter
from gate.core.forecast import Forecast
from gate.core.schedule import Plan

STEADY = Jitter(0.0, lambda: 0.5)
DEFAULT = Exponential(2, 30, 1.5, STEADY)
DURATIONS = st.lists(st.floats(min_value=1, max_value=5e3), min_size=5, max_size=9)


def make(durations: Sequence[float], delay: float = 1.0, longest: float = 120, default: Exponential = DEFAULT) -> Plan:
    plan = try_to_make(durations, delay, longest, default)
    assert plan is not None
    return plan


def try_to_make(
    durations: Sequence[float], delay: float = 1.0, longest: float = 120, default: Exponential = DEFAULT
) -> Plan | None:
    forecast = Forecast.learn(durations)
    assert forecast is not None
    return Plan.make(forecast, default, longest, delay)


def scattered(median: float = 600, scatter: float = 0.1, count: int = 30, seed: int = 1) -> list[float]:
    chance = random.Random(seed)
    return [median * chance.lognormvariate(0, scatter) for _ in range(count)]


def late_by_default(durations: Sequence[float]) -> float:
    """Return the mean of half of the default's intervals in which runs end."""
    usual = [DEFAULT.moment(n) for n in range(500)]
    numbers = [bisect_left(usual, d) for d in durations]
    return mean((usual[n] - usual[n - 1]) / 2 for n in numbers)


@pytest.mark.parametrize("count", [2, 4])
def test_few_runs_make_no_plan(count: int) -> None:
    """Fewer than five earlier runs are not planned by."""
    assert try_to_make(scattered(count=count)) is None


def test_runs_too_short_to_save_polls_make_no_plan() -> None:
    """Where the default polls two or three times, there is nothing to save."""
    assert try_to_make([3.0] * 10) is None


def test_runs_too_long_to_plan_make_no_plan() -> None:
    """Runs of weeks would take thousands of polls to plan; they are polled as by default."""
    assert try_to_make([1e7] * 10) is None


@pytest.mark.parametrize("delay", [0.75, 1.0, 1.5, 3.0])
@pytest.mark.parametrize("scatter", [0.02, 0.1, 0.4])
def test_earlier_runs_are_found_as_late_as_was_asked(delay: float, scatter: float) -> None:
    """By its own polls the plan finds the earlier runs at most a tenth later than asked, with fewer polls."""
    durations = scattered(scatter=scatter)
    plan = make(durations, delay)
    moments, usual = plan.moments(), [DEFAULT.moment(n) for n in range(500)]
    late = mean(moments[bisect_left(moments, d)] - d for d in durations)
    assert late <= 1.1 * delay * late_by_default(durations)
    assert plan.polls == pytest.approx(mean(bisect_left(moments, d) + 1 for d in durations))
    assert plan.default_polls == pytest.approx(mean(bisect_left(usual, d) + 1 for d in durations))
    assert plan.polls < plan.default_polls


@pytest.mark.parametrize(("delay", "share"), [(0.75, 0.95), (1.0, 0.95), (1.25, 1.0), (1.5, 1.0)])
@pytest.mark.parametrize("scatter", [0.05, 0.2])
def test_a_price_is_what_the_delay_asked_for_buys(delay: float, share: float, scatter: float) -> None:
    """Half an interval after its end, each run predicted from the others, is as late as asked; up to 1, 5 % sooner."""
    durations = sorted(scattered(scatter=scatter))
    plan = make(durations, delay)
    others = [replace(plan, forecast=plan.forecast.without(i)) for i in range(len(durations))]
    late = sum(other.after(d, 0.5) - d for other, d in zip(others, durations, strict=True))
    assert late / len(durations) == pytest.approx(share * delay * late_by_default(durations), rel=0.03)


def test_two_halves_of_an_interval_are_one() -> None:
    """Half an interval on, and another half on, is the next poll."""
    plan = make(scattered())
    for age in (0, 100, 500, 600, 900):
        assert plan.after(plan.after(age, 0.5), 0.5) == pytest.approx(plan.after(age), rel=1e-2)


def test_later_news_cost_fewer_polls() -> None:
    """The later news may be, the fewer polls are planned."""
    polls = [make(scattered(), delay).polls for delay in (0.75, 1.0, 1.5, 3.0)]
    assert polls == sorted(polls, reverse=True)
    assert polls[0] > 1.5 * polls[-1]


@pytest.mark.parametrize("number", [20, 30, 40])
def test_where_the_default_polls_does_not_matter(number: int) -> None:
    """Runs that end right before one of the default's polls, or after it, are planned alike: jitter moves the polls."""
    before, after = (make([DEFAULT.moment(number) + s for _ in range(10)]) for s in (-0.01, 0.01))
    assert before.root == after.root


@pytest.mark.parametrize("median", [300, 900, 3600])
def test_durations_in_whole_minutes_are_planned(median: float) -> None:
    """Where durations are rounded to minutes, a plan saves polls as well."""
    plan = make([60 * max(1, round(d / 60)) for d in scattered(median, 0.2)])
    assert plan.polls < 0.8 * plan.default_polls


def test_a_delay_that_no_price_keeps_makes_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every price that is tried finds the earlier runs later than asked, they are polled as by default."""
    assert try_to_make(scattered()) is not None
    monkeypatch.setattr("gate.core.schedule._TOLERANCE", 0)
    monkeypatch.setattr("gate.core.schedule._CUTS", 0)
    assert try_to_make(scattered()) is None


def test_polls_lie_close_where_runs_end() -> None:
    """With runs of one minute or ten, polls are rare in between and frequent in the tenth."""
    plan = make(scattered(60, 0.05, 10) + scattered(600, 0.05, 10))
    assert plan.wait([300]) > 2 * plan.wait([600])


def test_intervals_before_half_the_median_are_bounded() -> None:
    """Where runs that end have mostly failed, an interval is at most 4 times the default's, and 2 sqrt(median) s."""
    plan, median = make([900.0] * 30), 900
    for age in (2, 10, 30, 100, 300, 389):
        # An interval that begins a little before a bound grows with it.
        assert plan.wait([age]) <= min(4 * DEFAULT.interval(age + 50), 2 * math.sqrt(median)) + 1e-9


def test_past_the_longest_earlier_run_it_polls_as_by_default() -> None:
    """A run that outlasts all earlier ones is like none of them."""
    plan = make(scattered(1200, 0.02), delay=3)
    assert plan.wait([5000]) == pytest.approx(30)


def test_the_most_urgent_of_many_runs_decides() -> None:
    """Of several runs of a model the one to be polled first gives the wait, which the jitter spreads."""
    plan = make(scattered())
    ages = [float(age) for age in range(0, 700, 7)]
    waits = [plan.wait([age]) for age in ages]
    assert plan.wait([30, 600]) == min(plan.wait([30]), plan.wait([600]))
    assert min(waits) <= plan.wait(ages) <= max(waits)
    late = make(scattered(), default=Exponential(2, 30, 1.5, Jitter(0.1, lambda: 0.0)))
    assert late.wait([600]) == pytest.approx(0.9 * plan.wait([600]))


@settings(max_examples=40, deadline=None)
@given(DURATIONS, st.floats(0, 1e6), st.floats(0.5, 3), st.floats(0.1, 20), st.floats(1, 30), st.floats(1, 4))
def test_waits_keep_their_bounds(
    durations: list[float], age: float, delay: float, first: float, growth: float, factor: float
) -> None:
    """Whatever the history, the settings and the age, a wait lies between the shortest and the longest."""
    default, longest = Exponential(first, growth * first, factor, STEADY), 2 * growth * first
    plan = try_to_make(durations, delay, longest, default)
    if plan is not None:
        assert first - 1e-6 <= plan.wait([age]) <= longest + 1e-6
        assert all(later > sooner for sooner, later in pairwise(plan.moments()))
        assert plan.polls < plan.default_polls
