"""A request as it was received, and an answer as it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """One request. `number` counts all of them from 1, `at` is in seconds from the scenario's zero.

    `path` is as it was sent, with the scenario's prefix and any query; `headers` are found whatever their case.
    """

    number: int
    at: float
    method: str
    path: str
    headers: Message
    body: bytes

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Return the fields of a form (documented), or of a JSON object (as the vendor's own client sent, seen)."""
        if self.headers.get_content_type() == JSON:
            return _fields(self.body)
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def token(self) -> str:
        """Return the bearer token, empty where there is none."""
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items() if value is not None
    }


@dataclass(frozen=True)
class Answer:
    """One answer: a status, the bytes of a body, and what they are said to be."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exchange:
    """One request and its true answer. `previous` is the true answer to the request before."""

    request: Request
    serve: Callable[[], Answer]
    previous: Answer | None = None

    @cached_property
    def answer(self) -> Answer:
        """The true answer. It is made once, and what was asked is done then, such as starting a run."""
        return self.serve()


def answer_json(status: int, value: Any) -> Answer:
    return Answer(status, json.dumps(value).encode())


def refusal(status: int, message: str, description: str) -> Answer:
    """Return the error body that was seen most: a message and a description."""
    return answer_json(status, {"message": message, "description": description})


class RefusedError(Exception):
    """A request that is refused; `answer` is what its client gets."""

    def __init__(self, status: int, message: str, description: str) -> None:
        super().__init__(description)
        self.answer = refusal(status, message, description)


def phrase(status: int) -> str:
    """Return the words of a status, or nothing for one that is not registered, such as 520."""
    return responses.get(status, "")
