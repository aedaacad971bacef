"""Which requests go wrong, and how: the faults of a scenario as they are written."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gate.simulator.section import Section

PROGRESS: Final = "/api/run/progress"
BODIES: Final = ("json", "html", "text", "empty", "honest")
CHARSETS: Final = ("utf-16", "latin-1")
MB: Final = 10**6

Selector = Callable[[str, int], bool]
"""Tells for a path and the number of a request on it, counted from 1, whether the request is meant."""

KINDS: Final[dict[str, tuple[str, ...]]] = {
    # an answer of another status
    "status": ("status", "body"),
    "redirect": ("status", "location"),
    # a whole answer that is not the true one
    "raw": ("status", "body", "content_type"),
    "html-200": (),
    "invalid-json": (),
    "wrong-type": ("value",),
    "null": (),
    "empty-array": (),
    "empty-object": (),
    "deep-nesting": ("depth",),
    "duplicate-keys": ("status_word",),
    "other-run": ("status_word",),
    "unknown-status": ("status_word",),
    "wrong-charset": ("charset",),
    "unexpected-encoding": ("encoding",),
    # the line
    "slow": ("delay",),
    "close": (),
    "reset": (),
    "hang": (),
    "hang-body": (),
    "drip": ("interval",),
    "drip-headers": ("interval",),
    "truncate": (),
    "wrong-length": (),
    "huge": ("size",),
    "gzip-bomb": ("size",),
    "not-http": ("body",),
}
"""Every kind of fault, with the keys that it understands beside those of every fault."""

_DEFAULTS: Final[dict[tuple[str, str], Any]] = {
    ("redirect", "status"): 302,
    ("raw", "status"): 200,
    ("gzip-bomb", "size"): 200 * MB,
    ("unknown-status", "status_word"): "Blocked",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One line of `faults`: what goes wrong, for which requests, and the particulars that its kind knows."""

    kind: str
    selects: Selector
    path: str = PROGRESS
    after: float = 0.0
    until: float | None = None
    executed: bool = False
    headers: Mapping[str, str]
    status: int = 0
    body: str | bytes = ""
    content_type: str = "application/json"
    value: object = None
    depth: int = 0
    status_word: str = ""
    charset: str = ""
    encoding: str = ""
    location: str = ""
    delay: float = 0.0
    interval: float = 0.0
    size: int = 0
    retry_after: str | float | None = None

    def hits(self, path: str, number: int, now: float) -> bool:
        in_time = now >= self.after and (self.until is None or now < self.until)
        return in_time and fnmatchcase(path, self.path) and self.selects(path, number)


def parse_fault(entry: Section) -> Fault:
    """Read one fault. Its kind decides which keys it may have; a `status` alone is a kind of its own."""
    with entry as keys:
        kind = keys.choice("kind", KINDS, "status") if keys.has("kind") or keys.has("status") else ""
        if not kind:
            raise keys.missing("kind", f"a `status` such as 503, or one of {', '.join(KINDS)}")
        particulars = {name: _PARTICULARS[name](keys, kind) for name in KINDS[kind]}
        return Fault(
            kind=kind,
            selects=_selector(keys),
            path=keys.text("path", PROGRESS),
            after=keys.duration("after", 0),
            until=keys.optional_duration("until"),
            executed=keys.flag("executed", default=False),
            headers=_headers(keys),
            retry_after=_retry_after(keys),
            **particulars,
        )


def _headers(keys: Section) -> dict[str, str]:
    headers = keys.section("headers")
    return {name: headers.text(name) for name in headers.keys()}  # noqa: SIM118 - a Section is no mapping


def _retry_after(keys: Section) -> str | float | None:
    """Return the header as it will stand there, or, for `{date_in: 5s}`, the seconds until the date that it names."""
    if not isinstance(keys.value("retry_after"), Mapping):
        return keys.optional_text("retry_after")
    with keys.section("retry_after") as when:
        return when.moment("date_in")


def _status(keys: Section, kind: str) -> int:
    status = keys.whole("status", _DEFAULTS.get((kind, "status")), least=200)
    if status > 999:
        raise keys.wrong("status", "an HTTP status from 200 to 999")
    return status


def _body(keys: Section, kind: str) -> str | bytes:
    if kind == "status":
        return keys.choice("body", BODIES, "honest" if keys.whole("status") < 300 else "json")
    body = keys.value("body", "")
    if not isinstance(body, str | bytes):
        raise keys.wrong("body", "a text, or bytes as `!!binary`")
    return body


def _default(kind: str, name: str, standard: Any) -> Any:
    return _DEFAULTS.get((kind, name), standard)


_PARTICULARS: Final[dict[str, Callable[[Section, str], Any]]] = {
    "status": _status,
    "body": _body,
    "content_type": lambda keys, _: keys.text("content_type", "application/json"),
    "value": lambda keys, _: keys.value("value", "just text"),
    "depth": lambda keys, _: keys.whole("depth", 100_000),
    "status_word": lambda keys, kind: keys.text("status_word", _default(kind, "status_word", "Passed")),
    "charset": lambda keys, _: keys.choice("charset", CHARSETS, "utf-16"),
    "encoding": lambda keys, _: keys.text("encoding", "gzip"),
    "location": lambda keys, _: keys.text("location", "/login"),
    "delay": lambda keys, _: keys.duration("delay", 2),
    "interval": lambda keys, _: keys.duration("interval", 0.2),
    "size": lambda keys, kind: keys.size("size", _default(kind, "size", 50 * MB)),
}

_RANGE: Final = re.compile(r"(\d+)-(\d*)")
_EVERY: Final = re.compile(r"every ([1-9]\d*)")
_REQUESTS: Final = '3, [3, 5], "3-7", "3-", "every 4", {chance: 0.2, seed: 7} or all'


def _selector(keys: Section) -> Selector:
    found = keys.value("requests", "all")
    if isinstance(found, Mapping):
        return _by_chance(keys.section("requests"))
    numbers = found if isinstance(found, list) else [found]
    if numbers and all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in numbers):
        return lambda _, number: number in numbers
    selector = _by_words(found) if isinstance(found, str) else None
    if selector is None:
        raise keys.wrong("requests", _REQUESTS)
    return selector


def _by_words(words: str) -> Selector | None:
    if words == "all":
        return lambda _path, _number: True
    if match := _EVERY.fullmatch(words):
        step = int(match[1])
        return lambda _, number: number % step == 0
    if match := _RANGE.fullmatch(words):
        first, last = int(match[1]), int(match[2]) if match[2] else None
        return lambda _, number: number >= first and (last is None or number <= last)
    return None


def _by_chance(section: Section) -> Selector:
    """Return a choice that falls the same way for the same seed, whatever order the requests come in."""
    with section as keys:
        chance, seed = keys.number("chance", 0.5), keys.whole("seed", 1, least=0)
    return lambda path, number: random.Random(f"{seed} {path} {number}").random() < chance  # noqa: S311 - a simulation
