"""What came of asking: a good answer, or a fault sorted into a kind that says what to do about it."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import Enum

from gate.core.pinning import pin
from gate.core.progress import AmbiguousError, Progress, Reading
from gate.core.record import record
from gate.core.targets import ById, ByModel, ModelTarget, Query
from gate.core.times import run_duration, true_end
from gate.core.verdict import Reason, Verdict


class Patience(Enum):
    """For how long a fault may last before it is final."""

    CONTACT_TIMEOUT = "contact-timeout"
    GRACE = "not-found-grace"
    NONE = "none"


class FaultKind(Enum):
    """The kinds of fault: the verdict and reason each comes to, and how long it may last before it does."""

    # No answer, or 408, 425, 429, 5xx.
    CONTACT = (Verdict.UNKNOWN, Reason.LOST_CONTACT, Patience.CONTACT_TIMEOUT)
    # An answer that cannot be read.
    UNREADABLE = (Verdict.UNKNOWN, Reason.UNREADABLE, Patience.CONTACT_TIMEOUT)
    # The server does not know the run (yet), or does not take the request.
    NOT_FOUND = (Verdict.UNKNOWN, Reason.NOT_FOUND, Patience.GRACE)
    REJECTED = (Verdict.UNKNOWN, Reason.REJECTED, Patience.GRACE)
    # 401 persisting after token renewal, 403.
    DENIED = (Verdict.DENIED, None, Patience.NONE)
    # A fault of the gate itself.
    INTERNAL = (Verdict.UNKNOWN, Reason.INTERNAL, Patience.NONE)

    def __init__(self, verdict: Verdict, reason: Reason | None, patience: Patience) -> None:
        self.verdict = verdict
        self.reason = reason
        self.patience = patience


@record
class Fault:
    """A request that brought no usable answer.

    `text` names what happened, in the server's own words where it had some, and `fix` what to do. `retry_after` is the
    server's hint in seconds. `lasting` marks a fault that time does not fix (a certificate or a token that is refused,
    a redirect): before the first good answer it ends the wait at once. `foreign` marks the words of something in front
    of the server, which do not count as its own. `trace` says where in the gate itself it came up, if it did. `peer` is
    whom the request was for, and `option` the option that could be wrong, where these are known. `sent` is false where
    the server cannot have acted on the request.
    """

    kind: FaultKind
    text: str
    fix: str = ""
    retry_after: float | None = None
    lasting: bool = False
    foreign: bool = False
    trace: str = field(default="", repr=False)
    peer: str = ""
    option: str = ""
    sent: bool = True

    @property
    def answered(self) -> bool:
        """Return whether the server itself spoke, so that contact with it is not lost."""
        return self.kind.patience is Patience.GRACE

    @property
    def refuses_credentials(self) -> bool:
        """Return whether no other request would be answered better with these credentials: a 403 is about one."""
        return self.kind is FaultKind.DENIED and self.lasting


@record
class Answer:
    """A good answer: what it says, the server's own clock (its Date), and its hint when to ask again, in seconds."""

    reading: Reading
    answered_at: datetime | None = None
    retry_after: float | None = None

    def ended_at(self, run: Progress) -> datetime | None:
        """Return the repaired end of a run in this answer."""
        return true_end(run.started_at, run.ended_at, self.answered_at)

    def duration_s(self, run: Progress) -> float | None:
        """Return how long a run in this answer took, in seconds; None where that is not known."""
        return run_duration(run.started_at, self.ended_at(run))

    def find(self, run_id: str | None) -> Progress | None:
        """Return what is said of that run; None where nothing is, or two things that contradict each other."""
        try:
            return self.reading.find(run_id or "")
        except AmbiguousError:
            return None


def usable(
    query: Query, target: ModelTarget | None, outcome: Answer | Fault, *, run_id: str | None = None
) -> Answer | Fault:
    """Return a fault in place of an answer that does not say what was asked.

    That is: something of one run, for a query by id or with `run_id`; of the runs of `target`, if it is given.
    """
    if isinstance(outcome, Fault):
        return outcome
    reading, wanted = outcome.reading, query.run_id if isinstance(query, ById) else run_id
    try:
        if wanted is not None:
            found = reading.find(wanted) is not None
            if found and isinstance(query, ById) and not all(entry.id for entry in reading.unreadable):
                return Fault(FaultKind.UNREADABLE, f"The answer holds {reading.unreadable[0].why}.")
        else:
            found = target is None or bool(pin(reading, target))
    except AmbiguousError as ambiguous:
        return Fault(FaultKind.UNREADABLE, f"{ambiguous}.")
    return outcome if found else _nothing_found(query, target, reading)


def _nothing_found(query: Query, target: ModelTarget | None, reading: Reading) -> Fault:
    if reading.unreadable:
        return Fault(FaultKind.UNREADABLE, f"The answer could not be read: {reading.unreadable[0].why}.")
    if isinstance(query, ByModel):
        late = " that is as new as --since says" if reading.runs and target and target.since is not None else ""
        text = f"The server's answer holds no run of the model '{query.model}'{late}."
        return Fault(FaultKind.NOT_FOUND, text, _WHICH_MODEL, option="--model")
    if reading.runs:
        return Fault(FaultKind.UNREADABLE, f"The answer is about another run, {reading.runs[0].id}.")
    return Fault(FaultKind.NOT_FOUND, "The server's answer holds no run with this id.", _WHICH_ID, option="--url")


_WHICH_ID = "Check the run id, and that --url is the server that started the run."
_WHICH_MODEL = "Check the model's name, --since, and that --url is the server where it runs."
