"""Adds up what was played: learned against the default, over any selection of series."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

from gate.core.forecast import Forecast
from schedules.play import Played
from schedules.runs import Run, Series

# The price of a request in the comparison of costs, in seconds of delay.
PRICE_S = 5.0

# A series with so many runs has a mean delay that can be compared by itself.
LONG_SERIES = 60


@dataclass(frozen=True)
class Pair:
    """One series, played by a schedule and by the default."""

    mine: Played
    default: Played

    @property
    def series(self) -> Series:
        return self.mine.series

    @property
    def weight(self) -> int:
        """Return the runs that the played ones stand for."""
        return len(self.series.runs)

    def ratio(self, fact: Callable[[Played], float]) -> float:
        return _ratio(fact(self.mine), fact(self.default))


def _ratio(mine: float, default: float) -> float:
    return mine / default if default else math.nan


def requests(played: Played) -> float:
    return mean(played.requests)


def delay(played: Played) -> float:
    return mean(played.delays)


def cost(played: Played) -> float:
    return delay(played) + PRICE_S * requests(played)


def pairs(mine: Iterable[Played], default: Iterable[Played]) -> list[Pair]:
    return [Pair(a, b) for a, b in zip(mine, default, strict=True) if a.requests]


def pooled(chosen: Iterable[Pair], fact: Callable[[Played], float]) -> float:
    """Return the ratio of the means over all runs, a sample of a series standing for all of it."""
    sides = [(pair.weight * fact(pair.mine), pair.weight * fact(pair.default)) for pair in chosen]
    return _ratio(sum(mine for mine, _ in sides), sum(default for _, default in sides))


def early(chosen: Sequence[Pair]) -> tuple[float, int]:
    """Return how late early failures are seen, against the default, each counting once; and how many there are."""
    mine, default = sum(sum(p.mine.delays) for p in chosen), sum(sum(p.default.delays) for p in chosen)
    return _ratio(mine, default), sum(len(p.mine.delays) for p in chosen)


def worst(chosen: Sequence[Pair], fact: Callable[[Played], float], at_least: int = 0) -> tuple[float, str]:
    """Return the series with the highest ratio, of those with so many runs."""
    ranked = [(pair.ratio(fact), pair.series.name) for pair in chosen if len(pair.series.runs) >= at_least]
    return max((each for each in ranked if not math.isnan(each[0])), default=(math.nan, "-"))


def quantile_hits(runs: Sequence[Run], shares: Sequence[float]) -> list[list[bool]]:
    """Return for each run with a forecast, and each share, whether it ended by that quantile."""
    hits = []
    for run in runs:
        forecast = Forecast.learn(run.earlier_s)
        if forecast is not None:
            ended = 1 - forecast.survival(run.duration_s)
            hits.append([ended <= share for share in shares])
    return hits
