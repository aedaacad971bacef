"""Runs that are asked about together: one query, one time of the next poll, one memory of contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gate.core.answer import Answer, Fault, Patience
from gate.core.backoff import Exponential
from gate.core.events import Subject
from gate.core.patience import Contact, Limits
from gate.core.pinning import REACH
from gate.core.progress import Progress, Reading
from gate.core.run import WatchedRun
from gate.core.targets import ById, ByModel, ModelTarget, Query

# How far beyond the runs it covers a model's query reaches, so that newer runs do not push them out.
SLACK = 10
# No query asks for more runs than this; what is not among them is asked for by itself.
WIDEST = 10_000


@dataclass(eq=False, kw_only=True)
class Group:
    """`runs` are the open runs it asks about; a placeholder while a model's runs are still to be pinned (`target`).

    Times are monotonic seconds; `entry` is the group's place in the agenda. `alone` marks runs that are not asked about
    together with others of their model, `by_model` those that are followed through their model because the API knows no
    ids. `asks_first` says that the first of several runs is asked about by itself: their model is not answered.
    """

    runs: list[WatchedRun]
    schedule: Exponential
    retries: Exponential
    contact: Contact
    due: float = 0.0
    entry: int = 0
    target: ModelTarget | None = None
    alone: bool = False
    by_model: bool = False
    limit: int = 0
    in_flight: int = 0
    polled_last: bool = False
    asks_first: bool = False

    @property
    def about(self) -> Subject:
        return self.runs[0].subject if len(self.runs) == 1 else Subject(None, self.model, len(self.runs))

    @property
    def model(self) -> str | None:
        return self.runs[0].model if self.runs else None

    @property
    def query(self) -> Query:
        """Return what to ask: one run by its id, several of a model at once."""
        if self.target is not None:
            return ByModel(self.target.model, self.target.limit + REACH)
        if self.model is None or self.asks_first or (len(self.runs) == 1 and not self.by_model):
            return ById(self.runs[0].run_id or "")
        return ByModel(self.model, max(self.limit, len(self.runs) + SLACK))

    @property
    def only_run(self) -> str | None:
        """Return the id of the run without which an answer is of no use; None where there are several or none yet."""
        return self.runs[0].run_id if self.alone and len(self.runs) == 1 else None

    def is_mergeable(self) -> bool:
        """Return whether the runs may share a query with others of their model: seen, and in good contact."""
        first = self.runs[0]
        return not (self.alone or self.target or self.contact.fault or first.model is None or first.seen_at is None)

    def may_ask_history(self) -> bool:
        """Return whether a poll may ask for the model's earlier runs as well: not in an outage, the run comes first."""
        return not (self.alone or self.target or self.contact.fault)

    def fail(self, fault: Fault, now: float, limits: Limits, *, answered_before: bool) -> None:
        self.contact.fail(fault, now, limits, answered_before=answered_before)
        for run in self.runs:
            run.last_error = fault.text
        if fault.answered and self.by_model and self.target is None:
            self.limit = min(WIDEST, 2 * max(self.limit, SLACK))

    def is_shared(self, query: Query) -> bool:
        """Return whether a query is about several runs that could be asked about by id as well."""
        return isinstance(query, ByModel) and len(self.runs) > 1 and self.target is None and not self.by_model

    def is_trial(self, query: Query) -> bool:
        """Return whether a query is about the first of several runs, in place of their model."""
        return isinstance(query, ById) and len(self.runs) > 1

    def must_split(self, query: Query, fault: Fault, *, is_repeated: bool) -> bool:
        """Return whether a fault is not about all runs, so that each is to be asked about by itself.

        `is_repeated` says that the server has said so before: one odd answer does not part the runs of a model.
        """
        if fault.refuses_credentials:
            return False
        if self.is_trial(query):
            return fault.kind.patience is not Patience.CONTACT_TIMEOUT
        return self.is_shared(query) and fault.answered and is_repeated

    def ages(self, now: float) -> list[float]:
        """Return for how long each run has been running, in seconds, where that is known."""
        return [age for run in self.runs if (age := run.age_s(now)) is not None]

    def cover(self, reading: Reading, missing: Sequence[WatchedRun]) -> bool:
        """Set the limit that reaches every run. Return whether a wider one, asked at once, may show what is missing.

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

    def read(self, query: Query, answer: Answer) -> tuple[list[tuple[WatchedRun, Progress]], list[WatchedRun]]:
        """Return what an answer says of the runs it was asked about, and those of which it says nothing."""
        asked = self.runs[:1] if self.is_trial(query) else self.runs
        found = [(run, answer.find(run.run_id)) for run in asked]
        said = [(run, progress) for run, progress in found if progress is not None]
        return said, [run for run, progress in found if progress is None]
