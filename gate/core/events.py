"""What happened in a wait, as values; reporters turn them into lines.

Named tuples: some are made at each start, and they are made in half the time of frozen dataclasses.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gate.core.answer import Fault
from gate.core.text import is_uuid
from gate.core.verdict import Reason, Verdict


class Subject(NamedTuple):
    """What an event is about: one run as far as it is known, or several runs of a model."""

    run_id: str | None
    model: str | None
    runs: int = 1

    @property
    def label(self) -> str:
        """Return the subject's name in a sentence; of a UUID the beginning is enough beside the model."""
        if self.runs > 1:
            return f"{self.model} ({self.runs} runs)"
        if self.model is None or self.run_id is None:
            return self.run_id or self.model or "-"
        return f"{self.model} {self.run_id[:8] if is_uuid(self.run_id) else self.run_id}"


class Polled(NamedTuple):
    """A good answer came: the status words in it, with how many runs have each.

    The next poll about these runs is due in `next_poll_s` seconds; None where there is none.
    """

    about: Subject
    words: tuple[tuple[str, int], ...]
    next_poll_s: float | None


class StatusChanged(NamedTuple):
    """A run's status was seen for the first time, or has changed. Of an end, `duration_s` is the run's own.

    `ended_ago_s` is known of a run that had ended before the wait began: how long ago that was.
    """

    run: Subject
    word: str
    has_ended: bool
    started_at: datetime | None
    agent: str | None
    duration_s: float | None
    ended_ago_s: float | None


class Pinned(NamedTuple):
    """A model's newest runs were found, of `wanted`, and are followed from here on, whatever starts later."""

    model: str
    wanted: int
    runs: tuple[Subject, ...]


class OldPinned(NamedTuple):
    """Without --since, runs were pinned that had ended before the wait began."""

    runs: tuple[Subject, ...]


class Decided(NamedTuple):
    """A run has its verdict, in whatever way it came; `is_left`: it was left running because the others decide."""

    run: Subject
    verdict: Verdict
    reason: Reason | None
    message: str
    trace: str = ""
    is_left: bool = False


class PollFailed(NamedTuple):
    """A poll failed, for the `streak`-th time in a row; it is retried in `retry_s` seconds."""

    about: Subject
    fault: Fault
    streak: int
    retry_s: float


class Recovered(NamedTuple):
    """A good answer came after `after_s` seconds without; `was_missing`: the server did not know the runs."""

    about: Subject
    after_s: float
    was_missing: bool


class ContactRestored(NamedTuple):
    """The server gives usable answers about all runs again, `after_s` seconds after the outage began."""

    after_s: float


class HistoryLearned(NamedTuple):
    """A model's earlier runs were read: how long they took, in seconds, shortest first.

    `polls` are planned by them instead of `default_polls`; where none are, `why` says why.
    """

    model: str
    durations_s: tuple[float, ...]
    median_s: float
    polls: float | None = None
    default_polls: float | None = None
    why: str = ""


class HistoryUnknown(NamedTuple):
    """Nothing is known of a model's earlier runs, and why."""

    model: str
    why: str


class SlowRun(NamedTuple):
    """A run has run for longer than nearly all of its model's earlier ones."""

    run: Subject


class ClockOffset(NamedTuple):
    """The server's clock is that many seconds ahead of this machine's; behind it if negative. Noted once."""

    ahead_s: float


class DeadlineReached(NamedTuple):
    """The timeout has passed; whatever is still running is polled once more."""

    timeout_s: float


Event = (
    Polled
    | StatusChanged
    | Pinned
    | OldPinned
    | Decided
    | PollFailed
    | Recovered
    | ContactRestored
    | HistoryLearned
    | HistoryUnknown
    | SlowRun
    | ClockOffset
    | DeadlineReached
)
