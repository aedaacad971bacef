"""When to ask again. Polling (it is not over) and retrying (asking failed) have a schedule each."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Final

from gate.core.forecast import Forecast
from gate.core.record import record

# The longest wait that a Retry-After of the server can ask for, in seconds.
LONGEST_HINT: Final = 300.0

# Earlier runs that a plan needs: with three instead, early failures were found later on the training half.
FEWEST_TO_PLAN: Final = 5

# What ends before half the median has mostly failed. There a second of delay counts eight times, and an interval is at
# most 4 times the default's and 2 sqrt(median) seconds. Chosen on the training half of benchmarks/schedules, so that
# early failures are found 1.7 times as late as by default; with 6 instead of 8 it is 1.8, for a point of requests.
_EARLY_WEIGHT: Final = 8.0
_EARLY_DEFAULTS: Final = 4.0
_EARLY_ROOTS: Final = 2.0

# Square roots of the price of a request in seconds, and the halvings between them: wider than any price that was found.
_LOWEST, _HIGHEST, _HALVINGS = 0.05, 60.0, 16

# The price is estimated as if polls fell at random. A plan whose own polls find the earlier runs later than this much
# over what was asked for gets half the price, so many times; polls and runs of fixed lengths fall into step.
_TOLERANCE, _CHEAPER = 1.1, 5

# Of many runs with one schedule, this many ages stand for all; and no plan has more polls than this.
_MOST_AGES, _MOST_POLLS = 20, 2000


@record
class Jitter:
    """Spreads waits over +-`share` of themselves, so that gates started together do not ask in step.

    Not the full jitter of retries: drawing each wait from zero up nearly doubles the requests of a poll.
    `random` returns a number in [0, 1).
    """

    share: float
    random: Callable[[], float]

    def spread(self, seconds: float) -> float:
        return seconds * (1 + self.share * (2 * self.random() - 1))


class Exponential:
    """The n-th wait is min(longest, first x factor^n) seconds, spread by the jitter. A factor of 1 is a fixed wait."""

    def __init__(self, first: float, longest: float, factor: float, jitter: Jitter) -> None:
        self.first, self.longest, self.factor, self.jitter = min(first, longest), longest, factor, jitter
        self._waits: Generator[float, None, None] | None = None

    def wait(self) -> float:
        """Return seconds to the next poll."""
        if self._waits is None:
            self._waits = _expo(self.first, self.longest, self.factor)
        return self.jitter.spread(next(self._waits))

    def reset(self) -> None:
        """Begin again with the first wait."""
        self._waits = None

    def interval(self, age_s: float) -> float:
        """Return the seconds between two polls at that age, as a smooth function: the first poll is at 0."""
        if self.factor == 1:
            return self.first
        return min(self.longest, math.log(self.factor) * (age_s + self.first / (self.factor - 1)))

    def moment(self, number: int) -> float:
        """Return at which age poll `number` falls without jitter, the first being number 0."""
        if self.factor == 1:
            return self.first * number
        growing = min(number, math.ceil(math.log(self.longest / self.first, self.factor)))
        grown = self.first * (self.factor**growing - 1) / (self.factor - 1)
        return grown + (number - growing) * self.longest


def _expo(first: float, longest: float, factor: float) -> Generator[float, None, None]:
    import backoff  # noqa: PLC0415 - it imports asyncio, which a run that has ended at the first poll need not wait for

    waits = backoff.expo(base=factor, factor=first, max_value=longest)
    next(waits)  # the generator's first value is not a wait: it takes the caller's first send()
    return waits


def hinted(own: float, hint: float | None) -> float:
    """Return the wait that honours a Retry-After: the longer of the two, the hint never more than five minutes."""
    return own if hint is None else max(own, min(hint, LONGEST_HINT))


@record
class Plan:
    """When to poll a model's runs, by the forecast of their durations.

    Where a run ends at the rate h, polls that cost c seconds each lie best sqrt(2 c / h) apart (J. B. Keller, Optimum
    checking schedules for systems subject to random failure, Management Science 21, 1974). `root_price` is sqrt(c).
    `delay` is how late runs may be found on the average, the `default` schedule being 1. `polls` and `default_polls`
    are the mean numbers of polls for an earlier run, by the plan and by default.
    """

    forecast: Forecast
    default: Exponential
    longest: float
    delay: float = 1.0
    root_price: float = _HIGHEST
    polls: float = 0.0
    default_polls: float = 0.0

    @classmethod
    def make(cls, forecast: Forecast, default: Exponential, longest: float, delay: float) -> Plan | None:
        """Return the plan that finds the earlier runs `delay` times as late as by default, with the fewest polls.

        None if there are fewer than five earlier runs, or if it would poll no less often than by default.
        """
        durations = forecast.durations_s
        if len(durations) < FEWEST_TO_PLAN:
            return None
        numbers = [bisect_left(range(1, 2**31), d, key=default.moment) + 1 for d in durations]
        allowed = delay * sum(default.moment(n) - d for n, d in zip(numbers, durations, strict=True))
        plan = cls(forecast, default, longest, delay, default_polls=1 + sum(numbers) / len(numbers))
        plan = replace(plan, root_price=plan.highest_price(2 * allowed))
        for _ in range(_CHEAPER):
            moments = plan.moments()
            found = [bisect_left(moments, d) for d in durations]
            if moments[-1] < durations[-1] or sum(found) >= sum(numbers):
                return None
            if sum(moments[i] - d for i, d in zip(found, durations, strict=True)) <= _TOLERANCE * allowed:
                return replace(plan, polls=1 + sum(found) / len(found))
            plan = replace(plan, root_price=plan.root_price / math.sqrt(2))
        return None

    def highest_price(self, total_s: float) -> float:
        """Return the root of the highest price at which the intervals at the earlier runs' ends add up to no more.

        A run is found half an interval late, on the average. Each run is predicted from the others, else the law would
        be sure of what it has seen.
        """
        forecast = self.forecast
        shapes = [replace(self, forecast=forecast.without(i)).shape(d) for i, d in enumerate(forecast.durations_s)]
        low, high = _LOWEST, _HIGHEST
        for _ in range(_HALVINGS):
            root = (low + high) / 2
            fits = sum(min(max(root * unit, self.default.first), cap) for unit, cap in shapes) <= total_s
            low, high = (root, high) if fits else (low, root)
        return low

    def shape(self, age_s: float) -> tuple[float, float]:
        """Return the interval at that age for a price of 1 s, and the longest allowed there."""
        survival, density = self.forecast.survival_and_density(age_s)
        default, median = self.default.interval(age_s), self.forecast.median_s
        cap = self.longest
        if age_s < median / 2:
            density *= _EARLY_WEIGHT
            cap = min(cap, max(1.0, self.delay) * min(_EARLY_DEFAULTS * default, _EARLY_ROOTS * math.sqrt(median)))
        elif age_s > self.forecast.durations_s[-1]:
            cap = min(cap, default)  # it is like none before
        return math.sqrt(2 * survival / density), max(cap, self.default.first)

    def _interval(self, age_s: float) -> float:
        unit, cap = self.shape(age_s)
        return min(max(self.root_price * unit, self.default.first), cap)

    def next_poll(self, age_s: float) -> float:
        """Return at which age to poll next: where the integral of dt / interval reaches 1, by the midpoint rule."""
        left, moment, interval = 1.0, age_s, self._interval(age_s)
        while moment < age_s + self.longest:
            step = min(max(interval / 8, self.forecast.spread * moment / 2), interval / 3)
            interval = self._interval(moment + step / 2)
            if step >= left * interval:
                moment += left * interval
                break
            left, moment = left - step / interval, moment + step
        return min(max(moment, age_s + self.default.first), age_s + self.longest)

    def moments(self) -> list[float]:
        """Return the ages at which it polls, up to the longest earlier run: at once, after the default's first wait."""
        moments = [0.0, self.default.first]
        while moments[-1] < self.forecast.durations_s[-1] and len(moments) < _MOST_POLLS:
            moments.append(self.next_poll(moments[-1]))
        return moments

    def wait(self, ages_s: Sequence[float]) -> float:
        """Return seconds to the next poll of runs that have lasted so long; the most urgent one decides."""
        ages = sorted(set(ages_s))
        tried = ages[:: max(1, len(ages) // _MOST_AGES)]
        return self.default.jitter.spread(min(self.next_poll(age) - age for age in tried))
