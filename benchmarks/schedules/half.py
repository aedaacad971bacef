"""One half of the series, and everything that is played on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean

from schedules.figures import Pair, pairs, quantile_hits
from schedules.play import DEFAULT, LEARNED, Bench, Way

# Runs of each series that are played: of the traces all. Fewer for wrong histories, for synthetic laws, and for the
# curve on the training half.
SAMPLE, SMALL_SAMPLE = 300, 60

SHARES = (0.5, 0.8, 0.95)
DELAYS = (0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
WRONG = {"a third as long": Way(delay=1.0, scale=1 / 3), "four times as long": Way(delay=1.0, scale=4.0)}


class Half:
    """The training or the validation series, played: `curve` by the delay asked for, `wrong` by the wrong history."""

    def __init__(self, name: str, bench: Bench) -> None:
        self.name, self.bench, self.is_training = name, bench, name == "Training"
        default, small = bench.play(DEFAULT), bench.play(DEFAULT, SMALL_SAMPLE)
        self.learned = pairs(bench.play(LEARNED), default)
        self.early = pairs(bench.play_early(LEARNED), bench.play_early(DEFAULT))
        self.wrong = {name: pairs(bench.play(way, SMALL_SAMPLE), small) for name, way in WRONG.items()}
        size, against = (SMALL_SAMPLE, small) if self.is_training else (None, default)
        ways = {asked: Way(delay=asked) for asked in DELAYS}
        self.curve = {
            asked: self.learned if way == LEARNED else pairs(bench.play(way, size), against)
            for asked, way in ways.items()
        }

    def of(self, chosen: Sequence[Pair], source: str | None) -> list[Pair]:
        return [pair for pair in chosen if source in {None, pair.series.source}]

    @property
    def sources(self) -> list[str | None]:
        """Return the sources, after None for all of them if there are several."""
        names: list[str | None] = [*sorted({series.source for series in self.bench.series})]
        return [None, *names] if len(names) > 1 else [None]

    def calibration(self, source: str | None) -> list[float]:
        """Return for each share how many runs ended by the quantile that was predicted."""
        hits = [
            hit
            for series in self.bench.series
            if source in {None, series.source}
            for hit in quantile_hits(series.sample(self.bench.sample), SHARES)
        ]
        return [mean(column) for column in zip(*hits, strict=True)] if hits else [math.nan] * len(SHARES)
