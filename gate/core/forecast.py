"""What a model's earlier runs predict: the distribution of a run's duration. All times are seconds since its start."""

from __future__ import annotations

import math
from collections.abc import Iterable
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
_HALVINGS: Final = 50
_LARGEST_LN: Final = 300.0


@record
class Forecast:
    """An equal mixture of Cauchy kernels in ln T, one for each earlier run. `durations_s` are in ascending order.

    Real durations have a narrow core and heavy tails, which a log-normal law has not. The tails of the Cauchy law are
    wide enough for the run that is like none before.
    """

    durations_s: tuple[float, ...]
    spread: float
    logs: tuple[float, ...]

    @classmethod
    def learn(cls, durations_s: Iterable[float]) -> Forecast | None:
        """Learn from how many seconds earlier runs took, in any order; None if fewer than two are usable.

        The spread is the one under which each run is likeliest, predicted from the others (Duin, On the choice of
        smoothing parameters for Parzen estimators, IEEE Transactions on Computers C-25, 1976).
        """
        usable = tuple(sorted(d for d in durations_s if d > 0 and math.isfinite(d)))
        if len(usable) < FEWEST_RUNS:
            return None
        logs = tuple(math.log(d) for d in usable)
        return max((cls(usable, spread, logs) for spread in _SPREADS), key=cls._likelihood)

    def _likelihood(self) -> float:
        return sum(math.log(self.without(i).survival_and_density(d)[1]) for i, d in enumerate(self.durations_s))

    @property
    def median_s(self) -> float:
        """Return the median of the earlier runs; of an even number the geometric mean of the middle two."""
        n = len(self.logs)
        return math.exp((self.logs[(n - 1) // 2] + self.logs[n // 2]) / 2)

    def without(self, index: int) -> Forecast:
        """Return the forecast from all earlier runs but that one, with the same spread."""
        durations, logs = self.durations_s, self.logs
        others = durations[:index] + durations[index + 1 :]
        return replace(self, durations_s=others, logs=logs[:index] + logs[index + 1 :])

    def survival(self, age_s: float) -> float:
        """Return the probability that a run lasts longer than that many seconds."""
        return self.survival_and_density(age_s)[0]

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

    def quantile(self, share: float) -> float:
        """Return the seconds within which this share of runs, between 0 and 1, ends."""
        return self._outlasted_by(1 - share)

    def remaining(self, age_s: float, quantile: float = 0.5) -> float:
        """Return the seconds within which a run that has lasted so long ends with this probability: by 0.5, the ETA."""
        return max(0.0, self._outlasted_by((1 - quantile) * self.survival(age_s)) - age_s)

    def _outlasted_by(self, share: float) -> float:
        """Return the duration that this share of runs outlasts, by bisection in ln T between the extreme kernels'."""
        offset = self.spread / math.tan(math.pi * share)
        low, high = (min(log + offset, _LARGEST_LN) for log in (self.logs[0], self.logs[-1]))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self.survival(math.exp(middle)) > share:
                low = middle
            else:
                high = middle
        return math.exp(high)
