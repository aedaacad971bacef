"""When to poll a model's runs, by what its earlier runs predict. All ages are seconds since a run's start."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from gate.core.backoff import Exponential
from gate.core.forecast import Forecast
from gate.core.record import record

# Like all constants here, chosen on the training half of benchmarks/schedules: with 3, early failures came later.
FEWEST_TO_PLAN: Final = 5
# What ends before half the median has mostly failed. There a second of delay counts eight times, and an interval is at
# most 4 times the default's and 2 sqrt(median) seconds: early failures are found 1.7 times as late as by default.
_EARLY_WEIGHT, _EARLY_DEFAULTS, _EARLY_ROOTS = 8.0, 4.0, 2.0
# Square roots of the price of a request in seconds, a percent apart: wider than any that was found.
_ROOTS: Final = tuple(0.05 * 1.01**step for step in range(713))
# Up to 1, the share of the delay asked for that is planned with: durations drift, and no later is a promise.
_PROMISED: Final = 0.95
# Prices are found as if polls fell at random: half an interval late. But polls and runs of fixed lengths fall into
# step: if the plan's polls find the earlier runs a tenth later than asked, the price is cut, at most so many times.
_TOLERANCE, _CUT, _CUTS = 1.1, 0.75, 8
# Of many runs with one schedule, this many ages stand for all; and no plan has more polls than this.
_MOST_AGES, _MOST_POLLS = 20, 2000


@record
class Plan:
    """When to poll a model's runs, which may be found `delay` times as late, on average, as by the `default` schedule.

    Where a run ends at the rate h, polls that cost c seconds each lie best sqrt(2 c / h) apart (J. B. Keller, Optimum
    checking schedules for systems subject to random failure, Management Science 21, 1974). `root` is sqrt(c). `polls`
    and `default_polls` are the mean numbers of polls for an earlier run, by the plan and by default.
    """

    forecast: Forecast
    default: Exponential
    longest: float
    delay: float = 1.0
    root: float = _ROOTS[-1]
    polls: float = 0.0
    default_polls: float = 0.0

    @classmethod
    def make(cls, forecast: Forecast, default: Exponential, longest: float, delay: float) -> Plan | None:
        """Return the plan with the fewest polls; None for fewer than five earlier runs, or if it saves no polls."""
        durations = forecast.durations_s
        if len(durations) < FEWEST_TO_PLAN:
            return None
        numbers = [bisect_left(range(1, 2**31), d, key=default.moment) + 1 for d in durations]
        late = delay * sum(default.moment(n) - default.moment(n - 1) for n in numbers) / 2
        plan = cls(forecast, default, longest, delay, default_polls=1 + sum(numbers) / len(numbers))
        plan = plan.at_highest_price(late if delay > 1 else _PROMISED * late)
        for _ in range(1 + _CUTS):
            moments = plan.moments()
            found = [bisect_left(moments, d) for d in durations]
            if moments[-1] < durations[-1] or sum(found) >= sum(numbers):
                return None
            if sum(moments[i] - d for i, d in zip(found, durations, strict=True)) <= _TOLERANCE * late:
                return replace(plan, polls=1 + sum(found) / len(found))
            plan = replace(plan, root=plan.root * math.sqrt(_CUT))
        return None

    def at_highest_price(self, late_s: float) -> Plan:
        """Return the plan with the highest price at which the earlier runs' delays add up to no more seconds.

        Each run is predicted from the others, else the law would be sure of what it has seen. It is found half an
        interval late, on average: 6 to 9 % less than half the one that its end has, since they shrink towards the end.
        """
        runs = [(replace(self, forecast=self.forecast.without(i)), d) for i, d in enumerate(self.forecast.durations_s)]
        shapes = [plan.shape(d) for plan, d in runs]

        def intervals(root: float) -> float:
            return sum(min(max(root * unit, self.default.first), cap) for unit, cap in shapes)

        root = _ROOTS[bisect_right(_ROOTS, 2 * late_s, lo=1, key=intervals) - 1]
        late_per_interval = sum(replace(plan, root=root).after(d, 0.5) - d for plan, d in runs) / intervals(root)
        return replace(self, root=_ROOTS[bisect_right(_ROOTS, late_s / late_per_interval, lo=1, key=intervals) - 1])

    def shape(self, age_s: float) -> tuple[float, float]:
        """Return the interval at that age for a price of 1 s, and the longest allowed there."""
        survival, density = self.forecast.survival_and_density(age_s)
        default, median, cap = self.default.interval(age_s), self.forecast.median_s, self.longest
        if age_s < median / 2:
            density *= _EARLY_WEIGHT
            cap = min(cap, max(1.0, self.delay) * min(_EARLY_DEFAULTS * default, _EARLY_ROOTS * math.sqrt(median)))
        elif age_s > self.forecast.durations_s[-1]:
            cap = min(cap, default)  # it is like none before
        return math.sqrt(2 * survival / density), max(cap, self.default.first)

    def _interval(self, age_s: float) -> float:
        unit, cap = self.shape(age_s)
        return min(max(self.root * unit, self.default.first), cap)

    def after(self, age_s: float, intervals: float = 1.0) -> float:
        """Return the age so many intervals later: where the integral of dt / interval is that, by the midpoint rule."""
        moment, interval = age_s, self._interval(age_s)
        while True:
            step = min(max(interval / 8, self.forecast.spread * moment / 2), interval / 3)
            interval = self._interval(moment + step / 2)
            if step >= intervals * interval:
                return moment + intervals * interval
            intervals, moment = intervals - step / interval, moment + step

    def moments(self) -> list[float]:
        """Return the ages at which it polls, up to the longest earlier run: at once, after the default's first wait."""
        moments = [0.0, self.default.first]
        while moments[-1] < self.forecast.durations_s[-1] and len(moments) < _MOST_POLLS:
            moments.append(self.after(moments[-1]))
        return moments

    def wait(self, ages_s: Sequence[float]) -> float:
        """Return seconds to the next poll of runs that have lasted so long; the most urgent one decides."""
        ages = sorted(set(ages_s))
        tried = ages[:: max(1, len(ages) // _MOST_AGES)]
        return self.default.jitter.spread(min(self.after(age) - age for age in tried))


@record(kw_only=True)
class Pace:
    """When to ask again: a fresh schedule of polls and one of retries for each group of runs asked about together.

    `plan` makes the learned schedule of what a model's earlier runs predict. `history` asks for earlier runs even
    without it, for what they show a person.
    """

    make_schedule: Callable[[], Exponential]
    make_retries: Callable[[], Exponential]
    plan: Callable[[Forecast], Plan | None] | None = None
    history: bool = False
