"""What earlier runs foretell: a law of durations, the next look, the time left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.forecast import EARLY_WEIGHT, LOOK_COST_S, Forecast, Kernel

SECONDS = st.floats(min_value=1e-9, max_value=1e12)
DURATIONS = st.lists(SECONDS, min_size=2, max_size=12)
ELAPSED = st.floats(min_value=0, max_value=1e15)


def learned(durations: Sequence[float]) -> Forecast:
    forecast = Forecast.learn(durations)
    assert forecast is not None
    return forecast


def wait(forecast: Forecast, elapsed: float = 0, *, cost: float = 2, bounds: tuple[float, float] = (2, 120)) -> float:
    return forecast.interval(elapsed, cost_s=cost, shortest=bounds[0], longest=bounds[1])


@pytest.mark.parametrize("durations", [[], [60], [60, 0], [60, -1], [60, math.nan], [60, math.inf]])
def test_too_little_history(durations: list[float]) -> None:
    """With fewer than two runs of a positive, finite duration there is no forecast."""
    assert Forecast.learn(durations) is None


def test_one_log_logistic_law_by_hand() -> None:
    """Of a log-logistic law around 100 s with sharpness 2, a fifth lasts over 200 s, and the hazard there is 1/125."""
    forecast = Forecast((100, 100), (Kernel(1, math.log(100), 2),), 100)
    assert forecast.survival(200) == pytest.approx(1 / 5)
    assert forecast.hazard(200) == pytest.approx((2 / 200) * (4 / 5))
    assert forecast.quantile(0.8) == pytest.approx(200)
    assert forecast.remaining(200) == pytest.approx(100)  # a tenth lasts over 300 s


def test_weights_of_a_mixture_by_hand() -> None:
    """A mixture survives as the weighted mean of its kernels does."""
    forecast = Forecast((1, 3), (Kernel(0.25, math.log(1), 1), Kernel(0.75, math.log(3), 1)), 2)
    assert forecast.survival(1) == pytest.approx(0.25 / 2 + 0.75 * 3 / 4)


@pytest.mark.parametrize("cost", [0.5, 2, 8])
def test_steady_hazard_gives_kellers_interval(cost: float) -> None:
    """At a hazard h of 1/100 the wait is ln(1 + sqrt(2ch)) / h, for requests that cost little sqrt(2c / h)."""
    # Behind its center, a law of sharpness k has the hazard k / t, which hardly falls while an interval passes.
    forecast = Forecast((9e4, 9e4), (Kernel(1, math.log(9e4), 1000),), 9e4)
    assert forecast.hazard(1e5) == pytest.approx(0.01)
    steady = wait(forecast, 1e5, cost=cost, bounds=(2, 42))
    assert steady == pytest.approx(math.log(1 + math.sqrt(0.02 * cost)) / 0.01, abs=1)
    assert steady == pytest.approx(math.sqrt(200 * cost), rel=0.2)


def test_steady_hazard_at_the_bounds() -> None:
    """Requests that cost next to nothing are made as often as allowed, and very dear ones as seldom as allowed."""
    forecast = Forecast((9e4, 9e4), (Kernel(1, math.log(9e4), 1000),), 9e4)
    assert wait(forecast, 1e5, cost=1e-6) == 2
    assert wait(forecast, 1e5, cost=1e6) == 120


def test_looks_just_behind_a_narrow_peak() -> None:
    """When every run took ten minutes and a request is dear, the look after nine is behind the peak, and soon."""
    at = 540 + wait(learned([600.0] * 10), 540, cost=50)
    assert 600 < at <= 650


def test_passes_over_a_gap_between_two_peaks() -> None:
    """With runs of one minute or ten and the first minute over, it asks seldom in between, and often in the second."""
    forecast = learned([60.0] * 5 + [600.0] * 5)
    assert wait(forecast, 400) > 4 * wait(forecast, 600)


def test_early_news_is_worth_more() -> None:
    """Before half the usual time, where a run that ends has mostly failed, looks are closer than the price says."""
    # The same hazard all along; only what is usual differs.
    kernels = (Kernel(1, math.log(9e4), 1000),)
    early, late = (wait(Forecast((9e4, 9e4), kernels, median), 1e5) for median in (1e6, 9e4))
    assert early == pytest.approx(late / math.sqrt(EARLY_WEIGHT), abs=3)
    assert early < late


def test_dearer_requests_are_made_less_often() -> None:
    """The more a request is worth, the longer the wait."""
    forecast = learned([500, 550, 600, 650, 700])
    waits = [wait(forecast, 580, cost=cost) for cost in (0.1, LOOK_COST_S, 10, 100)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]


def test_bounds_that_leave_no_choice() -> None:
    """Where the shortest wait is the longest too, it is the wait."""
    assert wait(learned([50, 60]), 10, bounds=(7, 7)) == 7


def test_time_left_by_example() -> None:
    """Of a run that usually takes ten minutes, about six are left after four."""
    forecast = learned([600.0] * 10)
    assert forecast.remaining(240) == pytest.approx(360, abs=20)
    assert forecast.remaining(240, 0.9) > forecast.remaining(240)


def test_rank() -> None:
    """A run's rank is the share of earlier runs that were shorter."""
    forecast = learned([40, 10, 30, 20])
    assert [forecast.rank(seconds) for seconds in (5, 10, 25, 100)] == [0, 0, 0.5, 1]


@given(DURATIONS, ELAPSED, st.floats(min_value=1e-3, max_value=1e6), st.floats(0.1, 10), st.floats(0, 1e5))
def test_interval_keeps_its_bounds(
    durations: list[float], elapsed: float, cost: float, shortest: float, more: float
) -> None:
    """Whatever the history, however long it has lasted, the wait is finite and within its bounds."""
    longest = shortest + more
    assert shortest <= wait(learned(durations), elapsed, cost=cost, bounds=(shortest, longest)) <= longest


@given(DURATIONS, st.lists(ELAPSED, min_size=2, max_size=8))
def test_survival_falls(durations: list[float], moments: list[float]) -> None:
    """Survival is a probability that never rises, and starts from 1."""
    forecast = learned(durations)
    shares = [forecast.survival(moment) for moment in sorted(moments)]
    assert forecast.survival(0) == pytest.approx(1)
    assert all(0 <= share <= 1 + 1e-9 for share in shares)
    assert all(later <= sooner + 1e-12 for sooner, later in pairwise(shares))


@given(DURATIONS, ELAPSED)
def test_hazard_and_time_left_are_numbers(durations: list[float], elapsed: float) -> None:
    """The hazard and the time left are finite and never negative."""
    forecast = learned(durations)
    assert 0 <= forecast.hazard(elapsed) < math.inf
    assert 0 <= forecast.remaining(elapsed) < math.inf
    assert forecast.remaining(elapsed, 0.9) >= forecast.remaining(elapsed, 0.1)


@given(DURATIONS, st.floats(0.01, 0.99))
def test_quantile_turns_survival_round(durations: list[float], share: float) -> None:
    """As many runs outlast a quantile as it leaves over."""
    forecast = learned(durations)
    assert forecast.survival(forecast.quantile(share)) == pytest.approx(1 - share, abs=1e-6)


@given(st.permutations([30.0, 45.0, 60.0, 600.0, 5.0]))
def test_order_of_earlier_runs_does_not_matter(durations: list[float]) -> None:
    """The same runs in another order make the same forecast."""
    assert learned(durations) == learned([5, 30, 45, 60, 600])


@given(st.lists(st.floats(1, 1e4), min_size=2, max_size=8), st.floats(0, 1e4), st.sampled_from([0.25, 2, 8]))
def test_unit_of_time_does_not_matter(durations: list[float], elapsed: float, unit: float) -> None:
    """With every length a multiple, the price of a request too, the survival is the same and the wait that multiple."""
    one, other = learned(durations), learned([unit * duration for duration in durations])
    assert other.survival(unit * elapsed) == pytest.approx(one.survival(elapsed), abs=1e-9)
    scaled = wait(other, unit * elapsed, cost=2 * unit, bounds=(2 * unit, 120 * unit))
    # Two moments that are equally good may be told apart by rounding: then they are neighbours, or cost the same.
    assert scaled == pytest.approx(unit * wait(one, elapsed), abs=unit * 118 / 40 + 1e-6)
