"""One watched run: what is known of it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gate.core.answer import Fault
from gate.core.description import Status
from gate.core.duration import format_duration
from gate.core.forecast import Forecast
from gate.core.progress import Progress
from gate.core.times import run_duration, true_end
from gate.core.verdict import Reason, Verdict

_ENDS = {
    Status.PASSED: Verdict.PASSED,
    Status.FAILED: Verdict.FAILED,
    Status.INCOMPLETE: Verdict.INCOMPLETE,
}


_UUID_LENGTH = 36


def label_run(run_id: str | None, model: str | None) -> str:
    """Name a run in a sentence, as far as it is known; of a UUID the beginning says enough beside the model."""
    if model is None or run_id is None:
        return run_id or model or "-"
    return f"{model} {run_id[:8] if len(run_id) == _UUID_LENGTH else run_id}"


@dataclass(eq=False)
class WatchedRun:
    """A run that is followed until it has a verdict. `statuses` are the changes seen, with the gate's wall clock.

    `ended_ago_s` is known of a run that had ended when it was first seen: how long ago that was.
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
    seen_at: float | None = None
    puzzled_since: float | None = None
    forecast: Forecast | None = None
    is_slow: bool = False
    _answered_at: datetime | None = None
    _running_at: datetime | None = None

    @property
    def label(self) -> str:
        return label_run(self.run_id, self.model)

    @property
    def is_open(self) -> bool:
        return self.verdict is None

    @property
    def duration_s(self) -> float | None:
        """Return the seconds from the server's start to its (repaired) end; None where either is unknown."""
        return run_duration(self.progress.started_at, self.ended_at) if self.progress else None

    def learn(self, progress: Progress, *, now: float, wall: datetime, answered_at: datetime | None) -> bool:
        """Take in what an answer said; close the run if that was its end. Tell whether the status word changed."""
        self.run_id, self.model = progress.id, progress.model or self.model
        changed = self.progress is None or self.progress.word != progress.word
        self.progress, self.seen_at, self.last_error = progress, now, ""
        self._answered_at = answered_at
        if changed:
            self.statuses.append((wall, progress.word))
        if progress.status is Status.RUNNING:
            self._running_at, self.puzzled_since = answered_at, None
        elif progress.status in _ENDS:
            self._end(progress, answered_at)
            if len(self.statuses) == 1 and self.ended_at is not None:
                self.ended_ago_s = ((answered_at or wall) - self.ended_at).total_seconds()
        elif progress.ended_at is not None:
            self._end_unrecognised(progress, "has ended with")
        elif self.puzzled_since is None:
            self.puzzled_since = now
        return changed

    def _end(self, progress: Progress, answered_at: datetime | None) -> None:
        self.ended_at = true_end(
            progress.started_at, progress.ended_at, answered_at=answered_at, running_at=self._running_at
        )
        took = f" after {format_duration(self.duration_s)}" if self.duration_s is not None else ""
        self.close(_ENDS[progress.status], f"The server says {progress.word}{took}.")

    def _end_unrecognised(self, progress: Progress, how: str) -> None:
        self.close(
            Verdict.UNKNOWN,
            f"The run {how} the status '{progress.word}', which this version of dai-gate does not know.",
            Reason.UNRECOGNISED_STATUS,
        )

    def give_up_on_status(self) -> None:
        """Close a run that has stood too long at a word nobody knows."""
        if self.progress is not None:
            self._end_unrecognised(self.progress, "stands at")

    def give_up(self, fault: Fault, why: str) -> None:
        """Close the run with what a fault comes to; `why` says what was waited for."""
        self.last_error, self.trace = fault.text, fault.trace
        self.close(fault.kind.verdict, " ".join(filter(None, (why, fault.text, fault.fix))), fault.kind.reason)

    def close(self, verdict: Verdict, message: str, reason: Reason | None = None) -> None:
        self.verdict, self.message, self.reason = verdict, message, reason

    def age_s(self, now: float) -> float | None:
        """Return how many seconds an open run has gone on: by the server's clock at its last answer, and ours since.

        None where that cannot be told.
        """
        started_at = self.progress.started_at if self.progress else None
        if started_at is None or self._answered_at is None or self.seen_at is None:
            return None
        return max(0.0, (self._answered_at - started_at).total_seconds()) + now - self.seen_at
