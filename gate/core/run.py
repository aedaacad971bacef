"""One watched run: what is known of it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gate.core.answer import Fault
from gate.core.description import Status
from gate.core.duration import format_duration
from gate.core.events import Decided, StatusChanged, Subject
from gate.core.forecast import Forecast
from gate.core.progress import Progress
from gate.core.snapshot import RunSnapshot
from gate.core.times import run_duration, true_end
from gate.core.verdict import ENDED, Reason, Verdict

_ENDS = {Status.PASSED: Verdict.PASSED, Status.FAILED: Verdict.FAILED, Status.INCOMPLETE: Verdict.INCOMPLETE}

# The most status changes that are kept of a run: the first, and the newest.
MOST_CHANGES = 100

# A run that ended so shortly before the wait began may as well have ended after: a server's Date has whole seconds.
_SLACK_S = 2.0


@dataclass(eq=False)
class WatchedRun:
    """A run that is followed until it has a verdict. `seen_at` and the like are monotonic seconds.

    `statuses` are the changes seen, with the gate's wall clock. `ended_ago_s` is known of a run that had ended before
    the wait began: how long ago, when it was first seen. `attempts` are the runs in whose place this one was started.
    """

    run_id: str | None = None
    model: str | None = None
    progress: Progress | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None
    message: str = ""
    last_error: str = ""
    statuses: list[tuple[datetime, str]] = field(default_factory=list)
    trace: str = ""
    ended_at: datetime | None = None
    ended_ago_s: float | None = None
    observed_s: float = 0.0
    first_seen_at: float | None = None
    seen_at: float | None = None
    puzzled_since: float | None = None
    is_slow: bool = False
    is_left: bool = False
    attempts: tuple[RunSnapshot, ...] = ()
    _age_s: float | None = None

    @property
    def subject(self) -> Subject:
        return Subject(self.run_id, self.model)

    @property
    def is_open(self) -> bool:
        return self.verdict is None

    @property
    def duration_s(self) -> float | None:
        """Return the seconds from the server's start to its (repaired) end; None where either is unknown."""
        return run_duration(self.progress.started_at, self.ended_at) if self.progress else None

    def observe(self, now: float, began: float) -> None:
        """Note that the run is still watched, at first since the wait `began`, then since it was first seen."""
        self.observed_s = now - (began if self.first_seen_at is None else self.first_seen_at)

    def learn(
        self, progress: Progress, *, now: float, wall: datetime, answered_at: datetime | None, patience_s: float
    ) -> StatusChanged | None:
        """Take in what an answer said, and return the status if its word has changed.

        The run is closed if that was its end, or if its status has been unrecognised for `patience_s` seconds.
        """
        self.run_id, self.model = progress.id, progress.model or self.model
        changed = self.progress is None or self.progress.word != progress.word
        self._age_s = self._age_at(now, progress, answered_at)
        self.progress, self.seen_at, self.last_error = progress, now, ""
        if self.first_seen_at is None:
            self.first_seen_at = now
        if changed:
            self.statuses.append((wall, progress.word))
            del self.statuses[1 : max(1, len(self.statuses) - MOST_CHANGES + 1)]
        if progress.status is Status.RUNNING:
            self.puzzled_since = None
        elif progress.status in _ENDS:
            self._end(progress, answered_at or wall)
        elif progress.ended_at is not None:
            self._close_unrecognised(progress, "has ended with")
        elif self.puzzled_since is None:
            self.puzzled_since = now
        word, began, agent, has_ended = progress.word, progress.started_at, progress.agent, not self.is_open
        change = StatusChanged(self.subject, word, has_ended, began, agent, self.duration_s, self.ended_ago_s)
        if self.is_open and self.puzzled_since is not None and now >= self.puzzled_since + patience_s:
            self._close_unrecognised(progress, "has kept")
        return change if changed else None

    def _end(self, progress: Progress, observed_at: datetime) -> None:
        self.ended_at = true_end(progress.started_at, progress.ended_at, observed_at)
        if len(self.statuses) == 1 and self.ended_at is not None:
            ago = (observed_at - self.ended_at).total_seconds()
            self.ended_ago_s = ago if ago > self.observed_s + _SLACK_S else None
        took = f" after {format_duration(self.duration_s)}" if self.duration_s is not None else ""
        self.close(_ENDS[progress.status], f"The server says {progress.word}{took}.")

    def _close_unrecognised(self, progress: Progress, how: str) -> None:
        text = f"The run {how} the status '{progress.word}', which dai-gate does not know."
        self.close(Verdict.UNKNOWN, text, Reason.UNRECOGNISED_STATUS)

    def give_up(self, fault: Fault, why: str) -> None:
        """Close the run with what a fault comes to; `why` says what was waited for."""
        self.last_error, self.trace = fault.text, fault.trace
        self.close(fault.kind.verdict, " ".join(filter(None, (why, fault.text, fault.fix))), fault.kind.reason)

    def time_out(self, timeout_s: float) -> None:
        """Close a run that was still running at the deadline."""
        where = f"was still {self.progress.word}" if self.progress else "had not been seen"
        last = f" Last error: {self.last_error}" if self.last_error else ""
        text = f"The run {where} when the timeout of {format_duration(timeout_s)} passed.{last}"
        self.close(Verdict.TIMED_OUT, text)

    def close(self, verdict: Verdict, message: str, reason: Reason | None = None) -> None:
        self.verdict, self.message, self.reason = verdict, message, reason

    def _age_at(self, now: float, progress: Progress, answered_at: datetime | None) -> float | None:
        """Return how old an answer says that the run is; a Date is cut to whole seconds, which makes no run younger."""
        if progress.started_at is None or answered_at is None:
            return None
        age, known = max(0.0, (answered_at - progress.started_at).total_seconds()), self.age_s(now)
        is_same = self.progress is not None and self.progress.started_at == progress.started_at
        return known if is_same and known is not None and age < known <= age + 1 else age

    def age_s(self, now: float) -> float | None:
        """Return for how many seconds an open run has been running; None where that is not known.

        It is counted by the server's clock up to its last answer, and by ours since.
        """
        return None if self._age_s is None or self.seen_at is None else self._age_s + now - self.seen_at

    def _last_age_s(self, now: float) -> float | None:
        """Return for how long the run has been running, or ran, as far as it was watched."""
        if self.is_open:
            return self.age_s(now)
        if self.duration_s is not None or self.verdict in ENDED or self.first_seen_at is None:
            return self.duration_s
        return self.age_s(self.first_seen_at + self.observed_s)

    def leave(self, why: str) -> None:
        """Close the run because what others came to decides."""
        state = "Not seen yet" if self.progress is None else "Still running"
        self.close(Verdict.INTERRUPTED, f"{state} when the wait ended: {why}")
        self.is_left = True

    # What leaves the core

    def decided(self) -> Decided:
        assert self.verdict is not None  # noqa: S101 - only a closed run is decided
        return Decided(self.subject, self.verdict, self.reason, self.message, self.trace, self.is_left)

    def snapshot(self, now: float, forecast: Forecast | None) -> RunSnapshot:
        """Return what is known now (monotonic seconds); `forecast` is that of the run's model."""
        said = self.progress
        return RunSnapshot(
            run_id=self.run_id,
            model=self.model,
            type=said.type if said else None,
            agent=said.agent if said else None,
            process_id=said.process_id if said else None,
            status=said.word if said else None,
            verdict=self.verdict,
            reason=self.reason,
            message=self.message,
            last_error=self.last_error,
            started_at=said.started_at if said else None,
            ended_at=self.ended_at,
            statuses=tuple(self.statuses),
            duration_s=self.duration_s,
            age_s=self._last_age_s(now),
            observed_s=self.observed_s,
            forecast=forecast,
            is_slow=self.is_slow,
            is_left=self.is_left,
            attempts=self.attempts,
        )
