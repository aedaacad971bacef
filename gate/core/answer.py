"""What came of asking: a good answer, or a fault sorted into a kind that says what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from gate.core.pinning import pin
from gate.core.progress import ContradictoryError, Progress, Reading
from gate.core.targets import ById, ByModel, ModelTarget, Query
from gate.core.verdict import Reason, Verdict


class FaultKind(Enum):
    """The kinds of fault, each with the verdict and reason that it comes to if nothing mends it."""

    CONTACT = (Verdict.UNKNOWN, Reason.LOST_CONTACT)  # no answer, or 408, 425, 429, 5xx: asked again
    UNREADABLE = (Verdict.UNKNOWN, Reason.UNREADABLE)  # an answer that is not one: asked again
    NOT_FOUND = (Verdict.UNKNOWN, Reason.NOT_FOUND)  # the server does not know the run (yet)
    REJECTED = (Verdict.UNKNOWN, Reason.REJECTED)  # the server does not take the request
    DENIED = (Verdict.DENIED, None)  # 401 that renewing did not mend, 403
    INTERNAL = (Verdict.UNKNOWN, Reason.INTERNAL)  # a fault of the gate itself

    def __init__(self, verdict: Verdict, reason: Reason | None) -> None:
        self.verdict = verdict
        self.reason = reason


@dataclass(frozen=True)
class Fault:
    """A request that brought no usable answer.

    `text` names what happened, in the server's own words where it had some. `retry_after` is the server's hint in
    seconds. `lasting` marks a fault that time does not mend (a certificate that is refused, a redirect): before the
    first good answer it ends the wait at once. `foreign` marks the words of something in front of the server: once the
    server itself was heard, they do not count as its own. `trace` says where in the gate itself it came up, if it did.
    `peer` is who is to blame, and `option` the setting that names it, where these are known. `sent` is false where the
    server cannot have acted on the request.
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
        """Tell whether the server itself spoke, so that contact with it is not lost."""
        return self.kind in {FaultKind.NOT_FOUND, FaultKind.REJECTED}


@dataclass(frozen=True)
class Answer:
    """A good answer: what it says, the server's own clock (its Date), and its hint when to ask again, in seconds."""

    reading: Reading
    answered_at: datetime | None = None
    retry_after: float | None = None

    def find(self, run_id: str | None) -> Progress | None:
        """Return what is said of that run; None where nothing is, or two things that contradict each other."""
        try:
            return self.reading.find(run_id or "")
        except ContradictoryError:
            return None


def usable(query: Query, target: ModelTarget | None, outcome: Answer | Fault) -> Answer | Fault:
    """Return a fault in place of an answer that does not tell what was asked (for the runs of `target`, if given)."""
    if isinstance(outcome, Fault):
        return outcome
    reading = outcome.reading
    try:
        if isinstance(query, ById):
            found = reading.find(query.run_id) is not None and all(entry.id for entry in reading.unreadable)
        else:
            found = target is None or bool(pin(reading.runs, target))
    except ContradictoryError as contradiction:
        return Fault(FaultKind.UNREADABLE, f"{contradiction}.")
    return outcome if found else _nothing_found(query, reading)


def _nothing_found(query: Query, reading: Reading) -> Fault:
    if reading.unreadable:
        return Fault(FaultKind.UNREADABLE, f"The answer could not be read: {reading.unreadable[0].why}.")
    if isinstance(query, ByModel):
        return Fault(
            FaultKind.NOT_FOUND, f"The server's answer holds no run of the model '{query.model}'.", _WHICH_MODEL
        )
    if reading.runs:
        return Fault(FaultKind.UNREADABLE, f"The answer is about another run, {reading.runs[0].id}.")
    return Fault(FaultKind.NOT_FOUND, "The server's answer holds no run with this id.", _WHICH_ID)


_WHICH_ID = "Check the run id, and that --url is the server that started the run."
_WHICH_MODEL = "Check the model's name, --since, and that --url is the server where it runs."
