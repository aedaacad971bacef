"""The schedules that the benchmark compares, played on simulated time, and the optimum that knows the whole law."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from schedules_runs import Run, Series

from gate.core.forecast import LOOK_COST_S, Forecast
from gate.core.schedule import Exponential, Jitter, Learned

# What learned may wait, at least and at most: the defaults of --interval and --learned-max-interval.
SHORTEST_S, LONGEST_S = 2.0, 120.0

# By how much the product spreads its waits.
JITTER = 0.1

# The price of a request in the comparison, in seconds of delay.
PRICE_S = 5.0

# A schedule tells, for a run, the moments of its looks after the first one at once, in seconds since the run's start.
Schedule = Callable[[Run], Iterator[float]]


_CHANCE = random.Random(7)


@dataclass(frozen=True)
class Played:
    """What became of one run: how many requests it took, and how many seconds after its end it was seen."""

    requests: int
    delay_s: float

    @property
    def cost_s(self) -> float:
        return self.delay_s + PRICE_S * self.requests


@dataclass(frozen=True)
class Contender:
    """A schedule by name. `history_requests` is what it costs before its first wait."""

    name: str
    schedule: Schedule
    history_requests: int = 0

    def play(self, run: Run) -> Played:
        moments = self.schedule(run)
        requests, moment = 1 + self.history_requests, 0.0
        while moment < run.duration_s:
            moment = next(moments)
            requests += 1
        return Played(requests, moment - run.duration_s)


def fixed(every_s: float) -> Contender:
    return Contender(f"fixed {every_s:g} s", lambda _: _sum_up(lambda: every_s))


def doubling(longest_s: float) -> Contender:
    return Contender(f"doubling to {longest_s:g} s", lambda _: _sum_up(Exponential(2, longest_s, 2, _jitter(0)).wait))


def exponential(longest_s: float = 30) -> Contender:
    """The default of the product: 2 s, half as much again each time, capped, spread by 10 %."""
    return Contender(
        f"exponential to {longest_s:g} s", lambda _: _sum_up(Exponential(2, longest_s, 1.5, _jitter(JITTER)).wait)
    )


def _jitter(share: float) -> Jitter:
    return Jitter(share, _CHANCE.random)


def _sum_up(wait: Callable[[], float]) -> Iterator[float]:
    moment = 0.0
    while True:
        moment += wait()
        yield moment


def learned(
    name: str,
    cost_s: float = LOOK_COST_S,
    *,
    history: int = 10,
    factor: float = 1,
    change: Callable[[Forecast], Forecast] = lambda forecast: forecast,
) -> Contender:
    """Learned from up to `history` earlier runs, as if each had taken `factor` times as long."""
    fallback, own = exponential(), Learned(SHORTEST_S, LONGEST_S, _jitter(JITTER), cost_s)

    def schedule(run: Run) -> Iterator[float]:
        forecast = Forecast.learn(factor * took for took in run.earlier_s[:history])
        return fallback.schedule(run) if forecast is None else _foretold(change(forecast), own)

    return Contender(name, schedule, history_requests=1)


def blind(forecast: Forecast) -> Forecast:
    """Return the forecast without care for the unforeseen: 2 % for the broad kernel, no weight on early news."""
    *narrow, broad = forecast.kernels
    kernels = (*(each._replace(weight=0.98 / len(narrow)) for each in narrow), broad._replace(weight=0.02))
    return replace(forecast, kernels=kernels, median_s=0.0)


def _foretold(forecast: Forecast, own: Learned) -> Iterator[float]:
    moment = 0.0
    while True:
        moment += own.wait(forecast, [moment])
        yield moment


def optimum(series: Series, price_s: float, *, bounded: bool = True) -> Contender:
    """The best moments for this very series, all its runs known beforehand, on a grid of a second.

    `bounded`: with waits between the same bounds as learned; otherwise as long as they like.
    """
    moments = best_moments([run.duration_s for run in series.runs], price_s, bounded=bounded)
    return Contender("optimum", lambda _: iter(moments[1:]))


def best_moments(durations: Iterable[float], price_s: float, *, bounded: bool) -> list[float]:
    """Solve Bellman's equation from the last second backwards.

    With S the survival, the cost of the rest, seen from t, times S(t), is
    U(t) = c S(t) + min over x of [ sum over t < T <= x of (x - T) / n + U(x) ].
    """
    ordered = np.sort(np.fromiter(durations, float))
    n = len(ordered)
    seconds = int(np.ceil(ordered[-1]))
    shortest, longest = (int(SHORTEST_S), int(LONGEST_S)) if bounded else (1, seconds)
    grid = np.arange(seconds + shortest + 1, dtype=float)
    ended = np.searchsorted(ordered, grid, side="right")
    share = ended / n
    total = np.concatenate([[0.0], np.cumsum(ordered)])[ended] / n
    rest = np.zeros(len(grid))
    following = np.zeros(len(grid), dtype=int)
    for t in range(seconds - 1, -1, -1):
        x = slice(t + shortest, min(t + longest, len(grid) - 1) + 1)
        delay = grid[x] * (share[x] - share[t]) - (total[x] - total[t])
        costs = delay + rest[x]
        best = int(costs.argmin())
        rest[t] = price_s * (1 - share[t]) + costs[best]
        following[t] = t + shortest + best
    moments = [0]
    while moments[-1] < seconds:
        moments.append(int(following[moments[-1]]))
    return [float(moment) for moment in moments]
