"""Contact with the server as a whole: when it answered, where no good answer comes, and since when none does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gate.core.answer import Answer, Fault, FaultKind
from gate.core.events import ClockOffset, ContactRestored, Event, Recovered
from gate.core.group import Group
from gate.core.patience import Limits
from gate.core.snapshot import Outage

# A server's clock that is further off than this, in seconds, is noted.
LARGEST_OFFSET_S = 60.0


class Outages:
    """Keeps the groups of which no good answer came when they were last asked about.

    `answered_at` is when the last good answer came, in monotonic seconds; `ahead_s` by how much the server's clock is
    ahead of this machine's.
    """

    def __init__(self, limits: Limits) -> None:
        self.answered_at: float | None = None
        self._limits = limits
        self.ahead_s = 0.0
        self._was_heard = self._is_offset_noted = False
        self._failing: dict[Group, Fault] = {}
        self._lost: set[Group] = set()
        self._lost_since: float | None = None
        self._ends_with_answer = False

    def fail(self, group: Group, fault: Fault, now: float) -> Fault:
        """Take note of a fault, and return it as it counts.

        The words of something in front of the server are not its own: they never say that a run does not exist, and
        once the server itself was heard they refuse nothing.
        """
        self._was_heard |= fault.answered and not fault.foreign
        if fault.foreign and (fault.answered or self._was_heard):
            fault = replace(fault, kind=FaultKind.CONTACT, fix="" if self._was_heard else fault.fix)
        group.fail(fault, now, self._limits, answered_before=self.answered_at is not None)
        self._failing[group] = fault
        if not group.contact.is_lost:
            self._ends_with_answer |= group in self._lost
            self._lost.discard(group)
        else:
            self._lost.add(group)
            if self._lost_since is None:
                self._lost_since, self._ends_with_answer = now, False
        return fault

    def recover(self, group: Group, answer: Answer, now: float, wall: datetime) -> list[Event]:
        """Take note of a good answer, and return what is new with it."""
        contact, events = group.contact, list[Event]()
        if contact.failing_since is not None:
            was_missing = contact.missing_since is not None
            events.append(Recovered(group.about, now - contact.failing_since, was_missing))
        self._ends_with_answer |= group in self._lost
        contact.recover(now)
        group.retries.reset()
        self.drop(group)
        self.answered_at, self._was_heard = now, True
        if answer.answered_at is not None:
            self.ahead_s = (answer.answered_at - wall).total_seconds()
        if abs(self.ahead_s) > LARGEST_OFFSET_S and not self._is_offset_noted:
            self._is_offset_noted = True
            events.append(ClockOffset(self.ahead_s))
        return events

    def drop(self, group: Group) -> None:
        """Forget a group that is not asked about any more."""
        self._failing.pop(group, None)
        self._lost.discard(group)

    def restored(self, now: float) -> list[ContactRestored]:
        """Return the end of the outage, once: when the last group without any answer has been answered."""
        if self._lost_since is None or self._lost:
            return []
        since, self._lost_since = self._lost_since, None
        return [ContactRestored(now - since)] if self._ends_with_answer else []

    def snapshot(self, now: float) -> tuple[Outage, ...]:
        return tuple(
            Outage(
                about=group.about,
                runs=tuple(run.subject for run in group.runs),
                is_lost=group.contact.is_lost,
                fault=fault.text,
                for_s=now - (group.contact.failing_since or now),
                final_in_s=group.contact.final_at - now,
            )
            for group, fault in self._failing.items()
        )
