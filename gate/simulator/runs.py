"""The simulated runs: what each one is at a given moment, and which of them a question is about."""

from __future__ import annotations

import threading
import uuid
from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Any, Final

from gate.core.api import RUN_PROGRESS
from gate.core.description import Status

_ACTIVE: Final = frozenset(
    {"queued", "paused", "starting"}
)  # inferred; what the built-in API calls running comes first
_FIRST_PROCESS: Final = 1_453_800_000
_NAMES: Final = uuid.UUID("cecaf3f5-c071-46b2-8918-924420e3f954")


def stable_id(name: str) -> str:
    """Return the same run id for the same name, in every session."""
    return str(uuid.uuid5(_NAMES, name))


@dataclass(frozen=True, slots=True)
class Phase:
    """From `at` seconds after the run's start on, the run has this status word."""

    at: float
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One run from beginning to end. Times are seconds: `start` from the scenario's zero, the others from `start`."""

    id: str
    model: str
    phases: tuple[Phase, ...]
    start: float = 0.0
    agent: str | None = None
    username: str = ""
    type: str = "model"
    visible_after: float = 0.0
    vanish_after: float | None = None
    answer: tuple[tuple[str, Any], ...] = ()
    processid: int = 0

    def is_visible(self, now: float) -> bool:
        age = now - self.start
        return age >= max(0.0, self.visible_after) and (self.vanish_after is None or age < self.vanish_after)

    def phase(self, now: float) -> Phase | None:
        """Return the phase the run is in, None before its start."""
        age = now - self.start
        begun = [phase for phase in self.phases if phase.at <= age]
        return begun[-1] if begun else None

    def has_ended(self, phase: Phase) -> bool:
        """Return whether the phase is an end: by its word, or as the last one whose word does not mean running."""
        meaning = RUN_PROGRESS.status_of(phase.status)
        if meaning is Status.UNRECOGNISED:
            return phase is self.phases[-1] and phase.status.lower() not in _ACTIVE
        return meaning is not Status.RUNNING

    def aborted(self, now: float, status: str) -> PlannedRun:
        age = now - self.start
        before = tuple(phase for phase in self.phases if phase.at <= age)
        return replace(self, phases=(*before, Phase(age, status)))


@dataclass(frozen=True, slots=True)
class RunState:
    """A simulated run as it is now. A run to come has no status; times are seconds from the scenario's zero."""

    id: str
    model: str
    status: str | None
    processid: int
    started: float
    ended: float | None


def _start(run: PlannedRun) -> float:
    return run.start


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
            insort(self._by_model.setdefault(known.model, []), known, key=_start)
            return known

    def abort(self, processid: int, now: float, status: str) -> bool:
        """End the run of that process. False where there is none, or it has ended already."""
        with self._lock:
            run = self._by_id.get(self._by_process.get(processid, ""))
            phase = run.phase(now) if run else None
            if run is None or phase is None or run.has_ended(phase):
                return False
            ended = run.aborted(now, status)
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
            begun = runs[: bisect_right(runs, now, key=_start)]
        return list(islice((run for run in reversed(begun) if run.is_visible(now)), limit))

    def states(self, now: float) -> list[RunState]:
        with self._lock:
            runs = list(self._by_id.values())
        return [_state(run, run.phase(now)) for run in runs]


def _state(run: PlannedRun, phase: Phase | None) -> RunState:
    ended = run.start + phase.at if phase and run.has_ended(phase) else None
    return RunState(run.id, run.model, phase.status if phase else None, run.processid, run.start, ended)
