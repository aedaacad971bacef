"""What a model's earlier runs predict: the distribution of a run's duration. All times are seconds since its start."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from gate.core.record import record

# One request brings this many earlier runs as easily as ten; ten cost three points of requests (benchmarks/schedules).
MOST_RUNS: Final = 30
# A median and a spread need two. The learned schedule asks for more.
FEWEST_RUNS: Final = 2
# Spreads of a kernel in ln T that are tried: 2, 6 and 20 % of a duration. More of them changed nothing on the traces.
_SPREADS: Final = (0.02, 0.06, 0.2)
# A run that has lasted less counts as this old, so that its logarithm exists.
_YOUNGEST_S: Final = 1e-3
# Halvings of an interval of ln T, and the largest ln T, so that no duration overflows.
_HALVINGS, _LARGEST_LN = 50, 300.0


def median(durations_s: Sequence[float]) -> float:
    """Return the median of durations in ascending order; of an even number the geometric mean of the middle two."""
    n = len(durations_s)
    return math.sqrt(durations_s[(n - 1) // 2]) * math.sqrt(durations_s[n // 2])


@record
class Forecast:
    """An equal mixture of Cauchy kernels in ln T, one for each earlier run. Real durations have heavy tails too."""

    durations_s: tuple[float, ...]  # in ascending order
    spread: float
    logs: tuple[float, ...]

    @classmethod
    def learn(cls, durations_s: Iterable[float]) -> Forecast | None:
        """Learn from how many seconds earlier runs took, in any order; None if fewer than two are usable.

        The spread makes each run likeliest, predicted from the others (R. P. W. Duin, On the choice of smoothing
        parameters for Parzen estimators of probability density functions, IEEE Transactions on Computers C-25, 1976).
        """
        usable = tuple(sorted(d for d in durations_s if d > 0 and math.isfinite(d)))
        logs = tuple(map(math.log, usable))
        laws = [cls(usable, spread, logs) for spread in _SPREADS]
        return max(laws, key=cls._likelihood) if len(usable) >= FEWEST_RUNS else None

    def _likelihood(self) -> float:
        return sum(math.log(self.without(i).survival_and_density(d)[1]) for i, d in enumerate(self.durations_s))

    @property
    def median_s(self) -> float:
        return median(self.durations_s)

    def without(self, index: int) -> Forecast:
        """Return the forecast from all earlier runs but that one, with the same spread."""
        durations, logs = (each[:index] + each[index + 1 :] for each in (self.durations_s, self.logs))
        return replace(self, durations_s=durations, logs=logs)

    def survival_and_density(self, age_s: float) -> tuple[float, float]:
        """Return the probability that a run lasts longer, and the probability a second that it ends at that age."""
        t = max(age_s, _YOUNGEST_S)
        ln_t, survival, slope = math.log(t), 0.0, 0.0
        for center in self.logs:
            z = (ln_t - center) / self.spread
            survival += math.atan2(1, z)  # pi times (1/2 - atan(z) / pi), precise where that is small
            slope += 1 / (1 + z * z)
        share = 1 / (math.pi * len(self.logs))
        return share * survival, share * slope / (self.spread * t)

    def survival(self, age_s: float) -> float:
        return self.survival_and_density(age_s)[0]

    def remaining(self, age_s: float) -> float:
        """Return the seconds within which half of the runs that have lasted so long end, by bisection in ln T."""
        share = self.survival(age_s) / 2
        offset = self.spread / math.tan(math.pi * share)  # of one kernel; the mixture lies between the extreme ones
        low, high = (min(log + offset, _LARGEST_LN) for log in (self.logs[0], self.logs[-1]))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.survival(math.exp(middle)) > share else (low, middle)
        return max(0.0, math.exp(high) - age_s)
