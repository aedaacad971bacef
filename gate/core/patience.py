"""When a fault becomes final: the limits of a wait, and what is remembered of contact with the server."""

from __future__ import annotations

from dataclasses import dataclass

from gate.core.answer import Fault, FaultKind, Patience
from gate.core.duration import format_duration
from gate.core.record import record


@record(kw_only=True)
class Limits:
    """The lengths that bound a wait, in seconds."""

    timeout: float
    contact_timeout: float
    not_found_grace: float
    request_timeout: float


@dataclass
class Contact:
    """What is remembered of contact about some runs. Times are monotonic seconds.

    `at` is when the server was last heard of them, `fault` what came instead of the last answer, if something did, and
    `streak` how many faults came in a row. Unless a good answer comes the fault is final at `final_at`; `why` then says
    what was waited for.
    """

    at: float
    fault: Fault | None = None
    streak: int = 0
    failing_since: float | None = None
    missing_since: float | None = None
    final_at: float = 0.0
    why: str = ""
    _missing_s: float = 0.0

    @property
    def is_lost(self) -> bool:
        """Return whether no usable answer came: not even one that the runs are not known."""
        return self.fault is not None and not self.fault.answered

    def recover(self, now: float) -> None:
        self.at, self.streak, self._missing_s = now, 0, 0.0
        self.fault = self.failing_since = self.missing_since = None

    def fail(self, fault: Fault, now: float, limits: Limits, *, answered_before: bool) -> None:
        """Take note of a fault. `answered_before` says whether the server has given any good answer in this wait."""
        self.fault = fault
        self.streak += 1
        if self.failing_since is None:
            self.failing_since = now
        if not fault.answered and self.missing_since is not None:  # nobody knows how it was meanwhile
            self._missing_s += self.at - self.missing_since
            self.missing_since = None
        if fault.answered:
            self.at = now
            if self.missing_since is None:
                self.missing_since = now
            # Counted from the first answer without the run, not from when it was last seen: polls may be further apart
            # than that, and one odd answer shall not decide.
            self.final_at = self.missing_since + limits.not_found_grace - self._missing_s
            what = "Not found within" if fault.kind is FaultKind.NOT_FOUND else "Rejected for"
            self.why = f"{what} {format_duration(limits.not_found_grace)}."
        elif fault.kind.patience is Patience.NONE or (fault.lasting and not answered_before):
            self.final_at, self.why = now, ""
        else:
            # Where polls are far apart the contact timeout may be over at the first fault: half is left for retries.
            longest = limits.contact_timeout
            self.final_at = max(self.at + longest, self.failing_since + longest / 2)
            self.why = f"No usable answer for {format_duration(longest)}. Last error:"
