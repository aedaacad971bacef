"""What earlier runs predict: a law of durations, and the time left."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.forecast import Forecast

SECONDS = st.floats(min_value=1e-6, max_value=1e10)
DURATIONS = st.lists(SECONDS, min_size=2, max_size=12)
AGES = st.floats(min_value=0, max_value=1e12)


def learned(durations: Sequence[float]) -> Forecast:
    forecast = Forecast.learn(durations)
    assert forecast is not None
    return forecast


def law(*durations: float, spread: float = 0.1) -> Forecast:
    return Forecast(durations, spread, tuple(map(math.log, durations)))


@pytest.mark.parametrize("durations", [[], [60], [60, 0], [60, -1], [60, math.nan], [60, math.inf]])
def test_too_little_history(durations: list[float]) -> None:
    """With fewer than two runs of a positive, finite duration there is no forecast."""
    assert Forecast.learn(durations) is None


def test_one_kernel_by_hand() -> None:
    """A Cauchy law in ln T: half lasts longer than its center, a quarter longer than one spread above it."""
    forecast = law(100)
    assert forecast.survival(100) == pytest.approx(1 / 2)
    assert forecast.survival(100 * math.exp(0.1)) == pytest.approx(1 / 4)
    assert forecast.survival_and_density(100)[1] == pytest.approx(1 / (math.pi * 0.1 * 100))


def test_a_mixture_by_hand() -> None:
    """Two runs count half each."""
    near, far = law(100), law(400)
    both = law(100, 400)
    assert both.survival(150) == pytest.approx((near.survival(150) + far.survival(150)) / 2)
    assert both.median_s == pytest.approx(200)
    assert both.without(0) == far


def test_the_density_is_the_slope_of_the_survival() -> None:
    """What the law says of a second agrees with what it says of the ages around it."""
    forecast = law(90, 100, 120)
    fallen = forecast.survival(104.99) - forecast.survival(105.01)
    assert forecast.survival_and_density(105)[1] == pytest.approx(fallen / 0.02, rel=1e-4)


@pytest.mark.parametrize(("scatter", "spread"), [(0.01, 0.02), (0.3, 0.06), (1.0, 0.2)])
def test_the_spread_follows_the_scatter(scatter: float, spread: float) -> None:
    """Runs that differ by 1, 30 or 100 % get the kernels that make each likeliest from the others."""
    chance = random.Random(2)
    assert learned([chance.lognormvariate(6, scatter) for _ in range(30)]).spread == spread


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_quantiles_are_calibrated(share: float) -> None:
    """Of many runs like the earlier ones, about a share q ends while the law gives them at most the probability q."""
    chance = random.Random(5)
    ended = 0
    for _ in range(200):
        forecast = learned([chance.lognormvariate(6, 0.2) for _ in range(30)])
        ended += 1 - forecast.survival(chance.lognormvariate(6, 0.2)) <= share
    assert ended / 200 == pytest.approx(share, abs=0.05)


def test_time_left_by_example() -> None:
    """Of a run that usually takes ten minutes, about six are left after four."""
    forecast = learned([600.0] * 10)
    assert forecast.remaining(240) == pytest.approx(360, abs=20)


@given(DURATIONS, st.lists(AGES, min_size=2, max_size=8))
def test_survival_falls(durations: list[float], ages: list[float]) -> None:
    """Survival is a probability that never rises."""
    forecast = learned(durations)
    shares = [forecast.survival(age) for age in sorted(ages)]
    assert all(0 < share < 1 for share in shares)
    assert all(later <= sooner + 1e-12 for sooner, later in pairwise(shares))


@given(DURATIONS, AGES)
def test_density_and_time_left_are_numbers(durations: list[float], age: float) -> None:
    """The density is positive, and the time left finite and never negative."""
    forecast = learned(durations)
    assert 0 < forecast.survival_and_density(age)[1] < math.inf
    assert 0 <= forecast.remaining(age) < math.inf


@given(DURATIONS, st.floats(0, 1e5))
def test_half_of_the_runs_outlast_the_time_left(durations: list[float], age: float) -> None:
    """Of the runs that have lasted so long, half last longer than the time left."""
    forecast = learned([max(1e-2, duration) for duration in durations])
    survival = forecast.survival(age + forecast.remaining(age))
    assert survival == pytest.approx(forecast.survival(age) / 2, rel=1e-3)


@given(st.permutations([30.0, 45.0, 60.0, 600.0, 5.0]))
def test_the_order_of_earlier_runs_does_not_matter(durations: list[float]) -> None:
    """The same runs in another order make the same forecast."""
    assert learned(durations) == learned([5, 30, 45, 60, 600])
