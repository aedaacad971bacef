"""Plays the schedules on the series, and adds up what became of the runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schedules_play import PRICE_S, Contender, Played, optimum
from schedules_runs import Run, Series


@dataclass(frozen=True)
class Result:
    """How a schedule did: for each series, what became of the runs that were played, and how many it has in all."""

    name: str
    played: tuple[tuple[Played, ...], ...]
    weights: tuple[int, ...]

    def mean(self, fact: Callable[[Played], float]) -> float:
        """Return the mean over all runs, a sample of a series standing for all of it."""
        return sum(w * m for w, m in zip(self.weights, self.means(fact), strict=True)) / sum(self.weights)

    def means(self, fact: Callable[[Played], float]) -> list[float]:
        return [sum(map(fact, runs)) / len(runs) for runs in self.played]

    @property
    def requests(self) -> float:
        return self.mean(lambda played: played.requests)

    @property
    def delay(self) -> float:
        return self.mean(lambda played: played.delay_s)

    @property
    def cost(self) -> float:
        return self.mean(lambda played: played.cost_s)

    @property
    def late(self) -> float:
        """Return the delay that 95 % of the runs stay below."""
        shares = [
            (played.delay_s, w / len(runs))
            for runs, w in zip(self.played, self.weights, strict=True)
            for played in runs
        ]
        left = 0.05 * sum(share for _, share in shares)
        for delay, share in sorted(shares, reverse=True):
            left -= share
            if left <= 0:
                return delay
        return 0.0

    def ratios(self, other: Result, *, less_requests: int = 0) -> list[float]:
        """Return the cost of each series, that of `other` being 1, with so many requests a run not counted."""
        mine = self.means(lambda played: played.cost_s - PRICE_S * less_requests)
        return [a / b for a, b in zip(mine, other.means(lambda played: played.cost_s), strict=True)]


@dataclass(frozen=True)
class Bench:
    """The series, and the runs of each that are played."""

    series: Sequence[Series]
    sample: int

    def play(self, contender: Contender, runs_of: Callable[[Series], tuple[Run, ...]] | None = None) -> Result:
        return self.play_each(contender.name, lambda _: contender, runs_of)

    def play_each(
        self,
        name: str,
        contender_for: Callable[[Series], Contender],
        runs_of: Callable[[Series], tuple[Run, ...]] | None = None,
    ) -> Result:
        """Play every series with the contender made for it; by default the sample of its runs."""
        chosen = [(s, runs_of(s) if runs_of else s.sample(self.sample)) for s in self.series]
        chosen = [(s, runs) for s, runs in chosen if runs]
        played = tuple(tuple(map(contender_for(s).play, runs)) for s, runs in chosen)
        return Result(name, played, tuple(len(runs if runs_of else s.runs) for s, runs in chosen))

    def best(self, price_s: float = PRICE_S, *, bounded: bool = True) -> Result:
        name = "optimum, waits from 2 to 120 s" if bounded else "optimum, any waits"
        return self.play_each(name, lambda s: optimum(s, price_s, bounded=bounded))
