"""Which requests go wrong: what every fault of a scenario has, whatever its kind.

A kind is a subclass with its own keys. `lies` holds those that have an `answer` of their own, `wire` those that `send`
it badly.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final, TypeVar

from gate.declare import ANYTHING, DURATION, FLAG, MOMENT, NUMBER, TEXT, Kind, MapOf, Place, Record, key, whole
from gate.simulator.answers import Answer, Exchange
from gate.simulator.listener import Connection

PROGRESS: Final = "/api/run/progress"

Selector = Callable[[str, int], bool]
"""Whether a request is meant, by its path and its number on that path, counted from 1."""


@dataclass(frozen=True, kw_only=True)
class _Chance:
    chance: float = key(NUMBER, "the share of requests", 0.5)
    seed: int = key(whole(0), "the same seed hits the same requests", 1)


@dataclass(frozen=True, kw_only=True)
class _DateIn:
    date_in: float = key(MOMENT, "seconds until the date that the header names")


def _selector(found: Any) -> Selector:
    if isinstance(found, Mapping):
        law = Record(_Chance).read(found, Place("requests"))

        def select(path: str, number: int) -> bool:
            chance = random.Random(f"{law.seed} {path} {number}")  # noqa: S311 - a simulation, not a secret
            return chance.random() < law.chance

        return select
    if found == "all":
        return lambda _path, _number: True
    if isinstance(found, str):
        return _by_words(found)
    numbers = found if isinstance(found, list) else [found]
    if not numbers or not all(type(one) is int and one > 0 for one in numbers):
        raise ValueError
    return lambda _path, number: number in numbers


def _by_words(words: str) -> Selector:
    if match := re.fullmatch(r"every ([1-9]\d*)", words):
        step = int(match[1])
        return lambda _path, number: number % step == 0
    match = re.fullmatch(r"(\d+)-(\d*)", words)
    if match is None:
        raise ValueError
    first, last = int(match[1]), float(match[2] or "inf")
    return lambda _path, number: first <= number <= last


def _hint(found: Any) -> str | float:
    """Return the header as it is sent, or, for `{date_in: 5s}`, the seconds until the date that it names."""
    if isinstance(found, Mapping):
        return Record(_DateIn).read(found, Place("retry_after")).date_in
    return TEXT.read(found, Place("retry_after"))


REQUESTS: Final[Kind[Selector]] = Kind(
    '3, [3, 5], "3-7", "3-", "every 4", {chance: 0.2, seed: 7} or all',
    _selector,
    {
        "anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
            {"type": "string", "pattern": r"^(all|\d+-\d*|every [1-9]\d*)$"},
            Record(_Chance).schema,
        ]
    },
)
RETRY_AFTER: Final[Kind[str | float]] = Kind(
    "5, text, or {date_in: 5s}", _hint, {"anyOf": [TEXT.schema, Record(_DateIn).schema]}
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One entry of `faults`. The first that fits a request happens to it."""

    kind: ClassVar[str]
    about: ClassVar[str]

    requests: Selector = key(REQUESTS, "which requests, counted per path from 1", REQUESTS.read("all", Place("")))
    path: str = key(TEXT, "the path, or a pattern such as `/auth*` or `*`; the default stands for every poll", PROGRESS)
    after: float = key(DURATION, "only from then on, counted like the start of a run", 0.0)
    until: float | None = key(DURATION, "and only until then", None)
    executed: bool = key(FLAG, "do what was asked, such as start a run, although the answer is lost", False)
    headers: Mapping[str, str] = key(MapOf(TEXT), "more headers", {})
    retry_after: str | float | None = key(RETRY_AFTER, "a Retry-After header", None)

    def hits(self, path: str, number: int, now: float) -> bool:
        in_time = now >= self.after and (self.until is None or now < self.until)
        return in_time and fnmatchcase(path, self.path) and self.requests(path, number)

    def play(self, connection: Connection, exchange: Exchange) -> None:
        """Do what goes wrong. What was asked is executed where `executed` is set or the true answer is needed."""
        if self.executed:
            _ = exchange.answer  # which is made once, and does what was asked
        self.happen(connection, exchange)

    def happen(self, connection: Connection, exchange: Exchange) -> None:
        """Send an answer, with the headers that this fault adds; a kind without an answer does something else."""
        answer = self.answer(exchange)
        headers = {**answer.headers, **self.headers}
        if self.retry_after is not None:
            hint = self.retry_after
            headers["Retry-After"] = hint if isinstance(hint, str) else connection.date(hint)
        self.send(connection, replace(answer, headers=headers))

    def answer(self, exchange: Exchange) -> Answer:
        """Return the answer that is sent: a lie, or the true one."""
        return exchange.answer

    def send(self, connection: Connection, answer: Answer) -> None:
        """Send the answer, well or badly."""
        connection.deliver(answer)


KINDS: Final[dict[str, type[Fault]]] = {}
"""Every kind of fault by its name."""

F = TypeVar("F", bound=Fault)


def kind(name: str, about: str) -> Callable[[type[F]], type[F]]:
    """Declare a kind of fault: its name in a scenario, and what happens."""

    def add(cls: type[F]) -> type[F]:
        cls.kind, cls.about = name, about
        made = dataclass(frozen=True, kw_only=True)(cls)
        KINDS[name] = made
        return made

    return add


class AnyFault(Kind[Fault]):
    """A fault: its `kind` decides which keys it may have; a `status` alone is a kind of its own."""

    def __init__(self) -> None:
        right = f"a `status` such as 503, or one of {', '.join(KINDS)}"
        super().__init__(right, ANYTHING.read, self._describe())  # type: ignore[arg-type]  # `read` is overridden

    def _describe(self) -> dict[str, Any]:
        forms = []
        for name, cls in KINDS.items():
            form = dict(Record(cls).schema)
            allowed = [name, None] if name == "null" else [name]
            form["properties"] = {"kind": {"enum": allowed, "description": cls.about}, **form["properties"]}
            form["required"] = [*form["required"], *(["kind"] if name != "status" else [])]
            forms.append(form)
        return {"anyOf": forms}

    def read(self, found: Any, place: Place) -> Fault:
        if not isinstance(found, Mapping):
            raise place.wrong(found, "keys and values, as in `status: 503`")
        if not found.keys() & {"kind", "status"}:
            raise place.at("kind").error("missing", f"Expected {self.expected}.")
        name = found.get("kind", "status")
        name = "null" if name is None else name
        if name not in KINDS:
            raise place.at("kind").wrong(name, f"one of {', '.join(KINDS)}")
        return Record(KINDS[name]).read({each: value for each, value in found.items() if each != "kind"}, place)
