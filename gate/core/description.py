"""The records of an API description, each of which checks itself: the request, the paths, the words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from enum import Enum
from urllib.parse import unquote

from gate.core.record import record
from gate.core.text import ascii_lower

PLACEHOLDERS = ("id", "model", "limit")
METHODS = ("GET", "POST")
BRACES = re.compile(r"\{[^{}]*\}|[{}]")


class Status(Enum):
    """What a status word means for a wait."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    UNRECOGNISED = "unrecognised"


class ApiError(ValueError):
    """A description that cannot be used. `key` is the key's dotted name in a file, such as `request.path`."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key}: {text}")
        self.key = key


@record(kw_only=True)
class RequestTemplate:
    """The request, with the placeholders `{id}`, `{model}` and `{limit}`; `path` is below the server's URL.

    A field of `query`, `form` or `json` is left out where its placeholder is not asked for.
    """

    path: str
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, str] = field(default_factory=dict)

    def names(self, placeholder: str) -> bool:
        """Return whether a placeholder stands in the path or in a field."""
        texts = (self.path, *self.query.values(), *self.form.values(), *self.json.values())
        return any("{" + placeholder + "}" in text for text in texts)

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ApiError("request.method", f"{self.method!r} is not supported; expected {' or '.join(METHODS)}")
        _check_path(self.path)
        for kind in ("query", "form", "json"):
            for name, template in getattr(self, kind).items():
                _check_placeholders(f"request.{kind}.{name}", template, PLACEHOLDERS)
        for kind in ("form", "json"):
            if getattr(self, kind) and self.method != "POST":
                raise ApiError(f"request.{kind}", f"a {self.method} request has no body; expected method: POST")
        if self.form and self.json:
            raise ApiError("request.json", "a request has either a form or JSON")
        if not self.names("id") and not self.names("model"):
            raise ApiError("request", "neither {id} nor {model} is asked for")


@record(kw_only=True)
class AnswerPaths:
    """Where an answer holds its facts: dotted paths of keys.

    `runs` leads to the list of runs, or to the run; empty, the answer itself is that. The other paths begin at a run.
    `wrapper` is a key under which the list may stand instead; only the built-in description has one.
    """

    id: str
    status: str
    runs: str = ""
    wrapper: str = ""
    model: str = ""
    type: str = ""
    agent: str = ""
    process_id: str = ""
    started_at: str = ""
    ended_at: str = ""

    def __post_init__(self) -> None:
        for name in AnswerPaths.__dataclass_fields__:
            path: str = getattr(self, name)
            if name in {"id", "status"} and not path:
                raise ApiError(f"answer.{name}", "missing")
            if path and not all(path.split(".")):
                raise ApiError(f"answer.{name}", f"{path!r} is not a dotted path of keys")


@record(kw_only=True)
class Words:
    """The status words that are known, compared without regard to ASCII case; any other is unrecognised."""

    running: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()

    def items(self) -> Iterator[tuple[Status, str]]:
        for status in (Status.RUNNING, Status.PASSED, Status.FAILED, Status.INCOMPLETE):
            words: tuple[str, ...] = getattr(self, status.value)
            yield from ((status, word) for word in words)

    def __post_init__(self) -> None:
        seen: dict[str, Status] = {}
        for status, word in self.items():
            plain = ascii_lower(word)
            if plain.strip() != plain or not plain:
                raise ApiError(f"words.{status.value}", f"{word!r} is empty or has spaces around it")
            if seen.setdefault(plain, status) is not status:
                raise ApiError(f"words.{status.value}", f"{word!r} is in words.{seen[plain].value} as well")


def _check_path(path: str) -> None:
    wrong = (
        (not path.startswith("/"), "does not begin with a slash"),
        ("?" in path or "#" in path, "holds a query or a fragment; fields belong in request.query"),
        (not path.isprintable() or " " in path or "\\" in path, "holds a space, a backslash or a control character"),
        (has_dot_segment(path), "has a '.' or '..' segment"),
    )
    for is_wrong, what in wrong:
        if is_wrong:
            raise ApiError("request.path", f"{path!r} {what}")
    _check_placeholders("request.path", path, PLACEHOLDERS[:2])


def has_dot_segment(path: str) -> bool:
    """Return whether a path has a `.` or `..` segment, however often it is percent-encoded."""
    while (plain := unquote(path)) != path:
        path = plain
    return any(segment.partition(";")[0] in {".", ".."} for segment in re.split(r"[/\\]", path))


def _check_placeholders(key: str, template: str, known: tuple[str, ...]) -> None:
    for found in BRACES.findall(template):
        if found[1:-1] not in known:
            expected = ", ".join(f"{{{name}}}" for name in known)
            raise ApiError(key, f"unknown placeholder {found}; expected one of {expected}")
