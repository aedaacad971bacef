"""The state machine of a wait: what to ask next, what an answer changes, when it is over. It never sleeps or calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gate.core.agenda import Agenda
from gate.core.answer import Answer, Fault, FaultKind, usable
from gate.core.api import RUN_PROGRESS, Api
from gate.core.backoff import hinted
from gate.core.events import DeadlineReached, Decided, Event, OldPinned, Pinned, Polled, PollFailed
from gate.core.group import Group
from gate.core.history import History
from gate.core.outages import Outages
from gate.core.patience import Limits
from gate.core.pinning import pin
from gate.core.polls import Ask, Polls, Step
from gate.core.run import WatchedRun
from gate.core.schedule import Pace
from gate.core.snapshot import Snapshot
from gate.core.tally import Tally
from gate.core.targets import ByModel, ModelTarget, Query, Targets
from gate.core.times import earlier
from gate.core.verdict import Rules, Verdict


class Watch:
    """Follows the targets from `started` (monotonic seconds) on, as far as `api` lets them be asked about."""

    def __init__(
        self,
        targets: Targets,
        limits: Limits,
        pace: Pace,
        *,
        started: float,
        rules: Rules | None = None,
        api: Api = RUN_PROGRESS,
    ) -> None:
        self.started, self.deadline = started, started + limits.timeout
        self._limits, self._rules = limits, rules or Rules()
        self._signal_number: int | None = None
        self._is_last = False
        self._tally, self._agenda = Tally(self._rules), Agenda(self.deadline, pace, api)
        self._outages, self._polls, self._history = Outages(limits), Polls(), History(pace)
        for run_id in dict.fromkeys(targets.run_ids):
            run = WatchedRun(run_id=run_id)
            self._tally.add(run)
            self._agenda.add(run, started, started)
        for target in targets.models:
            run = WatchedRun(model=target.model)
            self._tally.add(run, target)
            self._agenda.add(run, started, started, target=target)

    def snapshot(self, now: float) -> Snapshot:
        """Return what is known at `now` (monotonic seconds)."""
        return Snapshot(
            runs=tuple(run.snapshot(now, self._history.forecast(run.model)) for run in self._tally.runs),
            outages=self._outages.snapshot(now),
            polls=self._polls.count,
            poll_log=tuple(self._polls.log),
            elapsed_s=now - self.started,
            left_s=max(0.0, self.deadline - now),
            ahead_s=self._outages.ahead_s,
            next_poll_s=0.0 if self._polls.under_way else self._agenda.next_poll_s(now),
            require=self._rules.require,
            signal_number=self._signal_number,
        )

    # What to do next

    def next(self, now: float) -> Step:
        """Return what to ask and until when to wait, and the events that the time itself has brought."""
        events: list[Event] = []
        if self._signal_number is not None:
            text = "The gate was interrupted before the run ended."
            events += self._end_all(lambda run: run.close(Verdict.INTERRUPTED, text), now)
        elif why := self._tally.why_decided():
            events += self._end_all(lambda run: run.leave(why), now)
        if not self._agenda:
            return Step(events=tuple(events), is_over=True)
        if now >= self.deadline:
            return self._last_step(now)
        asks = tuple(self._ask(group) for group in self._agenda.take_due(now))
        return Step(asks=asks, wake_at=self._agenda.wake_at)

    def _last_step(self, now: float) -> Step:
        """Poll everything that is open once more, for as long as one request may take."""
        events: list[Event] = [] if self._is_last else [DeadlineReached(self._limits.timeout)]
        self._is_last = True
        asks = tuple(self._ask(group) for group in self._agenda if not group.polled_last)
        for group in self._agenda:
            group.polled_last = True
        end = self.deadline + self._limits.request_timeout
        if now < end and self._polls.under_way:
            return Step(asks=asks, wake_at=end, events=tuple(events))
        events += self._end_all(lambda run: run.time_out(self._limits.timeout), now)
        return Step(events=tuple(events), is_over=True)

    def _ask(self, group: Group) -> Ask:
        if self._is_last:
            group.asks_first = False
        asks_history = not self._is_last and group.may_ask_history() and self._history.is_due(group.model)
        return self._polls.ask(group, asks_history=asks_history)

    def interrupt(self, signal_number: int) -> None:
        """Take note of a signal: the wait is over."""
        self._signal_number = signal_number

    def replace(self, run_id: str, now: float) -> None:
        """Follow a run in the place of the only one, which has ended; the deadline stays as it is."""
        ended = self._tally.runs[0].snapshot(now, None)
        run = WatchedRun(run_id=run_id, model=ended.model, attempts=(*ended.attempts, replace(ended, attempts=())))
        self._tally.replace(run)
        self._agenda.add(run, now, now)

    def fail(self, kind: FaultKind, message: str, now: float) -> list[Event]:
        """Close what is open after a fault that is not about a request of this wait."""
        return [*self._end_all(lambda run: run.close(kind.verdict, message, kind.reason), now)]

    def _end_all(self, end: Callable[[WatchedRun], None], now: float) -> list[Decided]:
        events: list[Decided] = []
        for group in list(self._agenda):
            for run in group.runs:
                end(run)
            events += self._settle(group, now)
        return events

    def _settle(self, group: Group, now: float) -> list[Decided]:
        """Take the runs that have ended out of a group, and an empty group out of the agenda."""
        for run in group.runs:
            run.observe(now, self.started)
        ended = [run for run in group.runs if not run.is_open]
        group.runs = [run for run in group.runs if run.is_open]
        for run in ended:
            self._tally.end(run, group.target)
        if not group.runs:
            self._agenda.remove(group)
            self._outages.drop(group)
        return [run.decided() for run in ended]

    # What an answer changes

    def observe(self, ask: Ask, outcome: Answer | Fault, *, now: float, wall: datetime) -> list[Event]:
        """Take in what came of a request, and return what happened."""
        asked = self._polls.take(ask)
        if asked is None or not asked[0].runs:
            return []
        group, asks_history = asked
        for run in group.runs:
            run.observe(now, self.started)
        target = group.target
        if target is not None and isinstance(outcome, Answer):
            target = target.at(earlier(outcome.answered_at or wall, timedelta(seconds=now - self.started)))
        outcome = usable(ask.query, target, outcome, run_id=group.only_run)
        self._polls.remember(wall, outcome.text if isinstance(outcome, Fault) else None)
        if isinstance(outcome, Fault):
            failed = self._history.fail(group.model, outcome) if asks_history and group.model else []
            is_of_model = outcome.kind is not FaultKind.CONTACT and not outcome.refuses_credentials
            if asks_history and is_of_model:  # and so not about the run
                self._agenda.put(group, now)
                return [*failed]
            events = [*failed, *self._observe_fault(group, ask.query, outcome, now)]
        else:
            events = self._observe_answer(group, ask.query, outcome, target, now, wall, learns_history=asks_history)
        return [*events, *self._outages.restored(now)]

    def _observe_answer(
        self,
        group: Group,
        query: Query,
        answer: Answer,
        target: ModelTarget | None,
        now: float,
        wall: datetime,
        *,
        learns_history: bool,
    ) -> list[Event]:
        about = group.about
        events = self._outages.recover(group, answer, now, wall)
        if target is not None:
            events += self._pin(group, target, answer)
            learns_history = True
        said, missing = group.read(query, answer)
        for run, progress in said:
            run.observe(now, self.started)
            patience_s = self._limits.contact_timeout
            change = run.learn(progress, now=now, wall=wall, answered_at=answer.answered_at, patience_s=patience_s)
            if change is not None:
                events.append(change)
        old = tuple(run.subject for run, _ in said if run.ended_ago_s is not None)
        if target is not None and target.since is None and old:
            events.append(OldPinned(old))
        if learns_history and group.model is not None:
            events += self._history.learn(group.model, answer, {run.run_id for run in self._tally.runs})
        words = tuple(Counter(progress.word for _, progress in said).most_common())
        events += self._settle(group, now)
        next_poll_s = self._put(group, query, answer, missing, now) if group.runs else None
        return [*events, *self._history.note_slow(group.runs, now), Polled(about, words, next_poll_s)]

    def _put(
        self, group: Group, query: Query, answer: Answer, missing: Sequence[WatchedRun], now: float
    ) -> float | None:
        """Set when a group is polled again; return in how many seconds that is, None after the last poll."""
        own = self._history.wait(group.model, group.ages(now))
        wait = hinted(group.schedule.wait() if own is None else own, answer.retry_after)
        if isinstance(query, ByModel) and group.cover(answer.reading, missing):
            wait = 0.0
        elif group.is_trial(query):  # ids are answered, and the model is not
            if not self._is_last:
                self._agenda.split(group, list(group.runs), now + wait)
                return wait
        elif missing:
            self._agenda.split(group, missing, now)
            if not group.runs:
                return 0.0
        self._agenda.put(group, now + wait)
        shared = self._agenda.share(group)
        return None if shared.polled_last else max(0.0, shared.due - now)

    def _pin(self, group: Group, target: ModelTarget, answer: Answer) -> list[Event]:
        """Follow from here on the runs that the answer shows, whatever starts later."""
        group.runs, group.target = self._tally.pin(group.runs[0], target, pin(answer.reading, target)), None
        pinned = Pinned(target.model, target.limit, tuple(run.subject for run in group.runs))
        missing = self._tally.note_missing()
        return [pinned, missing.decided()] if missing else [pinned]

    def _observe_fault(self, group: Group, query: Query, fault: Fault, now: float) -> list[Event]:
        was_missing = group.contact.missing_since is not None
        fault = self._outages.fail(group, fault, now)
        contact, is_final = group.contact, now >= group.contact.final_at
        if group.is_trial(query) and self._is_last:
            return []  # all of them are being asked about
        if group.must_split(query, fault, is_repeated=was_missing or is_final):
            self._agenda.split(group, list(group.runs), now)
            self._outages.drop(group)
            return []
        # Before several runs are given up, one of them is asked about by its id.
        group.asks_first = is_final and group.is_shared(query) and not fault.refuses_credentials
        if is_final and not group.asks_first:
            for run in group.runs:
                run.give_up(fault, contact.why)
            return [*self._settle(group, now)]
        self._agenda.put(group, min(now + hinted(group.retries.wait(), fault.retry_after), contact.final_at))
        return [PollFailed(group.about, fault, contact.streak, max(0.0, group.due - now))]
