"""What is known of a wait at one moment, as values: made by `Watch.snapshot`, read by every reporter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gate.core.events import Subject
from gate.core.forecast import Forecast
from gate.core.record import record
from gate.core.verdict import Ending, Reason, Require, Verdict, judge


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll, by the gate's wall clock; `fault` says what came instead of a usable answer."""

    at: datetime
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSnapshot:
    """One watched run. What is not known is None, and so is the verdict of a run that has not ended.

    `statuses` are the changes seen, with the gate's wall clock. `ended_at` is repaired. `age_s` is for how long a run
    has been running, or ran; `observed_s` for how long the gate has watched it since it was first seen, or since the
    wait began if it never was, in seconds. `forecast` is what the model's earlier runs predict. `attempts` are the runs
    in whose place this one was started, the first one first. `is_left` says that the wait for it ended because of what
    the others came to.
    """

    run_id: str | None = None
    model: str | None = None
    type: str | None = None
    agent: str | None = None
    process_id: str | None = None
    status: str | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None
    message: str = ""
    last_error: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    statuses: tuple[tuple[datetime, str], ...] = ()
    duration_s: float | None = None
    age_s: float | None = None
    observed_s: float = 0.0
    forecast: Forecast | None = None
    is_slow: bool = False
    is_left: bool = False
    attempts: tuple[RunSnapshot, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.verdict is None

    @property
    def ending(self) -> Ending:
        """Return how the run ended; one that has not counts as interrupted."""
        return Ending(self.verdict or Verdict.INTERRUPTED, self.reason)

    @property
    def earlier_s(self) -> tuple[float, ...]:
        """Return how long the model's earlier runs took, in seconds, shortest first."""
        return self.forecast.durations_s if self.forecast else ()

    @property
    def remaining_s(self) -> float | None:
        """Return the forecast of the seconds to the end of a run; None where there is none."""
        if self.forecast is None or self.age_s is None or not self.is_open:
            return None
        return self.forecast.remaining(self.age_s)

    @property
    def label(self) -> str:
        return Subject(self.run_id, self.model).label


@record(kw_only=True)
class Outage:
    """Runs of which no good answer came when they were last asked about.

    `is_lost` says that no usable answer came at all, not even that the runs are not known. `for_s` is how long that has
    lasted, `fault` what came last; the runs are given up in `final_in_s` seconds.
    """

    about: Subject
    runs: tuple[Subject, ...]
    is_lost: bool
    fault: str
    for_s: float
    final_in_s: float


@record(kw_only=True)
class Snapshot:
    """A wait `elapsed_s` seconds after its start, and `left_s` before its deadline.

    `next_poll_s` is in how long the next poll is due: 0 while one is under way, None after the last. `ahead_s` is by
    how much the server's clock is ahead of this machine's. `polls` counts the polls; `poll_log` holds those that are
    remembered.
    """

    runs: tuple[RunSnapshot, ...]
    outages: tuple[Outage, ...]
    polls: int
    poll_log: tuple[Poll, ...]
    elapsed_s: float
    left_s: float
    ahead_s: float
    next_poll_s: float | None
    require: Require
    signal_number: int | None

    @property
    def endings(self) -> list[Ending]:
        return [run.ending for run in self.runs]

    @property
    def verdict(self) -> Verdict:
        """Return the verdict of the whole wait as it stands."""
        if self.signal_number is not None:
            return Verdict.INTERRUPTED
        return judge([ending.verdict for ending in self.endings], self.require)
