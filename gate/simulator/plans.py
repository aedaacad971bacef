"""What a scenario says of runs, turned into runs: those of `runs`, `history` and `many`."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gate.simulator.runs import Phase, PlannedRun
from gate.simulator.section import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator.section import Section

_NAMES: Final = uuid.UUID("cecaf3f5-c071-46b2-8918-924420e3f954")
_STAGGER: Final = 0.001  # seconds between the starts of `many`, so that newest first is one order and not any


def stable_id(name: str) -> str:
    """Return the same run id for the same name, in every session."""
    return str(uuid.uuid5(_NAMES, name))


def parse_run(entry: Section, name: str, *, zero: float = 0.0) -> PlannedRun:
    """Read one run. `name` makes its id when none is given, `zero` is what its start counts from."""
    with entry as keys:
        model = keys.text("model")
        return _run(keys, keys.text("id", stable_id(f"{model}/{name}")), model, zero)


def parse_template(entry: Section) -> PlannedRun:
    """Read what is the same for all runs that will be started: everything but id and model."""
    with entry as keys:
        return _run(keys, "", "", 0.0)


def _run(keys: Section, run_id: str, model: str, zero: float) -> PlannedRun:
    return PlannedRun(
        id=run_id,
        model=model,
        phases=_phases(keys),
        start=zero + keys.moment("start"),
        agent=keys.optional_text("agent"),
        username=keys.text("username", ""),
        type=keys.text("type", "model"),
        visible_after=keys.duration("visible_after", 0),
        vanish_after=keys.optional_duration("vanish_after"),
    )


def _phases(keys: Section) -> tuple[Phase, ...]:
    outcome = keys.text("outcome", "Passed")
    endless = keys.value("duration") == "never"
    length = math.inf if endless else keys.duration("duration", 8)
    if not keys.has("statuses"):
        return _outcome(outcome, length)
    if keys.has("outcome") or keys.has("duration"):
        raise keys.wrong("statuses", "either `statuses`, or `outcome` and `duration`, not both")
    phases = tuple(_phase(entry) for entry in keys.sections("statuses"))
    moments = [phase.at for phase in phases]
    if not phases or moments[0] != 0 or moments != sorted(moments):
        raise keys.wrong("statuses", "a list that begins `at: 0s` and goes on in the order of time")
    return phases


def _phase(entry: Section) -> Phase:
    with entry as keys:
        return Phase(keys.duration("at", 0), keys.text("status"))


def _outcome(outcome: str, length: float) -> tuple[Phase, ...]:
    running = Phase(0.0, "Running")
    return (running,) if math.isinf(length) else (running, Phase(length, outcome))


def parse_history(entry: Section, name: str) -> Iterator[PlannedRun]:
    """Read runs of one model that had all ended before the scenario began, one every so often."""
    with entry as keys:
        model, every = keys.text("model"), keys.duration("every", 3600)
        lengths = _generated(keys) if keys.has("generate") else _durations(keys, "durations")
        outcomes = keys.texts("outcomes") or ("Passed",)
        agent = keys.optional_text("agent")
    for index, length in enumerate(lengths):
        end = -every * (len(lengths) - index)
        yield PlannedRun(
            id=stable_id(f"{model}/history/{name}/{index}"),
            model=model,
            phases=_outcome(outcomes[index % len(outcomes)], length),
            start=end - length,
            agent=agent,
        )


def _durations(keys: Section, key: str) -> tuple[float, ...]:
    found = keys.value(key)
    lengths = [seconds(one) for one in found] if isinstance(found, list) else [None]
    if not all(length is not None and length >= 0 for length in lengths):
        raise keys.wrong(key, "a list of durations such as [8s, 2m, 95]")
    return tuple(length for length in lengths if length is not None)


def _generated(keys: Section) -> tuple[float, ...]:
    """Return log-normal durations; `spread` is the standard deviation of their logarithm."""
    with keys.section("generate") as law:
        how_many, median = law.whole("count"), law.duration("median", 60)
        spread, seed = law.number("spread", 0.2), law.whole("seed", 1, least=0)
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    return tuple(median * math.exp(chance.gauss(0, spread)) for _ in range(how_many))


def parse_many(entry: Section) -> Iterator[PlannedRun]:
    """Read the scale test: `models` times `runs` runs, that all start together."""
    with entry as keys:
        models, runs = keys.whole("models", 100), keys.whole("runs", 100)
        shortest, longest = _span(keys)
        words, weights = _outcomes(keys)
        start, seed = keys.moment("start"), keys.whole("seed", 1, least=0)
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    for model in (f"model-{number:03d}" for number in range(1, models + 1)):
        for index in range(runs):
            yield PlannedRun(
                id=stable_id(f"{model}/{index}"),
                model=model,
                phases=_outcome(chance.choices(words, weights)[0], chance.uniform(shortest, longest)),
                start=start - (runs - 1 - index) * _STAGGER,
            )


def _span(keys: Section) -> tuple[float, float]:
    if not keys.has("duration"):
        return 2.0, 20.0
    span = _durations(keys, "duration")
    if len(span) != 2 or span[0] > span[1]:
        raise keys.wrong("duration", "the shortest and the longest, such as [2s, 20s]")
    return span[0], span[1]


def _outcomes(keys: Section) -> tuple[list[str], list[float]]:
    if not isinstance(keys.value("outcome", "Passed"), Mapping):
        return [keys.text("outcome", "Passed")], [1.0]
    shares = keys.section("outcome")
    words = shares.keys()
    weights = [shares.number(word, 0) for word in words]
    if not sum(weights):
        raise keys.wrong("outcome", "a status word, or shares such as {Passed: 0.9, Failed: 0.1}")
    return words, weights
