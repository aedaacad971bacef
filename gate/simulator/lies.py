"""Answers that are whole and well sent, and not what the server should have said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from http.client import responses
from typing import TYPE_CHECKING, Any, Final

from gate.simulator.answers import JSON, Answer, answer_json, refusal
from gate.simulator.plans import stable_id

if TYPE_CHECKING:
    from gate.simulator.faults import Fault

HTML: Final = "text/html; charset=utf-8"
_LOGIN: Final = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>"
)
_WITHOUT_BODY: Final = frozenset({204, 304})

Honest = Callable[[], Answer]
Lie = Callable[["Fault", Honest], Answer]


def phrase(status: int) -> str:
    """Return the words of a status, or nothing for one that is not registered, such as 520."""
    return responses.get(status, "")


def _other_status(fault: Fault, honest: Honest) -> Answer:
    status, words = fault.status, phrase(fault.status)
    if fault.body == "empty" or status in _WITHOUT_BODY:
        return Answer(status, b"")
    if fault.body == "html":
        page = f"<html><head><title>{status} {words}</title></head><body><h1>{status} {words}</h1></body></html>"
        return Answer(status, page.encode(), HTML)
    if fault.body == "text":
        return Answer(status, b"upstream connect error or disconnect/reset before headers", "text/plain")
    if fault.body == "honest":
        return replace(honest(), status=status)
    return refusal(status, words, "The simulator was told to answer so.")


def _redirect(fault: Fault, _: Honest) -> Answer:
    return Answer(fault.status, b"", headers={"Location": fault.location})


def _raw(fault: Fault, _: Honest) -> Answer:
    body = fault.body.encode() if isinstance(fault.body, str) else fault.body
    return Answer(fault.status, body, fault.content_type)


def _invalid_json(_: Fault, honest: Honest) -> Answer:
    answer = honest()
    return replace(answer, body=answer.body[:-1] + b",")


def _deep(fault: Fault, _: Honest) -> Answer:
    return Answer(200, b"[" * fault.depth + b"]" * fault.depth)


def _each(answer: Answer, change: Callable[[dict[str, Any]], object]) -> Answer:
    """Return the answer with every run in it changed."""
    body = json.loads(answer.body)
    runs = body.get("items", [body]) if isinstance(body, dict) else body
    for run in runs or []:
        change(run)
    return replace(answer, body=json.dumps(body, ensure_ascii=False).encode())


def _duplicate_keys(fault: Fault, honest: Honest) -> Answer:
    """Say the true status first and another one last, which is the one that most parsers keep."""
    mark = "status \N{BULLET} again"
    answer = _each(honest(), lambda run: run.update({mark: fault.status_word}))
    return replace(answer, body=answer.body.replace(mark.encode(), b"status"))


def _other_run(fault: Fault, honest: Honest) -> Answer:
    """Answer about a run that nobody asked for, as a cache before the server might."""

    def swap(run: dict[str, Any]) -> None:
        run |= {"id": stable_id(f"not {run.get('id')}"), "status": fault.status_word}

    return _each(honest(), swap)


def _unknown_status(fault: Fault, honest: Honest) -> Answer:
    return _each(honest(), lambda run: run.update(status=fault.status_word))


def _wrong_charset(fault: Fault, honest: Honest) -> Answer:
    answer = _each(honest(), lambda run: run.update(agentname="Pr\N{LATIN SMALL LETTER U WITH DIAERESIS}fstand"))
    body = answer.body.decode().encode(fault.charset)
    return replace(answer, body=body, content_type=f"{JSON}; charset=utf-8")


def _unexpected_encoding(fault: Fault, honest: Honest) -> Answer:
    return replace(honest(), headers={"Content-Encoding": fault.encoding})


LIES: Final[dict[str, Lie]] = {
    "status": _other_status,
    "redirect": _redirect,
    "raw": _raw,
    "html-200": lambda _fault, _honest: Answer(200, _LOGIN, HTML),
    "invalid-json": _invalid_json,
    "wrong-type": lambda fault, _: answer_json(200, fault.value),
    "null": lambda _fault, _honest: answer_json(200, None),
    "empty-array": lambda _fault, _honest: answer_json(200, []),
    "empty-object": lambda _fault, _honest: answer_json(200, {}),
    "deep-nesting": _deep,
    "duplicate-keys": _duplicate_keys,
    "other-run": _other_run,
    "unknown-status": _unknown_status,
    "wrong-charset": _wrong_charset,
    "unexpected-encoding": _unexpected_encoding,
}
