"""The state machine of a wait: what to ask next, what an answer changes, when it is over. It never sleeps or calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gate.core.agenda import Agenda
from gate.core.answer import Answer, Fault, FaultKind, usable
from gate.core.duration import format_duration
from gate.core.events import Closed, Event, Looked, Pinned, Recovered, Slow, StatusSeen, Trouble
from gate.core.forecast import Forecast
from gate.core.group import Group
from gate.core.history import History
from gate.core.pinning import pin
from gate.core.run import WatchedRun
from gate.core.schedule import Exponential, Plan, hinted
from gate.core.targets import ByModel, ModelTarget, Query, Targets
from gate.core.verdict import Reason, Require, Verdict, judge

# A run is told to be slow when it outlasts this share of the earlier ones.
SLOWER_THAN = 0.95


# So many looks are kept for the reports.
MOST_LOOKS = 2000


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the server, by the gate's wall clock; `fault` says what came instead of a usable answer."""

    at: datetime
    fault: str | None


@dataclass(frozen=True)
class Limits:
    """The lengths that bound a wait, in seconds."""

    timeout: float
    contact_timeout: float
    not_found_grace: float
    request_timeout: float


@dataclass(frozen=True)
class Rules:
    """When several runs are enough, or too much."""

    require: Require = Require.ALL
    fail_fast: bool = False


@dataclass(frozen=True)
class Pace:
    """When to ask again: a fresh schedule of polls and one of retries for each group of runs asked about together.

    `plan` makes the learned schedule of what a model's earlier runs predict. `history` asks for earlier runs even
    without it, for what they show a person.
    """

    make_schedule: Callable[[], Exponential]
    make_retries: Callable[[], Exponential]
    plan: Callable[[Forecast], Plan | None] | None = None
    history: bool = False


@dataclass(frozen=True, eq=False)
class Ask:
    """One request to make now; its answer goes back to `Watch.observe` with it. `history`: it asks for that as well."""

    group: Group
    query: Query
    last: bool
    history: bool = False


@dataclass(frozen=True)
class Step:
    """What to do: make these requests, and come back when one is answered, or at `wake_at` at the latest."""

    asks: tuple[Ask, ...]
    wake_at: float


class Watch:
    """Follows the targets from `started` (monotonic seconds) on."""

    def __init__(self, targets: Targets, limits: Limits, pace: Pace, *, started: float, rules: Rules = Rules()) -> None:
        self.limits, self.rules, self.started = limits, rules, started
        self.deadline = started + limits.timeout
        self.polls = 0
        self.signal_number: int | None = None
        self.contact_at: float | None = None
        self._was_heard = False
        self._troubled: dict[Group, None] = {}
        self.history = History(wanted=pace.history, plan=pace.plan)
        self.pace = pace
        self._rows: list[list[WatchedRun]] = []
        self._verdicts: set[Verdict] = set()
        self.looks: list[Look] = []
        self._agenda = Agenda(self.deadline)
        self._in_flight = 0
        self._to_merge = False
        for run_id in dict.fromkeys(targets.run_ids):
            self._watch(WatchedRun(run_id=run_id))
        for target in targets.models:
            self._watch(WatchedRun(model=target.model), target)

    def _watch(self, run: WatchedRun, target: ModelTarget | None = None) -> None:
        self._rows.append([run])
        self._add_group([run], due=self.started, contact_at=self.started, target=target)

    def _add_group(
        self,
        runs: list[WatchedRun],
        *,
        due: float,
        contact_at: float,
        target: ModelTarget | None = None,
        alone: bool = False,
    ) -> None:
        group = Group(
            runs=runs,
            schedule=self.pace.make_schedule(),
            retries=self.pace.make_retries(),
            due=due,
            contact_at=contact_at,
            target=target,
            reach=self.history.reach,
            alone=alone,
        )
        self._agenda.put(group, due)

    # What is known

    @property
    def runs(self) -> list[WatchedRun]:
        """Return every watched run, in the order of the command line."""
        return [run for row in self._rows for run in row]

    @property
    def verdict(self) -> Verdict:
        """Return the verdict of the whole wait as it stands; a run without one counts as interrupted."""
        if self.signal_number is not None:
            return Verdict.INTERRUPTED
        return judge([run.verdict or Verdict.INTERRUPTED for run in self.runs], self.rules.require)

    @property
    def troubled(self) -> list[Group]:
        """Return the groups of which no good answer came when they were last asked about."""
        return list(self._troubled)

    @property
    def is_silent(self) -> bool:
        """Tell whether the server gives no usable answer, about some of the runs at least."""
        return any(group.is_silent for group in self._troubled)

    # What to do next

    def next(self, now: float) -> Step | None:
        """Return what to ask and until when to wait, or None when it is over: then every run has its verdict."""
        if why := self._why_decided():
            self._end(Verdict.INTERRUPTED, why)
        if not self._agenda or why:
            return None
        if now >= self.deadline:
            return self._last_step(now)
        if self._to_merge and not self._in_flight:
            self._agenda.merge()
            self._to_merge = False
        asks = tuple(self._ask(group) for group in self._agenda.take_due(now))
        return Step(asks, self._agenda.wake_at)

    def _why_decided(self) -> str:
        """Say why no open run needs to be watched any longer; nothing if it does."""
        if self.signal_number is not None:
            return "The gate was interrupted before the run ended."
        if self.rules.require == Require.ANY and Verdict.PASSED in self._verdicts:
            return "Not watched to its end: another run has passed, and one is enough."
        if self.rules.require == Require.ALL and self.rules.fail_fast and self._verdicts - {Verdict.PASSED}:
            return "Not watched to its end: another run cannot pass any more."
        return ""

    def _last_step(self, now: float) -> Step | None:
        """Look once more at everything that is open, for as long as one request may take."""
        asks = tuple(self._ask(group, last=True) for group in self._agenda if not group.looked_last)
        end = self.deadline + self.limits.request_timeout
        if now < end and self._in_flight:
            return Step(asks, end)
        for run in self.runs:
            if run.is_open:
                run.close(Verdict.TIMED_OUT, self._why_timed_out(run))
        return None

    def _why_timed_out(self, run: WatchedRun) -> str:
        where = f"still {run.progress.word}" if run.progress else "not seen yet"
        last = f" Last error: {run.last_error}" if run.last_error else ""
        return f"The run was {where} when the timeout of {format_duration(self.limits.timeout)} had passed.{last}"

    def _ask(self, group: Group, *, last: bool = False) -> Ask:
        group.in_flight = True
        group.looked_last = last
        self._in_flight += 1
        self.polls += 1
        if group.model is not None and self._asks_for_history(group):
            return Ask(group, ByModel(group.model, len(group.runs) + self.history.reach), last, history=True)
        return Ask(group, group.query, last)

    def _asks_for_history(self, group: Group) -> bool:
        """Tell whether a poll asks for the model's earlier runs as well: not in an outage, the run comes first."""
        known = group.target is None and not group.alone and group.failing_since is None
        return known and self.history.is_due(group.model)

    def _end(self, verdict: Verdict, message: str, reason: Reason | None = None) -> None:
        for run in self.runs:
            if run.is_open:
                run.close(verdict, message, reason)

    def interrupt(self, signal_number: int) -> None:
        """Take note of a signal: the wait is over."""
        self.signal_number = signal_number

    def fail_internally(self, message: str) -> None:
        """Close what is open after a fault of the gate itself."""
        self._end(Verdict.UNKNOWN, message, Reason.INTERNAL)

    # What an answer changes

    def observe(self, ask: Ask, outcome: Answer | Fault, *, now: float, wall: datetime) -> list[Event]:
        """Take in what came of a request, and return what there is to tell."""
        group = ask.group
        group.in_flight = False
        self._in_flight -= 1
        if not group.runs:
            return []
        outcome = usable(ask.query, group.target, outcome)
        self._note_look(Look(wall, outcome.text if isinstance(outcome, Fault) else None))
        if isinstance(outcome, Fault):
            events = self._observe_fault(group, ask, outcome, now)
        else:
            events = self._observe_answer(group, ask, outcome, now, wall)
        for run in group.runs:
            run.observed_s = now - self.started
            if run.verdict is not None:
                self._verdicts.add(run.verdict)
                events.append(Closed(run))
        group.runs = [run for run in group.runs if run.is_open]
        if not group.runs:
            self._agenda.remove(group)
            self._troubled.pop(group, None)
        return events

    def _note_look(self, look: Look) -> None:
        """Keep when the server was asked, for the reports; of very many looks every other one is let go."""
        if len(self.looks) >= MOST_LOOKS:
            self.looks = [each for number, each in enumerate(self.looks) if number % 2 or each.fault]
            self.looks = self.looks[-MOST_LOOKS // 2 :]
        self.looks.append(look)

    def _observe_answer(self, group: Group, ask: Ask, answer: Answer, now: float, wall: datetime) -> list[Event]:
        events: list[Event] = []
        if group.failing_since is not None:
            events.append(Recovered(group.label, now - group.failing_since, group.missing_since is not None))
        label, self.contact_at, self._was_heard = group.label, now, True
        group.recover(now)
        self._troubled.pop(group, None)
        if group.target is not None:
            events += self._pin(group, group.target, answer)
        missing = self._learn(group, answer, now, wall, events)
        if ask.history and group.model is not None:
            events.append(self.history.learn(group.model, answer, {run.run_id for run in self.runs}))
        events += self._compare(group, now)
        if not any(run.is_open for run in group.runs):
            return events
        wait = hinted(self._wait(group, now), answer.retry_after)
        if isinstance(ask.query, ByModel) and group.cover(answer.reading, missing):
            wait = 0.0
        elif missing:
            self._split(group, missing, now)
        self._agenda.put(group, now + wait)
        self._to_merge = True
        return [*events, Looked(label, wait)]

    def _learn(self, group: Group, answer: Answer, now: float, wall: datetime, events: list[Event]) -> list[WatchedRun]:
        """Take in what an answer says of each run; return those of which it says nothing."""
        missing: list[WatchedRun] = []
        for run in group.runs:
            progress = answer.find(run.run_id)
            if progress is None:
                missing.append(run)
            elif run.learn(progress, now=now, wall=wall, answered_at=answer.answered_at):
                events.append(StatusSeen(run, progress.word))
            if run.puzzled_since is not None and now >= run.puzzled_since + self.limits.contact_timeout:
                run.give_up_on_status()
        return missing

    def _wait(self, group: Group, now: float) -> float:
        """Return seconds to the next poll of a group, by the plan for its model, or else by its schedule."""
        plan, ages = self.history.plans.get(group.model or ""), group.ages(now)
        return plan.wait(ages) if plan and ages else group.schedule.wait()

    def _compare(self, group: Group, now: float) -> list[Event]:
        """Tell once of each run that outlasts nearly all earlier ones."""
        forecast = self.history.forecasts.get(group.model or "")
        slow: list[Event] = []
        for run in group.runs:
            run.forecast = forecast
            age = run.age_s(now)
            if forecast and age is not None and run.is_open and not run.is_slow:
                run.is_slow = forecast.survival(age) <= 1 - SLOWER_THAN
                slow += [Slow(run)] if run.is_slow else []
        return slow

    def _pin(self, group: Group, target: ModelTarget, answer: Answer) -> list[Event]:
        """Follow from here on the runs that the answer shows, whatever starts later."""
        watched = {run.run_id for run in self.runs}
        pinned = [
            WatchedRun(run_id=found.id, model=target.model)
            for found in pin(answer.reading.runs, target)
            if found.id not in watched
        ]
        row = next(row for row in self._rows if row[:1] == group.runs)
        row[:], group.runs, group.target = pinned, list(pinned), None
        events: list[Event] = [Pinned(target, tuple(pinned))]
        if self.history.reach:
            events.append(self.history.learn(target.model, answer, {run.run_id for run in self.runs}))
        return events

    def _split(self, group: Group, runs: Sequence[WatchedRun], now: float) -> None:
        """Ask for each of these runs by itself from now on."""
        group.runs = [run for run in group.runs if run not in runs]
        for run in runs:
            self._add_group([run], due=now, contact_at=group.contact_at, alone=True)

    def _observe_fault(self, group: Group, ask: Ask, fault: Fault, now: float) -> list[Event]:
        events: list[Event] = []
        if ask.history and group.model is not None:
            events += self.history.fail(group.model, fault)
            if fault.kind is not FaultKind.CONTACT:  # what the server says of a model is not about the run
                self._agenda.put(group, now)
                return events
        self._was_heard |= fault.answered and not fault.foreign
        if fault.foreign and self._was_heard:
            fault = replace(fault, kind=FaultKind.CONTACT, fix="")
        again = fault.answered and group.missing_since is not None
        group.fail(fault, now)
        group.gives_up_at, why = self._patience(group, fault)
        self._troubled[group] = None
        until = group.gives_up_at
        if fault.answered and isinstance(ask.query, ByModel) and group.target is None and (again or now >= until):
            self._split(group, list(group.runs), now)
            return events
        if now >= until:
            for run in group.runs:
                run.give_up(fault, why)
            return events
        self._agenda.put(group, min(now + hinted(group.retries.wait(), fault.retry_after), until))
        return [*events, Trouble(group.label, fault, group.streak, group.due - now)]

    def _patience(self, group: Group, fault: Fault) -> tuple[float, str]:
        """Return until when a fault may last before it is final, and the words that say so."""
        if fault.answered:
            grace = self.limits.not_found_grace
            return group.missing_until(grace), f"Not found within {format_duration(grace)}."
        if fault.kind in {FaultKind.DENIED, FaultKind.INTERNAL} or (fault.lasting and self.contact_at is None):
            return self.started, ""
        patience = self.limits.contact_timeout
        return group.lost_until(patience), f"No usable answer for {format_duration(patience)}. Last error:"
