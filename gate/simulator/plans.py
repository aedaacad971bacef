"""The runs of a scenario: the keys of `runs`, `started`, `history` and `many`, and the runs that they stand for."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gate.declare import (
    ANYTHING,
    DURATION,
    MOMENT,
    NUMBER,
    TEXT,
    Kind,
    ListOf,
    MapOf,
    Place,
    Record,
    WrongValueError,
    key,
    whole,
)
from gate.simulator.runs import Phase, PlannedRun, stable_id

_STAGGER: Final = 0.001  # seconds between the starts of `many`, so that newest first is one order and not any
_NOWHERE: Final = Place("")


def _length(found: Any) -> float:
    return math.inf if found == "never" else DURATION.read(found, _NOWHERE)


def _span(found: Any) -> tuple[float, float]:
    shortest, longest = (DURATION.read(each, _NOWHERE) for each in found)
    if shortest > longest:
        raise ValueError
    return shortest, longest


def _shares(found: Any) -> Mapping[str, float]:
    shares = MapOf(NUMBER).read(found, _NOWHERE) if isinstance(found, Mapping) else {TEXT.read(found, _NOWHERE): 1.0}
    if not sum(shares.values()):
        raise ValueError
    return shares


_LENGTH: Final = Kind(
    "a duration, or never", _length, {**DURATION.schema, "pattern": r"^(never|\s*[0-9][0-9.hmsd ]*)$"}
)
_SPAN: Final = Kind(
    "the shortest and the longest, such as [2s, 20s]",
    _span,
    {"type": "array", "items": DURATION.schema, "minItems": 2, "maxItems": 2},
)
_SHARES: Final = Kind(
    "a status word, or shares such as {Passed: 0.9, Failed: 0.1}",
    _shares,
    {"anyOf": [TEXT.schema, {"type": "object", "additionalProperties": NUMBER.schema, "minProperties": 1}]},
)


@dataclass(frozen=True, kw_only=True)
class PhaseKeys:
    """One status of a run."""

    at: float = key(DURATION, "from this long after the run's start", 0.0)
    status: str = key(TEXT, "the status word")


@dataclass(frozen=True, kw_only=True)
class RunTemplate:
    """What a run is like, but for its id and its model."""

    start: float = key(MOMENT, "when it starts, counted from the scenario's start; negative: before it", 0.0)
    duration: float = key(_LENGTH, "how long it runs; `never`: it does not end", 8.0)
    outcome: str = key(TEXT, "the status word that it ends with, any", "Passed")
    statuses: tuple[PhaseKeys, ...] | None = key(
        ListOf(Record(PhaseKeys)), "all statuses, the first `at: 0s`; in place of `duration` and `outcome`", None
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
        if self.statuses is None:
            phases = _outcome(self.outcome, self.duration)
        else:
            phases = tuple(Phase(each.at, each.status) for each in self.statuses)
        return PlannedRun(
            id=run_id,
            model=model,
            phases=phases,
            start=zero + self.start,
            agent=self.agent,
            username=self.username,
            type=self.type,
            visible_after=self.visible_after,
            vanish_after=self.vanish_after,
            answer=tuple(self.answer.items()),
        )


def _outcome(outcome: str, length: float) -> tuple[Phase, ...]:
    running = Phase(0.0, "Running")
    return (running,) if math.isinf(length) else (running, Phase(length, outcome))


@dataclass(frozen=True, kw_only=True)
class Run(RunTemplate):
    """One run."""

    model: str = key(TEXT, "the name of its model")
    id: str | None = key(TEXT, "its id; left out: a UUID, the same in every session", None)

    def planned(self, name: str, zero: float = 0.0) -> PlannedRun:
        return self.plan(self.id or stable_id(f"{self.model}/{name}"), self.model, zero)


@dataclass(frozen=True, kw_only=True)
class Generated:
    """Log-normal durations."""

    count: int = key(whole(1), "how many")
    median: float = key(DURATION, "their median", 60.0)
    spread: float = key(NUMBER, "the standard deviation of their logarithm", 0.2)
    seed: int = key(whole(0), "the same seed makes the same durations", 1)

    def lengths(self) -> tuple[float, ...]:
        chance = random.Random(self.seed)  # noqa: S311 - a simulation, not a secret
        return tuple(self.median * math.exp(chance.gauss(0, self.spread)) for _ in range(self.count))


@dataclass(frozen=True, kw_only=True)
class History:
    """Runs of one model that had ended before the scenario's start, the last of them `every` before it."""

    model: str = key(TEXT, "the name of the model")
    durations: tuple[float, ...] | None = key(ListOf(DURATION), "how long they ran, oldest first", None)
    generate: Generated | None = key(Record(Generated), "log-normal durations in place of `durations`", None)
    outcomes: tuple[str, ...] = key(ListOf(TEXT), "status words, taken in turn", ("Passed",))
    every: float = key(DURATION, "the time from one end to the next", 86_400.0)
    agent: str | None = key(TEXT, "the name of their agent", None)

    def __post_init__(self) -> None:
        if (self.durations is None) == (self.generate is None):
            raise WrongValueError("durations", "a list of durations such as [8s, 2m, 95], or `generate`")

    def planned(self, name: str) -> Iterator[PlannedRun]:
        lengths = self.generate.lengths() if self.generate else self.durations or ()
        outcomes = self.outcomes or ("Passed",)
        for index, length in enumerate(lengths):
            yield PlannedRun(
                id=stable_id(f"{self.model}/history/{name}/{index}"),
                model=self.model,
                phases=_outcome(outcomes[index % len(outcomes)], length),
                start=-self.every * (len(lengths) - index) - length,
                agent=self.agent,
            )


@dataclass(frozen=True, kw_only=True)
class Many:
    """Runs for a test of scale: of each of the models `model-001` and so on as many as `runs`, started together."""

    models: int = key(whole(1), "how many models", 100)
    runs: int = key(whole(1), "how many runs of each", 100)
    duration: tuple[float, float] = key(_SPAN, "the shortest and the longest duration", (2.0, 20.0))
    outcome: Mapping[str, float] = key(_SHARES, "a status word, or words with their shares", {"Passed": 1.0})
    start: float = key(MOMENT, "when they start, counted from the scenario's start", 0.0)
    seed: int = key(whole(0), "the same seed makes the same runs", 1)

    def planned(self) -> Iterator[PlannedRun]:
        chance = random.Random(self.seed)  # noqa: S311 - a simulation, not a secret
        words, weights = list(self.outcome), list(self.outcome.values())
        for model in (f"model-{number:03d}" for number in range(1, self.models + 1)):
            for index in range(self.runs):
                yield PlannedRun(
                    id=stable_id(f"{model}/{index}"),
                    model=model,
                    phases=_outcome(chance.choices(words, weights)[0], chance.uniform(*self.duration)),
                    start=self.start - (self.runs - 1 - index) * _STAGGER,
                )
