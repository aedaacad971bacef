"""What a wait tells while it goes on; reporters turn it into lines.

Named tuples: nine of them are made at each start, and they are made in half the time of frozen dataclasses.
"""

from __future__ import annotations

from typing import NamedTuple

from gate.core.answer import Fault
from gate.core.forecast import Forecast
from gate.core.run import WatchedRun
from gate.core.schedule import Plan
from gate.core.targets import ModelTarget


class Looked(NamedTuple):
    """A good answer came; the next look at `label` is due in `wait_s` seconds."""

    label: str
    wait_s: float


class StatusSeen(NamedTuple):
    """A run's status was seen for the first time, or has changed."""

    run: WatchedRun
    word: str


class Pinned(NamedTuple):
    """A model's newest runs were found and are followed from here on, whatever starts later."""

    target: ModelTarget
    runs: tuple[WatchedRun, ...]


class Closed(NamedTuple):
    """A run has its verdict."""

    run: WatchedRun


class Trouble(NamedTuple):
    """Asking about `label` failed, for the `streak`-th time in a row; it is tried again in `wait_s` seconds."""

    label: str
    fault: Fault
    streak: int
    wait_s: float


class Recovered(NamedTuple):
    """Good answers about `label` come again, after `after_s` seconds without; `missing`: the server did not know it."""

    label: str
    after_s: float
    missing: bool


class Foretold(NamedTuple):
    """A model's earlier runs were asked for: what they predict, and the plan to poll by; or why there is neither."""

    model: str
    forecast: Forecast | None
    plan: Plan | None = None
    why: str = ""


class Slow(NamedTuple):
    """A run has gone on for longer than 95 % of the earlier ones."""

    run: WatchedRun


Event = Foretold | Slow | Looked | StatusSeen | Pinned | Closed | Trouble | Recovered
