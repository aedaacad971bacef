"""The keys of a YAML file, declared once: one declaration reads the file, documents it and gives its JSON Schema.

A record is a frozen dataclass whose fields are made with `key`. `Record(cls)` reads a mapping into it: a wrong value,
an unknown key or a missing one is a UsageError that names the file, the key and what was expected.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, field, fields
from typing import Any, Final, Generic, TypeVar, cast

from gate.core.duration import parse_duration
from gate.core.record import record
from gate.errors import UsageError, nearest

T = TypeVar("T")

_LONGEST_SHOWN: Final = 200  # characters of a wrong value that an error repeats
_SIZE: Final = re.compile(r"(\d{1,15})\s*(B|KB|MB|GB)?", re.IGNORECASE | re.ASCII)
_NO_TIME: Final = re.compile(r"(0+(\.0+)?(ms|[smhd])? *)+")  # which `parse_duration` refuses
_SIZES: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


class WrongValueError(ValueError):
    """Raised by a record's `__post_init__` when values contradict each other: which key, and what was expected."""

    def __init__(self, key: str, expected: str) -> None:
        super().__init__(key, expected)
        self.key, self.expected = key, expected


@record
class Place:
    """Where in a file a value was found."""

    origin: str
    path: str = ""

    def at(self, key: str | int) -> Place:
        if isinstance(key, int):
            return Place(self.origin, f"{self.path}[{key}]")
        return Place(self.origin, f"{self.path}.{key}" if self.path else key)

    def error(self, problem: str, fix: str) -> UsageError:
        return UsageError(f"{self.origin}: {self.path or 'the top level'}: {problem}.", fix)

    def wrong(self, found: object, expected: str) -> UsageError:
        shown = repr(found)
        shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."
        return self.error(f"found {shown}", f"Expected {expected}.")


class Kind(Generic[T]):
    """What may stand at a key. `parse` returns the value that is meant, or raises ValueError or TypeError."""

    def __init__(self, expected: str, parse: Callable[[Any], T], schema: Mapping[str, Any]) -> None:
        self.expected, self.schema, self._parse = expected, schema, parse

    def read(self, found: Any, place: Place) -> T:
        """Return the value that is meant. Raises UsageError."""
        try:
            return self._parse(found)
        except (ValueError, TypeError, UsageError):
            raise place.wrong(found, self.expected) from None


def key(kind: Kind[T], about: str, default: Any = MISSING) -> Any:
    """Declare a key of a record. Without a default it is required; where the default is None, it may be null."""
    declared = {"kind": kind, "about": about, "required": default is MISSING, "default": default}
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata=declared)
    return field(default=default, metadata=declared)


# Plain values


def _only(*types: type) -> Callable[[Any], Any]:
    def parse(found: Any) -> Any:
        if not isinstance(found, types) or (isinstance(found, bool) and bool not in types):
            raise TypeError
        return found

    return parse


def _seconds(found: Any) -> float:
    if isinstance(found, int | float) and not isinstance(found, bool):
        if not math.isfinite(found):
            raise ValueError
        return float(found)
    text = _only(str)(found).strip()
    digits = text[1:] if text[:1] in {"+", "-"} else text
    length = 0.0 if _NO_TIME.fullmatch(digits) else parse_duration(digits)
    return -length if text.startswith("-") else length


def _not_negative(found: Any) -> float:
    if (seconds := _seconds(found)) < 0:
        raise ValueError
    return seconds


def _bytes(found: Any) -> int:
    match = _SIZE.fullmatch(str(found))
    if match is None:
        raise ValueError
    return int(match[1]) * _SIZES[(match[2] or "").upper()]


def whole(least: int, most: float = math.inf) -> Kind[int]:
    def parse(found: Any) -> int:
        if not least <= _only(int)(found) <= most:
            raise ValueError
        return cast("int", found)

    bound = {} if math.isinf(most) else {"maximum": most}
    span = f"{least} or more" if math.isinf(most) else f"from {least} to {most}"
    return Kind(f"a whole number, {span}", parse, {"type": "integer", "minimum": least, **bound})


def choice(words: Collection[str]) -> Kind[str]:
    """Return the kind that takes one of `words`. A bare `null` is YAML's null, and is taken for the word."""

    def parse(found: Any) -> str:
        word = "null" if found is None else found
        if word not in words:
            raise ValueError
        return str(word)

    return Kind(f"one of {', '.join(words)}", parse, {"enum": [*words, *([None] if "null" in words else [])]})


_TIME: Final = {"type": ["number", "string"], "pattern": r"^\s*[+-]?[0-9][0-9.hmsd ]*$"}

TEXT: Final[Kind[str]] = Kind("text", lambda found: str(_only(str, int)(found)), {"type": ["string", "integer"]})
FLAG: Final[Kind[bool]] = Kind("true or false", _only(bool), {"type": "boolean"})
MOMENT: Final[Kind[float]] = Kind("a duration such as 8s, 2m, 1h30m or -5m", _seconds, _TIME)
DURATION: Final[Kind[float]] = Kind("a duration of 0 or more, such as 8s, 2m or 1h30m", _not_negative, _TIME)
NUMBER: Final[Kind[float]] = Kind(
    "a number, 0 or more", lambda found: _not_negative(_only(int, float)(found)), {"type": "number", "minimum": 0}
)
SIZE: Final[Kind[int]] = Kind("a number of bytes such as 1024, 64KB or 50MB", _bytes, {"type": ["integer", "string"]})
BYTES: Final[Kind[bytes]] = Kind(
    "text, or bytes as `!!binary`",
    lambda found: found if isinstance(found, bytes) else str.encode(found),
    {"type": "string"},
)
ANYTHING: Final[Kind[Any]] = Kind("any value", lambda found: found, {})


# Values with values in them


class ListOf(Kind[tuple[T, ...]]):
    """A list. One whose only entry was commented out is an empty one."""

    def __init__(self, kind: Kind[T]) -> None:
        super().__init__(f"a list of: {kind.expected}", tuple, {"type": ["array", "null"], "items": kind.schema})
        self.kind = kind

    def read(self, found: Any, place: Place) -> tuple[T, ...]:
        if not isinstance(found, list | None):
            raise place.wrong(found, "a list")
        return tuple(self.kind.read(each, place.at(index)) for index, each in enumerate(found or ()))


class MapOf(Kind[dict[str, T]]):
    """A mapping whose keys are free."""

    def __init__(self, kind: Kind[T]) -> None:
        schema = {"type": ["object", "null"], "additionalProperties": kind.schema}
        super().__init__("keys and values", dict, schema)
        self.kind = kind

    def read(self, found: Any, place: Place) -> dict[str, T]:
        if not isinstance(found, Mapping | None):
            raise place.wrong(found, "keys and values")
        return {str(name): self.kind.read(each, place.at(str(name))) for name, each in (found or {}).items()}


class Record(Kind[T]):
    """A mapping with declared keys, read into the dataclass `cls`."""

    def __init__(self, cls: type[T]) -> None:
        self.cls = cls
        self.keys: dict[str, Field[Any]] = {each.name: each for each in fields(cast("Any", cls)) if each.metadata}
        schema = {
            "type": "object",
            "properties": {name: _property(each) for name, each in self.keys.items()},
            "required": [name for name, each in self.keys.items() if each.metadata["required"]],
            "additionalProperties": False,
        }
        super().__init__("keys and values, as in `model: Checkout`", cls, schema)

    def read(self, found: Any, place: Place) -> T:
        values: Mapping[Any, Any] = {} if found is None else found
        if not isinstance(values, Mapping):
            raise place.wrong(found, self.expected)
        for name in values:
            if name not in self.keys:
                raise self._unknown(str(name), place)
        given = {name: _value(each, values[name], place) for name, each in self.keys.items() if name in values}
        for name, each in self.keys.items():
            if each.metadata["required"] and name not in given:
                raise place.at(name).error("missing", f"Expected {each.metadata['kind'].expected}.")
        try:
            return self.cls(**given)
        except WrongValueError as error:
            raise place.at(error.key).wrong(values.get(error.key), error.expected) from None

    def _unknown(self, name: str, place: Place) -> UsageError:
        near = nearest(name, self.keys, cutoff=0.6)
        hint = f"Did you mean `{near}`? " if near else ""
        return place.at(name).error("unknown key", f"{hint}Known here: {', '.join(sorted(self.keys))}.")


def _value(declared: Field[Any], found: Any, place: Place) -> Any:
    if found is None and declared.metadata["default"] is None:
        return None
    return declared.metadata["kind"].read(found, place.at(declared.name))


def _property(declared: Field[Any]) -> dict[str, Any]:
    schema = dict(declared.metadata["kind"].schema)
    if declared.metadata["default"] is None and "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = [*kinds, *(["null"] if "null" not in kinds else [])]
    return {"description": declared.metadata["about"], **schema}
