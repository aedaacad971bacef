"""The keys `runs`, `history` and `many` of a scenario, and the runs that they stand for."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gate.declare import DURATION, MOMENT, NUMBER, TEXT, Kind, ListOf, MapOf, Place, Record, WrongValueError, key, whole
from gate.simulator.runs import PlannedRun, RunTemplate, stable_id

_STAGGER: Final = 0.001  # seconds between the starts of `many`, so that newest first is one order and not any
_NOWHERE: Final = Place("")


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
            template = RunTemplate(
                start=-self.every * (len(lengths) - index) - length,
                duration=length,
                outcome=outcomes[index % len(outcomes)],
                agent=self.agent,
            )
            yield template.plan(stable_id(f"{self.model}/history/{name}/{index}"), self.model)


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
                template = RunTemplate(
                    start=self.start - (self.runs - 1 - index) * _STAGGER,
                    outcome=chance.choices(words, weights)[0],
                    duration=chance.uniform(*self.duration),
                )
                yield template.plan(stable_id(f"{model}/{index}"), model)
