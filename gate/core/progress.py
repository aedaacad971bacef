"""What the server said of its runs: read from an answer as the description of its API says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from gate.core.api import Api
from gate.core.description import Status
from gate.core.record import record
from gate.core.text import LONGEST_NAME, ascii_lower, shorten
from gate.core.times import parse_time

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One run as one answer described it. Times are as the server wrote them: see `times.true_end`."""

    id: str
    word: str
    status: Status
    model: str | None = None
    type: str | None = None
    agent: str | None = None
    process_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@record(kw_only=True)
class Unreadable:
    """An entry of an answer that could not be read: why, and what it says of itself all the same."""

    why: str
    id: str | None = None
    model: str | None = None
    started_at: datetime | None = None


@record
class Reading:
    """The runs that an answer described, and what in it could not be read."""

    runs: tuple[Progress, ...]
    unreadable: tuple[Unreadable, ...] = ()

    @cached_property
    def _about(self) -> Callable[[str], list[Progress | Unreadable]]:
        entries: tuple[Progress | Unreadable, ...] = (*self.runs, *self.unreadable)
        return _by_id((entry.id, entry) for entry in entries if entry.id is not None)

    def find(self, run_id: str) -> Progress | None:
        """Return what was said of that run, None where nothing is.

        Raises AmbiguousError if the answer says two things of it, or one that cannot be read.
        """
        if len(self.unreadable) > _NAMED:
            raise AmbiguousError(f"The answer holds more than {_NAMED} entries that cannot be read")
        same = self._about(run_id)
        said = {entry.status: entry for entry in same if isinstance(entry, Progress)}
        unreadable = [entry.why for entry in same if isinstance(entry, Unreadable)]
        if unreadable:
            raise AmbiguousError(f"The answer holds {unreadable[0]}")
        if len(said) > 1:
            words = " and ".join(run.word for run in said.values())
            raise AmbiguousError(f"The answer says {words} of the same run")
        return next(iter(said.values()), None)


class AmbiguousError(ValueError):
    """An answer that does not say one thing of a run."""


def same_id(one: str, other: str) -> bool:
    """Return whether two ids name the same run: letter for letter, or as UUIDs, whose case does not matter."""
    if one == other:
        return True
    if ascii_lower(one) != ascii_lower(other):
        return False
    from uuid import UUID  # noqa: PLC0415 - hardly ever needed, and slow to import

    try:
        return UUID(one) == UUID(other)
    except ValueError:
        return False


def distinct(run_ids: Sequence[str]) -> tuple[str, ...]:
    """Return ids in their order, of those that name the same run the first."""
    same = _by_id((each, each) for each in run_ids)
    return tuple(each for each in dict.fromkeys(run_ids) if each == same(each)[0])


def others(runs: Iterable[Progress], run_ids: Iterable[str]) -> list[Progress]:
    """Return the runs that none of these ids names."""
    same = _by_id((each, each) for each in run_ids)
    return [run for run in runs if not same(run.id)]


def _by_id(named: Iterable[tuple[str, T]]) -> Callable[[str], list[T]]:
    """Return what finds those of the values whose id names the same run as another."""
    alike: dict[str, list[tuple[str, T]]] = {}
    for run_id, value in named:
        alike.setdefault(ascii_lower(run_id), []).append((run_id, value))
    return lambda wanted: [value for each, value in alike.get(ascii_lower(wanted), ()) if same_id(each, wanted)]


# The most unreadable entries that are kept by themselves: an answer of eight megabytes could hold three million.
_NAMED = 10


def parse(body: Any, api: Api) -> Reading:
    """Read a decoded JSON answer: one run, a list of runs, or null for none, where `api` says they stand.

    Only an id and a status matter; an entry without them is kept as unreadable. Any other fact may be missing, null, or
    of another type.
    """
    try:
        entries = _entries(body, api)
    except ValueError as error:
        return Reading((), (Unreadable(why=str(error)),))
    runs: list[Progress] = []
    unreadable: list[Unreadable] = []
    for entry in entries:
        run = _parse_run(entry, api)
        if isinstance(run, Progress):
            runs.append(run)
        elif len(unreadable) < _NAMED:
            unreadable.append(run)
        elif len(unreadable) == _NAMED:
            unreadable.append(Unreadable(why="more entries that cannot be read"))
    return Reading(tuple(runs), tuple(unreadable))


def _entries(body: Any, api: Api) -> Iterable[Any]:
    """Return the entries of an answer. Raises ValueError where none can be found, or two places hold some."""
    answer = api.answer
    found = body
    if answer.runs:
        found = _at(body, answer.runs)
        if found is _MISSING:
            raise ValueError(f"an answer without {answer.runs!r} ({_keys(body)})")
    elif answer.wrapper and isinstance(body, Mapping) and isinstance(body.get(answer.wrapper), list):
        if any(_at(body, path) is not _MISSING for path in (answer.id, answer.status)):
            raise ValueError(f"an answer that is a run and holds {answer.wrapper!r} as well")
        found = body[answer.wrapper]
    return [] if found is None else found if isinstance(found, list) else [found]


def _parse_run(entry: Any, api: Api) -> Progress | Unreadable:
    if not isinstance(entry, Mapping):
        return Unreadable(why=f"expected a run, found {_kind(entry)}")
    answer = api.answer

    def text(path: str) -> str | None:
        found = _text(_at(entry, path))
        return shorten(found) if found and found.strip() else None

    run_id, word = _text(_at(entry, answer.id)), _at(entry, answer.status)
    started_at = parse_time(_at(entry, answer.started_at))
    if not run_id:
        why = f"a run without an id ({_keys(entry)})"
    elif len(run_id) > LONGEST_NAME:  # cut, it might be another run's
        run_id, why = None, f"a run with an id of more than {LONGEST_NAME} characters"
    elif isinstance(word, bool) or not isinstance(word, str | int):
        why = f"a run whose status is {_kind(word)}"
    else:
        return Progress(
            id=run_id,
            word=shorten(str(word)),
            status=api.status_of(str(word)),
            model=text(answer.model),
            type=text(answer.type),
            agent=text(answer.agent),
            process_id=text(answer.process_id),
            started_at=started_at,
            ended_at=parse_time(_at(entry, answer.ended_at)),
        )
    return Unreadable(why=why, id=run_id, model=text(answer.model), started_at=started_at)


_MISSING = object()


def _at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path of keys, or `_MISSING`; nothing stands at an empty one."""
    if not path:
        return _MISSING
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return _MISSING
        value = value[key]
    return value


def _text(value: Any) -> str | None:
    """Return a text, or a whole number as text, else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _keys(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return _kind(entry)
    return f"keys: {', '.join(shorten(str(key)) for key in list(entry)[:12]) or 'none'}"


def _kind(value: Any) -> str:
    if value is _MISSING:
        return "missing"
    names = {type(None): "null", bool: "a boolean", str: "text", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")
