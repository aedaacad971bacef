"""What a wait tells while it goes on; reporters turn it into lines."""

from __future__ import annotations

from dataclasses import dataclass

from gate.core.answer import Fault
from gate.core.forecast import Forecast
from gate.core.run import WatchedRun


@dataclass(frozen=True)
class Looked:
    """A good answer came; the next look at `label` is due in `wait_s` seconds."""

    label: str
    wait_s: float


@dataclass(frozen=True)
class StatusSeen:
    """A run's status was seen for the first time, or has changed."""

    run: WatchedRun
    word: str


@dataclass(frozen=True)
class Pinned:
    """A model's newest runs were found and are followed from here on, whatever starts later."""

    model: str
    runs: tuple[WatchedRun, ...]
    wanted: int


@dataclass(frozen=True)
class Closed:
    """A run has its verdict."""

    run: WatchedRun


@dataclass(frozen=True)
class Trouble:
    """Asking about `label` failed, for the `streak`-th time in a row; it is tried again in `wait_s` seconds."""

    label: str
    fault: Fault
    streak: int
    wait_s: float


@dataclass(frozen=True)
class Recovered:
    """Good answers about `label` come again, after `after_s` seconds without."""

    label: str
    after_s: float


@dataclass(frozen=True)
class Foretold:
    """The earlier runs of a model were asked for: what they foretell, or None and why they foretell nothing."""

    model: str
    forecast: Forecast | None
    why: str = ""


@dataclass(frozen=True)
class Slow:
    """A run has gone on for longer than 95 % of the earlier ones."""

    run: WatchedRun


Event = Foretold | Slow | Looked | StatusSeen | Pinned | Closed | Trouble | Recovered
