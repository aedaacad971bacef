"""Waits that grow, and their jitter. Polling (it is not over) and retrying (asking failed) have one schedule each."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Final

from gate.core.record import record

# The longest wait that a Retry-After of the server can ask for, in seconds.
LONGEST_HINT: Final = 300.0


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
            import backoff  # noqa: PLC0415 - it imports asyncio: not for a run that has ended at the first poll

            self._waits = backoff.expo(base=self.factor, factor=self.first, max_value=self.longest)
            next(self._waits)  # the generator's first value is not a wait: it takes the caller's first send()
        return self.jitter.spread(next(self._waits))

    def reset(self) -> None:
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


def hinted(own: float, hint: float | None) -> float:
    """Return the wait that honours a Retry-After: the longer of the two, the hint never more than five minutes."""
    return own if hint is None else max(own, min(hint, LONGEST_HINT))
