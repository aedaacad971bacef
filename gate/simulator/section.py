"""Reads a scenario key by key, so that a wrong value is named with its file, its place and what would be right."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Self

from gate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_DURATION: Final = re.compile(rf"([+-]?)(\d+(?:\.\d+)?|(?:{_PART.pattern})+)")
_SIZE: Final = re.compile(r"(\d+)\s*(B|KB|MB|GB)?", re.IGNORECASE)
_SIZES: Final = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def seconds(value: object) -> float | None:
    """Return the seconds that `90`, `"90s"`, `"1h30m"`, `"250ms"` or `"-2m"` stand for, None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    match = _DURATION.fullmatch(value.replace(" ", "").lower()) if isinstance(value, str) else None
    if match is None:
        return None
    sign, amount = match[1], match[2]
    parts = _PART.findall(amount)
    total = sum(float(number) * _UNITS[unit] for number, unit in parts) if parts else float(amount)
    return -total if sign == "-" else total


class Section:
    """One mapping of a scenario. Used as a context, it refuses at its end every key that nobody asked for."""

    def __init__(self, value: object, place: str, origin: str) -> None:
        self.place = place
        self.origin = origin
        if not isinstance(value, Mapping):
            raise self._wrong(place, value, "keys and values, as in `model: Checkout`")
        self._values: Mapping[object, object] = value
        self._asked: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for key in self._values:
                if key not in self._asked:
                    raise self._unknown(str(key))

    def _unknown(self, key: str) -> UsageError:
        close = difflib.get_close_matches(key, self._asked, n=1)
        fix = f"Did you mean `{close[0]}`? " if close else ""
        return UsageError(
            f"{self.origin}: {self._at(key)}: there is no such key.",
            f"{fix}Known here: {', '.join(sorted(self._asked))}.",
        )

    def _at(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def _wrong(self, place: str, found: object, right: str) -> UsageError:
        return UsageError(f"{self.origin}: {place or 'the top'}: found {found!r}.", f"Right would be {right}.")

    def wrong(self, key: str, right: str) -> UsageError:
        """Return the error that says what stands at `key`, and what would be right there."""
        return self._wrong(self._at(key), self._values.get(key), right)

    def missing(self, key: str, right: str) -> UsageError:
        close = difflib.get_close_matches(key, [one for one in self.keys() if one not in self._asked], n=1)
        meant = f" Is `{close[0]}` meant for it?" if close else ""
        return UsageError(f"{self.origin}: {self._at(key)}: is not given.", f"Right would be {right}.{meant}")

    def has(self, key: str) -> bool:
        if key not in self._asked:
            self._asked.append(key)
        return key in self._values

    def keys(self) -> list[str]:
        return [str(key) for key in self._values]

    def value(self, key: str, default: object = None) -> object:
        """Return whatever YAML made of it."""
        return self._values[key] if self.has(key) else default

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; a whole number is taken as its digits. Without a default it must be there."""
        found = self.value(key, default)
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        if isinstance(found, str):
            return found
        raise self.wrong(key, "a text") if self.has(key) else self.missing(key, "a text")

    def optional_text(self, key: str) -> str | None:
        return None if self.value(key) is None else self.text(key)

    def flag(self, key: str, *, default: bool) -> bool:
        found = self.value(key, default)
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false")
        return found

    def whole(self, key: str, default: int | None = None, *, least: int = 1) -> int:
        found = self.value(key, default)
        if isinstance(found, bool) or not isinstance(found, int) or found < least:
            right = f"a whole number, {least} or more"
            raise self.wrong(key, right) if self.has(key) else self.missing(key, right)
        return found

    def number(self, key: str, default: float) -> float:
        found = self.value(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < math.inf:
            raise self.wrong(key, "a number, 0 or more")
        return float(found)

    def moment(self, key: str, default: float = 0.0) -> float:
        """Return seconds, which may be negative: a moment before the start."""
        found = seconds(self.value(key, default))
        if found is None:
            raise self.wrong(key, "a duration such as 8s, 2m, 1h30m or -5m")
        return found

    def duration(self, key: str, default: float) -> float:
        """Return seconds, 0 or more."""
        found = self.moment(key, default)
        if found < 0:
            raise self.wrong(key, "a duration of 0 or more, such as 8s, 2m or 1h30m")
        return found

    def optional_duration(self, key: str) -> float | None:
        return None if self.value(key) is None else self.duration(key, 0)

    def size(self, key: str, default: int) -> int:
        """Return bytes, written as a number or as 50MB."""
        match = _SIZE.fullmatch(str(self.value(key, default)))
        if match is None:
            raise self.wrong(key, "a number of bytes such as 1024, 64KB or 50MB")
        return int(match[1]) * _SIZES[(match[2] or "").upper()]

    def choice(self, key: str, words: Collection[str], default: str) -> str:
        """Return one of `words`. A bare `null` is YAML's null and is taken for the word."""
        found = self.value(key, default)
        word = "null" if found is None else found
        if not isinstance(word, str) or word not in words:
            raise self.wrong(key, f"one of {', '.join(words)}")
        return word

    def texts(self, key: str) -> tuple[str, ...]:
        found = self._list(key)
        texts = tuple(one for one in found if isinstance(one, str))
        if len(texts) != len(found):
            raise self.wrong(key, "a list of texts")
        return texts

    def section(self, key: str) -> Section:
        found = self.value(key)
        return Section({} if found is None else found, self._at(key), self.origin)

    def sections(self, key: str) -> Iterator[Section]:
        for index, one in enumerate(self._list(key)):
            yield Section(one, f"{self._at(key)}[{index}]", self.origin)

    def _list(self, key: str) -> list[object]:
        """Return the list at the key; one whose last entry was commented out is an empty one."""
        found = self.value(key)
        if found is not None and not isinstance(found, list):
            raise self.wrong(key, "a list")
        return found or []
