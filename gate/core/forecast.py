"""What earlier runs foretell of this one: how long it will take, and when the next look is worth its request.

This is the inspection problem of reliability theory: every look has a price, and so has every second between the end
and the look that finds it. The law of the durations is learned from the model's earlier runs. All times are seconds
since the run's own start, so that joining late is no special case.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

# Seconds of waiting that one request is worth: more of it means fewer looks, and later news. At this price the news is
# on the average as early as with exponential backoff, for two fifths of its requests (benchmarks/schedules.py).
LOOK_COST_S: Final = 1.95

# What ends before half the usual time has mostly failed, and it is the news that a pipeline is waiting for: a second of
# delay counts so many times there. It makes early failures wait less than twice as long as with exponential backoff.
EARLY_WEIGHT: Final = 1.7

# With fewer earlier runs than this there is nothing to learn from; many more than ten add little.
FEWEST_RUNS: Final = 2

# Spread of a kernel in ln T: about 4 % of a duration. Flat between 2 % and 7 % on the traces of the benchmark.
_KERNEL_SPREAD: Final = 0.04

# One run in five is unlike those before, above all the failure that comes early: the broad kernel lies at e^-1.5 = 0.22
# of the median, and its middle half spans a factor of 22. A smaller share saves requests and lets early failures wait.
_BROAD_SHARE: Final = 0.2
_BROAD_SHIFT: Final = -1.5
_BROAD_SPREAD: Final = 1.4

# Moments tried for the next look, and halvings of an interval of ln T (of 600) when a law is turned round.
_CANDIDATES: Final = 40
_HALVINGS: Final = 60
_LARGEST_LN: Final = 300.0
_SMALLEST_S: Final = math.exp(-_LARGEST_LN)


class Kernel(NamedTuple):
    """One log-logistic law, survival 1 / (1 + (t / e^center)^sharpness): ln T is logistic, spread 1 / sharpness."""

    weight: float
    center: float
    sharpness: float


@dataclass(frozen=True)
class Forecast:
    """The law of a run's duration: a mixture of a narrow kernel for each earlier run, and a broad one.

    A single log-normal misleads: real durations have a narrow core, heavy tails, and failures that come early. The
    broad kernel stands for the run that is like none before, and it is why a wrong history costs little. Neither
    weights by age nor widths by the scatter of the runs (Silverman's rule) did better on the traces of the benchmark,
    so that the narrow kernels are all alike.
    """

    durations_s: tuple[float, ...]
    kernels: tuple[Kernel, ...]
    median_s: float

    @classmethod
    def learn(cls, durations_s: Iterable[float]) -> Forecast | None:
        """Learn from how many seconds earlier runs took, in any order; None if fewer than two are usable."""
        usable = tuple(sorted(d for d in durations_s if d > 0 and math.isfinite(d)))
        if len(usable) < FEWEST_RUNS:
            return None
        logs = [math.log(d) for d in usable]
        weight = (1 - _BROAD_SHARE) / len(logs)
        narrow = (Kernel(weight, center, 1 / _KERNEL_SPREAD) for center in logs)
        middle = (logs[(len(logs) - 1) // 2] + logs[len(logs) // 2]) / 2  # the median: `statistics` is dear to load
        broad = Kernel(_BROAD_SHARE, middle + _BROAD_SHIFT, 1 / _BROAD_SPREAD)
        return cls(usable, (*narrow, broad), math.exp(middle))

    def survival(self, elapsed_s: float) -> float:
        """Return the probability that a run lasts longer than that many seconds."""
        return self._survival_and_density(elapsed_s)[0]

    def hazard(self, elapsed_s: float) -> float:
        """Return the rate, per second, at which a run ends that has lasted so long."""
        survival, density = self._survival_and_density(elapsed_s)
        return density / survival

    def _survival_and_density(self, elapsed_s: float) -> tuple[float, float]:
        t = max(elapsed_s, _SMALLEST_S)
        ln_t = math.log(t)
        survival = slope = 0.0
        for weight, center, sharpness in self.kernels:
            odds = math.exp(min(sharpness * (ln_t - center), _LARGEST_LN))
            alive = 1 / (1 + odds)
            survival += weight * alive
            slope += weight * sharpness * odds * alive * alive
        return survival, slope / t

    def interval(self, elapsed_s: float, *, cost_s: float, shortest: float, longest: float) -> float:
        """Return seconds until the next look, between `shortest` and `longest`, when a request is worth `cost_s`.

        After a look at t that found the run going on, the next is best at the x where waiting longer saves no more:

            S(t) - S(x) = S(x) r(x),  r(x) = c / D + h D / 2,  D(x) = sqrt(2 c / h(x)).

        On the left is what a second costs in delay of the runs that have ended since t; on the right what it saves of
        the looks and delays behind x, made at the intervals D of Keller's rule within the same bounds. Within them
        r = sqrt(2 c h). Ends before half the median count `EARLY_WEIGHT` times, in S(t) - S(x) and in h.

        This is the condition of Barlow, Hunter and Proschan, x' - x = (F(x) - F(t)) / f(x) - c, with Keller's
        D + c h ~ D for the x' - x that their recursion has to guess. Where the hazard is steady it is Keller's rule;
        before a narrow peak it waits until just behind it. A law of several peaks has several such x, so the
        difference of both sides is added up, and the least sum wins.

        J. B. Keller, Optimum checking schedules for systems subject to random failure, Management Science 21 (1974);
        R. E. Barlow, L. C. Hunter, F. Proschan, Optimum checking procedures, J. SIAM 11 (1963).
        """
        alive, ended = self.survival(elapsed_s), 0.0
        step = (longest - shortest) / _CANDIDATES
        best, total, least, before = shortest, 0.0, 0.0, None
        for i in range(_CANDIDATES + 1):
            wait = shortest + i * step
            survival, density = self._survival_and_density(elapsed_s + wait)
            weight = EARLY_WEIGHT if elapsed_s + wait < self.median_s / 2 else 1.0
            ended += weight * (alive - survival)
            slope = ended - survival * _loss_rate(weight * density / survival, cost_s, shortest, longest)
            if before is not None:
                total += (before + slope) / 2 * step
            if total < least:
                best, least = wait, total
            alive, before = survival, slope
        return min(best, longest)

    def quantile(self, share: float) -> float:
        """Return the seconds within which this share of runs, between 0 and 1, ends."""
        return self._outlasted_by(1 - share)

    def remaining(self, elapsed_s: float, quantile: float = 0.5) -> float:
        """Return the seconds within which a run that has lasted so long ends with this probability: by 0.5, the ETA."""
        return max(0.0, self._outlasted_by((1 - quantile) * self.survival(elapsed_s)) - elapsed_s)

    def _outlasted_by(self, share: float) -> float:
        """Return the duration that this share of runs outlasts, by bisection in ln T."""
        low, high = -_LARGEST_LN, _LARGEST_LN
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self.survival(math.exp(middle)) > share:
                low = middle
            else:
                high = middle
        return math.exp(high)

    def rank(self, duration_s: float) -> float:
        """Return the share of earlier runs that were shorter, from 0 to 1."""
        return bisect_left(self.durations_s, duration_s) / len(self.durations_s)


def _loss_rate(hazard: float, cost_s: float, shortest: float, longest: float) -> float:
    """Return seconds lost per second, in requests and delay, by looking at Keller's interval within its bounds."""
    keller = math.sqrt(2 * cost_s / hazard) if hazard > 0 else longest
    every = min(max(keller, shortest), longest)
    return cost_s / every + hazard * every / 2
