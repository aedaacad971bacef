"""The simulated runs: what each one is at a given moment, and which of them a question is about."""

from __future__ import annotations

import math
import threading
import uuid
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count, islice
from operator import attrgetter
from typing import Any, Final

from gate.core.api import RUN_PROGRESS
from gate.core.description import Status
from gate.declare import ANYTHING, DURATION, MOMENT, TEXT, Kind, ListOf, MapOf, Place, Record, WrongValueError, key

_ACTIVE: Final = {"queued", "paused", "starting"}  # inferred; what the built-in API calls running comes first
_FIRST_PROCESS: Final = 1_453_800_000
_NAMES: Final = uuid.UUID("cecaf3f5-c071-46b2-8918-924420e3f954")


def stable_id(name: str) -> str:
    """Return the same run id for the same name, in every session."""
    return str(uuid.uuid5(_NAMES, name))


_LENGTH: Final = Kind(
    "a duration, or never",
    lambda found: math.inf if found == "never" else DURATION.read(found, Place("")),
    {**DURATION.schema, "pattern": r"^(never|\s*[0-9][0-9.hmsd ]*)$"},
)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One status of a run."""

    at: float = key(DURATION, "from this long after the run's start", 0.0)
    status: str = key(TEXT, "the status word")


@dataclass(frozen=True, kw_only=True)
class RunTemplate:
    """What a run is like, but for its id and its model."""

    start: float = key(MOMENT, "when it starts, counted from the scenario's start; negative: before it", 0.0)
    duration: float = key(_LENGTH, "how long it runs; `never`: it does not end", 8.0)
    outcome: str = key(TEXT, "the status word that it ends with, any", "Passed")
    statuses: tuple[Phase, ...] | None = key(
        ListOf(Record(Phase)), "all statuses, the first `at: 0s`; in place of `duration` and `outcome`", None
    )
    agent: str | None = key(TEXT, "the name of its agent", None)
    username: str = key(TEXT, "the account that it was started with", "")
    type: str = key(TEXT, "`model` or `testcase`", "model")
    visible_after: float = key(DURATION, "unknown to the server for this long (seen: 14 to 72 ms)", 0.0)
    vanish_after: float | None = key(DURATION, "no longer known to the server this long after its start", None)
    answer: Mapping[str, Any] = key(
        MapOf(ANYTHING), "values in place of the true ones, such as `{starttime: null}`", {}
    )

    def __post_init__(self) -> None:
        if self.statuses is None:
            return
        moments = [phase.at for phase in self.statuses]
        if not moments or moments[0] != 0 or moments != sorted(moments):
            raise WrongValueError("statuses", "a list that begins with `at: 0s`, in the order of time")
        if (self.duration, self.outcome) != (8.0, "Passed"):
            raise WrongValueError("statuses", "either `statuses`, or `outcome` and `duration`, not both")

    def plan(self, run_id: str, model: str, zero: float = 0.0) -> PlannedRun:
        """Return the run that is meant; `zero` is what its start counts from."""
        phases = self.statuses or (Phase(status="Running"), Phase(at=self.duration, status=self.outcome))
        return PlannedRun(id=run_id, model=model, phases=phases, start=zero + self.start, template=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One run from beginning to end. Its `start` is in seconds from the scenario's zero, its phases from there."""

    id: str
    model: str
    phases: tuple[Phase, ...]
    start: float
    template: RunTemplate
    processid: int = 0

    def is_visible(self, now: float) -> bool:
        age, vanish_after = now - self.start, self.template.vanish_after
        return age >= self.template.visible_after and (vanish_after is None or age < vanish_after)

    def phase(self, now: float) -> Phase | None:
        """Return the phase the run is in, None before its start."""
        begun = self.begun(now)
        return begun[-1] if begun else None

    def begun(self, now: float) -> tuple[Phase, ...]:
        return tuple(phase for phase in self.phases if phase.at <= now - self.start)

    def has_ended(self, phase: Phase) -> bool:
        """Return whether the phase is an end: by its word, or as the last one whose word does not mean running."""
        meaning = RUN_PROGRESS.status_of(phase.status)
        if meaning is Status.UNRECOGNISED:
            return phase is self.phases[-1] and phase.status.lower() not in _ACTIVE
        return meaning is not Status.RUNNING

    def state(self, now: float) -> RunState:
        phase = self.phase(now)
        ended = self.start + phase.at if phase and self.has_ended(phase) else None
        return RunState(self.id, self.model, phase.status if phase else None, self.processid, self.start, ended)


@dataclass(frozen=True, slots=True)
class RunState:
    """A simulated run as it is now. A run to come has no status; times are seconds from the scenario's zero."""

    id: str
    model: str
    status: str | None
    processid: int
    started: float
    ended: float | None


_START: Final = attrgetter("start")


class Ledger:
    """All runs, found by id, by model and by process. Safe to use from many threads."""

    def __init__(self, runs: Iterable[PlannedRun]) -> None:
        self._lock = threading.Lock()
        self._numbers = count(_FIRST_PROCESS)
        self._by_id: dict[str, PlannedRun] = {}
        self._by_process: dict[int, str] = {}
        self._by_model: dict[str, list[PlannedRun]] = {}
        for run in runs:
            self.add(run)

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, run: PlannedRun) -> PlannedRun:
        """Add a run, give it a process, and return it."""
        with self._lock:
            known = replace(run, processid=next(self._numbers))
            self._by_id[known.id] = known
            self._by_process[known.processid] = known.id
            insort(self._by_model.setdefault(known.model, []), known, key=_START)
            return known

    def abort(self, processid: int, now: float, status: str) -> bool:
        """End the run of that process. False where there is none, or it has ended already."""
        with self._lock:
            run = self._by_id.get(self._by_process.get(processid, ""))
            phase = run.phase(now) if run else None
            if run is None or phase is None or run.has_ended(phase):
                return False
            ended = replace(run, phases=(*run.begun(now), Phase(at=now - run.start, status=status)))
            self._by_id[run.id] = ended
            runs = self._by_model[run.model]
            runs[runs.index(run)] = ended
            return True

    def has_model(self, model: str) -> bool:
        return model in self._by_model

    def run(self, run_id: str) -> PlannedRun | None:
        return self._by_id.get(run_id)

    def newest(self, model: str, now: float, limit: int | None) -> list[PlannedRun]:
        """Return the model's visible runs, newest first by their start."""
        with self._lock:
            runs = self._by_model.get(model, [])
            begun = runs[: bisect_right(runs, now, key=_START)]
        return list(islice((run for run in reversed(begun) if run.is_visible(now)), limit))

    def states(self, now: float) -> list[RunState]:
        with self._lock:
            runs = list(self._by_id.values())
        return [run.state(now) for run in runs]
