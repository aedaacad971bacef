"""Runs that are asked about together: one query, one time to look again, one memory of contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gate.core.answer import Fault
from gate.core.progress import Reading
from gate.core.run import WatchedRun
from gate.core.schedule import Exponential
from gate.core.targets import ById, ByModel, ModelTarget, Query

# How far beyond the runs it covers a model's query reaches, so that newer runs do not push them out.
SLACK = 10
# No query asks for more runs than this; what is not among them is asked for by itself.
WIDEST = 10_000


@dataclass(eq=False)
class Group:
    """`runs` are the open runs it asks about; a placeholder while a model's runs are still to be pinned (`target`).

    Times are monotonic seconds. `fault` came instead of the last answer, if one did; unless a good one comes, the runs
    are given up at `gives_up_at`. `entry` is its place in the agenda. `reach` is how many runs
    more are asked for while pinning, for their history. `alone` marks a run that its model's query does not
    cover.
    """

    runs: list[WatchedRun]
    schedule: Exponential
    retries: Exponential
    due: float
    contact_at: float
    entry: int = 0
    target: ModelTarget | None = None
    reach: int = 0
    alone: bool = False
    limit: int = 0
    fault: Fault | None = None
    gives_up_at: float = 0.0
    streak: int = 0
    failing_since: float | None = None
    missing_since: float | None = None
    in_flight: bool = False
    looked_last: bool = False

    @property
    def label(self) -> str:
        return self.runs[0].label if len(self.runs) == 1 else f"{self.model} ({len(self.runs)} runs)"

    @property
    def is_silent(self) -> bool:
        """Tell whether no usable answer came: not even one that the runs are not known."""
        return self.fault is not None and not self.fault.answered

    @property
    def model(self) -> str | None:
        return self.runs[0].model if self.runs else None

    @property
    def query(self) -> Query:
        """Return what to ask: one run by its id, several of a model at once."""
        if self.target is not None:
            return ByModel(self.target.model, self.target.limit + self.reach)
        if len(self.runs) == 1 or self.model is None:
            return ById(self.runs[0].run_id or "")
        return ByModel(self.model, max(self.limit, len(self.runs) + SLACK))

    def is_mergeable(self) -> bool:
        """Tell whether the runs may share a query with others of their model: seen, and in good contact."""
        return (
            self.target is None
            and not self.alone
            and self.failing_since is None
            and all(run.model and run.seen_at is not None for run in self.runs)
        )

    def join(self, other: Group) -> None:
        """Take over the runs of another group of the same model."""
        self.runs += other.runs
        self.limit = max(self.limit, other.limit)

    def recover(self, now: float) -> None:
        """Take note of a good answer."""
        self.contact_at, self.streak = now, 0
        self.fault = self.failing_since = self.missing_since = None
        self.retries.reset()

    def fail(self, fault: Fault, now: float) -> None:
        """Take note of a fault."""
        self.fault = fault
        self.streak += 1
        if self.failing_since is None:
            self.failing_since = now
        if fault.answered:
            self.contact_at = now
            if self.missing_since is None:
                self.missing_since = now
        for run in self.runs:
            run.last_error = fault.text

    def missing_until(self, grace: float) -> float:
        """Return until when the runs may be missing: for `grace` seconds since the first answer without them.

        Not since they were last seen: looks may be further apart than that, and one odd answer shall not decide.
        """
        return (self.missing_since or 0.0) + grace

    def lost_until(self, patience: float) -> float:
        """Return until when no usable answer may come: for `patience` seconds since the last good one.

        Where looks are far apart that may be over at the first fault: half of it is always left for asking again.
        """
        return max(self.contact_at + patience, (self.failing_since or 0.0) + patience / 2)

    def ages(self, now: float) -> list[float]:
        """Return how long each open run has gone on, in seconds, where that can be told."""
        ages = (run.age_s(now) for run in self.runs if run.is_open)
        return [age for age in ages if age is not None]

    def cover(self, reading: Reading, missing: Sequence[WatchedRun]) -> bool:
        """Set the limit that reaches every run; tell whether a wider one, asked at once, may show what is missing.

        The answer lists the newest runs first. One that holds fewer runs than it was asked for has shown all there are.
        """
        limit = max(self.limit, len(self.runs) + SLACK)
        if missing and len(reading.runs) >= limit and limit < WIDEST:
            self.limit = min(WIDEST, limit * 2)
            return True
        wanted = {run.run_id for run in self.runs}
        positions = [position for position, run in enumerate(reading.runs) if run.id in wanted]
        self.limit = min(WIDEST, max(positions, default=0) + 1 + SLACK)
        return False
