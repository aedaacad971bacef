"""When to look again. Polling (it is not over) and retrying (asking failed) have a schedule each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from gate.core.forecast import LOOK_COST_S, Forecast

# The longest wait that a Retry-After of the server can ask for, in seconds.
LONGEST_HINT = 300.0

# Of many runs with one schedule, this many ages stand for all.
_MOST_AGES = 20


@dataclass(frozen=True)
class Jitter:
    """Spreads waits over +-`share` of themselves, so that gates started together do not beat in step.

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
        self._settings = (first, longest, factor)
        self._jitter = jitter
        self._waits: Generator[float, None, None] | None = None

    def wait(self) -> float:
        """Return seconds to the next look."""
        if self._waits is None:
            self._waits = _expo(*self._settings)
        return self._jitter.spread(next(self._waits))

    def reset(self) -> None:
        """Begin again with the first wait."""
        self._waits = None


@dataclass(frozen=True)
class Learned:
    """Waits by what earlier runs foretell, between `shortest` and `longest` seconds, spread by the jitter.

    `cost_s` is how many seconds of delay one request is worth.
    """

    shortest: float
    longest: float
    jitter: Jitter
    cost_s: float = LOOK_COST_S

    def wait(self, forecast: Forecast, ages_s: Sequence[float]) -> float:
        """Return seconds to the next look at runs that have gone on for so long; the most urgent one decides."""
        ages = sorted(set(ages_s))
        tried = ages[:: max(1, len(ages) // _MOST_AGES)]
        waits = (
            forecast.interval(age, cost_s=self.cost_s, shortest=self.shortest, longest=self.longest) for age in tried
        )
        return self.jitter.spread(min(waits))


def _expo(first: float, longest: float, factor: float) -> Generator[float, None, None]:
    # Imported here because it brings asyncio along, which a run that has ended at the first look need not pay for.
    import backoff  # noqa: PLC0415

    waits = backoff.expo(base=factor, factor=first, max_value=longest)
    next(waits)  # the generator's first value is not a wait: it takes the caller's first send()
    return waits


def hinted(own: float, hint: float | None) -> float:
    """Return the wait that honours a Retry-After: the longer of the two, the hint never more than five minutes."""
    return own if hint is None else max(own, min(hint, LONGEST_HINT))
