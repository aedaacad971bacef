"""The classic API, documented by the vendor up to 6.0: one call, its faults sorted into kinds.

A later generation of the API would be a sibling of `Client` with the same few methods.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gate.core.answer import Answer, Fault, FaultKind
from gate.core.api import RUN_PROGRESS
from gate.core.progress import parse
from gate.core.targets import ById, Query
from gate.dai import faults, headers
from gate.dai.credentials import Credentials
from gate.dai.transport import Response, Transport, Unanswered


@dataclass(frozen=True)
class Started:
    """A run that the server has started: its id, and the agent it chose (seen)."""

    run_id: str
    agent: str


class Client:
    """Speaks with the server at `url`. Threads may share it. `kind` says in words what the credentials are."""

    def __init__(self, url: str, transport: Transport, credentials: Credentials, kind: str = "the credentials") -> None:
        self.url = url
        self._kind = kind
        self._transport, self._credentials = transport, credentials

    def progress(self, query: Query) -> Answer | Fault:
        """Ask how runs are going: `POST /api/run/progress`, a form with `id`, or with `modelName` and `limit`."""
        try:
            response = self.look(query)
        except Unanswered as unanswered:
            return unanswered.fault
        if response.status != 200:
            return self.refusal(response)
        try:
            body = json.loads(response.body, object_pairs_hook=_distinct)
        except (ValueError, RecursionError) as error:
            return _unreadable(response, error)
        return Answer(parse(body, RUN_PROGRESS), headers.date(response.headers), headers.retry_after(response.headers))

    def look(self, query: Query) -> Response:
        """Ask how runs are going, and return the answer as it came. Raises Unanswered where there is none."""
        if isinstance(query, ById):
            form = {"id": query.run_id}
        else:
            form = {"modelName": query.model, "limit": str(query.limit)}
        return self._post("/api/run/progress", form)

    def start(self, form: Mapping[str, str]) -> Started | Fault:
        """Start a run: `POST /api/run`, a form (documented). It is asked once: asked again it might start again."""
        try:
            response = self._post("/api/run", form)
        except Unanswered as unanswered:
            return unanswered.fault
        if response.status != 200:
            return self.refusal(response)
        try:
            content = json.loads(response.body)
        except (ValueError, RecursionError) as error:
            return _unreadable(response, error)
        run_id = content.get("id") if isinstance(content, dict) else None
        if not isinstance(run_id, str) or not run_id:
            return Fault(FaultKind.UNREADABLE, "The server's answer holds no id of the run.")
        return Started(run_id, str(content.get("agent") or ""))

    def abort(self, process_id: str) -> str | Fault:
        """Ask for the end of a run's process: `POST /api/run/abort`; return what the server says to it.

        The documented form is `id`; the vendor's own client sends `processid` instead, which is tried where the first
        is not understood.
        """
        try:
            response = self._post("/api/run/abort", {"id": process_id})
            if response.status in {400, 404, 422}:
                second = self._post("/api/run/abort", {"processid": process_id})
                response = second if second.status == 200 else response
        except Unanswered as unanswered:
            return unanswered.fault
        if response.status != 200:
            return self.refusal(response)
        return faults.quote(response.body, response.headers.get("Content-Type", "")) or "OK"

    def _post(self, path: str, form: Mapping[str, str]) -> Response:
        """Post a form; where the token is refused, once more with a fresh one."""
        response = self._transport.post(self.url + path, form=form, auth=self._credentials)
        if response.status == 401 and self._credentials.is_given():
            self._credentials.forget(response.signature)
            response = self._transport.post(self.url + path, form=form, auth=self._credentials)
        return response

    def refusal(self, response: Response) -> Fault:
        """Return the fault that an answer other than 200 stands for."""
        fault = faults.from_status(response.status, response.headers, response.body, response.url)
        if fault.kind is FaultKind.DENIED and not self._credentials.is_given():
            return Fault(fault.kind, fault.text, "No credentials are given: set DAI_TOKEN, or name a --token-file.")
        if fault.kind is FaultKind.DENIED and not fault.fix:
            fix = f"Used: {self._kind}. Is that meant for this server, has it ended, and may its account use the API?"
            return replace(fault, fix=fix)
        return fault


def _unreadable(response: Response, error: Exception) -> Fault:
    words = faults.quote(response.body, response.headers.get("Content-Type", ""))
    text = f"The server's answer is {_what_is_wrong(error)}: {words or 'it is empty'}."
    return Fault(FaultKind.UNREADABLE, text, retry_after=headers.retry_after(response.headers))


def _what_is_wrong(error: Exception) -> str:
    match error:
        case RecursionError():
            return "nested too deeply"
        case RepeatedKeyError():
            return str(error)
        case UnicodeDecodeError():
            return f"not in the charset of JSON, {error.encoding}"
        case json.JSONDecodeError() if error.doc.strip() and _breaks_off(error):
            return "JSON that breaks off"
    return "not JSON that can be read"


def _breaks_off(error: json.JSONDecodeError) -> bool:
    return error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")


class RepeatedKeyError(ValueError):
    """An object that says two things under one key."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, but not out of two ids or two statuses: the last would win, and nobody knows which is true."""
    content = dict(pairs)
    if len(content) != len(pairs):
        for name in RUN_PROGRESS.keys & content.keys():
            if sum(key == name for key, _ in pairs) > 1:
                raise RepeatedKeyError(f"an object with the key {name!r} twice")
    return content
