"""Faults that send a whole answer, which is not the one that the server should have given."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from gate.declare import ANYTHING, BYTES, SIZE, TEXT, choice, key, whole
from gate.simulator.answers import JSON, Answer, Exchange, answer_json, phrase, refusal
from gate.simulator.faults import Fault, kind
from gate.simulator.runs import stable_id

HTML: Final = "text/html; charset=utf-8"
_LOGIN: Final = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>"
)
_WITHOUT_BODY: Final = frozenset({204, 304})
_STATUS: Final = whole(200, 999)


@kind("status", "an answer of another status; below 300 the true one unless `body` says otherwise")
class OtherStatus(Fault):
    status: int = key(_STATUS, "an HTTP status from 200 to 999")
    body: str | None = key(choice(("json", "html", "text", "empty", "honest")), "what comes with it", None)

    def answer(self, exchange: Exchange) -> Answer:
        words = phrase(self.status)
        body = self.body or ("honest" if self.status < 300 else "json")
        if body == "honest":
            true = exchange.answer
            return replace(true, status=self.status, body=b"" if self.status in _WITHOUT_BODY else true.body)
        if body == "empty" or self.status in _WITHOUT_BODY:
            return Answer(self.status, b"")
        if body == "html":
            title = f"{self.status} {words}"
            page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
            return Answer(self.status, page.encode(), HTML)
        if body == "text":
            return Answer(self.status, b"upstream connect error or disconnect/reset before headers", "text/plain")
        return refusal(self.status, words, "The simulator was told to answer so.")


@kind("redirect", "a redirect")
class Redirect(Fault):
    status: int = key(_STATUS, "its HTTP status", 302)
    location: str = key(TEXT, "where it leads", "/login")

    def answer(self, exchange: Exchange) -> Answer:  # noqa: ARG002 - whatever was asked
        return Answer(self.status, b"", headers={"Location": self.location})


@kind("raw", "a body that is sent as it is")
class Raw(Fault):
    status: int = key(_STATUS, "its HTTP status", 200)
    body: bytes = key(BYTES, "text, or bytes as `!!binary`", b"")
    content_type: str = key(TEXT, "its Content-Type", JSON)

    def answer(self, exchange: Exchange) -> Answer:  # noqa: ARG002 - as above
        return Answer(self.status, self.body, self.content_type)


@kind("wrong-type", "JSON that is not a run")
class WrongType(Fault):
    value: Any = key(ANYTHING, "any value", "just text")

    def answer(self, exchange: Exchange) -> Answer:  # noqa: ARG002 - as above
        return answer_json(200, self.value)


def _always(name: str, about: str, answer: Answer) -> None:
    """Declare a kind that has no keys and one answer."""

    @kind(name, about)
    class Fixed(Fault):
        def answer(self, exchange: Exchange) -> Answer:  # noqa: ARG002 - as above
            return answer


_always("html-200", "a sign-in page with status 200", Answer(200, _LOGIN, HTML))
_always("null", "the JSON value null", answer_json(200, None))
_always("empty-array", "an empty array", answer_json(200, []))
_always("empty-object", "an empty object", answer_json(200, {}))


@kind("deep-nesting", "deeply nested brackets")
class DeepNesting(Fault):
    depth: int = key(whole(1), "how many", 100_000)

    def answer(self, exchange: Exchange) -> Answer:  # noqa: ARG002 - as above
        return Answer(200, b"[" * self.depth + b"]" * self.depth)


@kind("invalid-json", "the true answer without its end")
class InvalidJson(Fault):
    def answer(self, exchange: Exchange) -> Answer:
        true = exchange.answer
        return replace(true, body=true.body[:-1] + b",")


def _each(answer: Answer, change: Callable[[dict[str, Any]], object]) -> Answer:
    """Return the answer with every run in it changed."""
    body = json.loads(answer.body)
    runs = body.get("items", [body]) if isinstance(body, dict) else body
    for run in runs or []:
        change(run)
    return replace(answer, body=json.dumps(body, ensure_ascii=False).encode())


@kind("duplicate-keys", "two statuses of one run: the true one first, another last, which most parsers keep")
class DuplicateKeys(Fault):
    status_word: str = key(TEXT, "the other status", "Passed")

    def answer(self, exchange: Exchange) -> Answer:
        mark = "status \N{BULLET} again"
        answer = _each(exchange.answer, lambda run: run.update({mark: self.status_word}))
        return replace(answer, body=answer.body.replace(mark.encode(), b"status"))


@kind("other-run", "a run that was not asked about, as a cache in front of the server might answer")
class OtherRun(Fault):
    status_word: str = key(TEXT, "its status", "Passed")

    def answer(self, exchange: Exchange) -> Answer:
        return _each(
            exchange.answer,
            lambda run: run.update(id=stable_id(f"not {run.get('id')}"), status=self.status_word),
        )


@kind("previous-answer", "the true answer to the request before, as a proxy that mixes up two clients might give")
class PreviousAnswer(Fault):
    def answer(self, exchange: Exchange) -> Answer:
        true = exchange.answer
        return exchange.previous or true


@kind("unknown-status", "another status of the true run")
class UnknownStatus(Fault):
    status_word: str = key(TEXT, "the status", "Blocked")

    def answer(self, exchange: Exchange) -> Answer:
        return _each(exchange.answer, lambda run: run.update(status=self.status_word))


@kind("long-text", "the true run with a text of length `size`, a different one for each request")
class LongText(Fault):
    field: str = key(TEXT, "the key whose value is replaced", "status")
    size: int = key(SIZE, "its length", 8 * 10**6)

    def answer(self, exchange: Exchange) -> Answer:
        letter = chr(ord("a") + exchange.request.number % 26)
        return _each(exchange.answer, lambda run: run.update({self.field: letter * self.size}))


@kind("wrong-charset", "the true answer in a charset that is not the declared utf-8")
class WrongCharset(Fault):
    charset: str = key(choice(("utf-16", "latin-1")), "the charset", "utf-16")

    def answer(self, exchange: Exchange) -> Answer:
        umlaut = "Pr\N{LATIN SMALL LETTER U WITH DIAERESIS}fstand"
        answer = _each(exchange.answer, lambda run: run.update(agentname=umlaut))
        body = answer.body.decode().encode(self.charset)
        return replace(answer, body=body, content_type=f"{JSON}; charset=utf-8")


@kind("unexpected-encoding", "a Content-Encoding that the true answer does not have")
class UnexpectedEncoding(Fault):
    encoding: str = key(TEXT, "what is claimed", "gzip")

    def answer(self, exchange: Exchange) -> Answer:
        return replace(exchange.answer, headers={"Content-Encoding": self.encoding})


SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent-lower": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent-twice": lambda text: quote(quote(text, safe=""), safe=""),
    "html": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    "html-names": lambda text: html.escape(text).replace("/", "&#x2F;"),
    "json": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "upper": str.upper,
    # Nested escape sequences, which a single pass of a filter would put together again.
    "split": lambda text: f"{text[: len(text) // 2]}\x1b[\x1b[0m31m{text[len(text) // 2 :]}",
}
"""How a secret can be spelled in an answer."""


@kind("echo", "an error whose words repeat the secrets of the request")
class Echo(Fault):
    status: int = key(_STATUS, "its HTTP status", 403)
    spelling: str = key(choice(SPELLINGS), "how a secret is spelled", "plain")
    times: int = key(whole(1, 1000), "how often", 1)

    def answer(self, exchange: Exchange) -> Answer:
        request = exchange.request
        asked = [request.parameters.get(name) for name in ("client_secret", "password")]
        spelled = [SPELLINGS[self.spelling](secret) for secret in (request.token, *asked) if secret]
        return refusal(self.status, phrase(self.status), f"You sent {' '.join(spelled * self.times)}.")
