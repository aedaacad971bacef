"""Plays a schedule on a series, on simulated time, with the product's own code and jitter."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from gate.core.backoff import Exponential, Jitter
from gate.core.forecast import Forecast
from gate.core.schedule import Plan
from schedules.runs import Run, Series

# The defaults of --interval, --max-interval, --backoff-factor, --learned-max-interval and --jitter.
FIRST_S, LONGEST_S, FACTOR, LEARNED_LONGEST_S, JITTER = 2.0, 30.0, 1.5, 120.0, 0.1

# How often each run is played, each time with another draw of the jitter; early failures, which are few, more often.
# Each schedule gets the same draws, so that a run polled as by default counts exactly 1.
DRAWS, EARLY_DRAWS = 3, 10


@dataclass(frozen=True)
class Way:
    """A schedule: backoff from `first` by `factor` up to `longest`, or one learned on top of it, asked for `delay`.

    A learned one is given the history `scale` times as long as it was.
    """

    first: float = FIRST_S
    longest: float = LONGEST_S
    factor: float = FACTOR
    delay: float | None = None
    scale: float = 1.0

    def moments(self, run: Run) -> Callable[[random.Random], Iterator[float]]:
        """Return what gives the ages at which it polls, anew for each draw of the jitter."""
        plan, forecast = None, None
        if self.delay is not None and (forecast := Forecast.learn(self.scale * d for d in run.earlier_s)):
            default = Exponential(self.first, self.longest, self.factor, Jitter(0, lambda: 0.5))
            plan = Plan.make(forecast, default, LEARNED_LONGEST_S, self.delay)
        return partial(self._polls, plan)

    def _polls(self, plan: Plan | None, chance: random.Random) -> Iterator[float]:
        jitter = Jitter(JITTER, chance.random)
        schedule, age = Exponential(self.first, self.longest, self.factor, jitter), 0.0
        yield age
        age += schedule.wait()  # this poll brings the history
        while True:
            yield age
            age += jitter.spread(plan.after(age) - age) if plan else schedule.wait()


DEFAULT = Way()
LEARNED = Way(delay=1.0)


@dataclass(frozen=True)
class Played:
    """What became of the runs of a series: for each played one the mean requests, and the mean delay in seconds."""

    series: Series
    requests: tuple[float, ...]
    delays: tuple[float, ...]


def play(way: Way, draws: int, series: Series, runs: Sequence[Run]) -> Played:
    """Play these runs of a series, each so many times."""
    requests, delays = [], []
    for run in runs:
        moments, polls, delay = way.moments(run), 0, 0.0
        chance = random.Random(zlib.crc32(f"{series.name} {run.number}".encode()))
        for _ in range(draws):
            for age in moments(chance):
                polls += 1
                if age >= run.duration_s:
                    delay += age - run.duration_s
                    break
        requests.append(polls / draws)
        delays.append(delay / draws)
    return Played(series, tuple(requests), tuple(delays))


class Bench:
    """Plays ways on many series, in several processes."""

    def __init__(self, pool: ProcessPoolExecutor, series: Sequence[Series], sample: int) -> None:
        self.pool, self.series, self.sample = pool, series, sample

    def play(self, way: Way, sample: int | None = None) -> list[Played]:
        """Play a sample of each series."""
        each = [one.sample(min(self.sample, sample or self.sample)) for one in self.series]
        return list(self.pool.map(partial(play, way, DRAWS), self.series, each))

    def play_early(self, way: Way) -> list[Played]:
        """Play every early failure."""
        each = [tuple(run for run in one.runs if run.is_early_failure) for one in self.series]
        return list(self.pool.map(partial(play, way, EARLY_DRAWS), self.series, each))
