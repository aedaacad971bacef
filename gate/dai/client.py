"""The classic API, documented by the vendor up to 6.0: one call, its faults sorted into kinds.

A later generation of the API would be a sibling of `Client` with the same few methods.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from gate.clock import Clock
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.progress import parse
from gate.core.targets import ById, Query
from gate.dai import faults
from gate.dai.credentials import Credentials
from gate.dai.transport import Response, Transport, Unanswered


class Client:
    """Speaks with the server at `url`. Threads may share it."""

    def __init__(self, url: str, transport: Transport, credentials: Credentials, clock: Clock) -> None:
        self.url = url
        self._transport, self._credentials, self._clock = transport, credentials, clock

    def progress(self, query: Query) -> Answer | Fault:
        """Ask how runs are going: `POST /api/run/progress`, a form with `id`, or with `modelName` and `limit`."""
        if isinstance(query, ById):
            form = {"id": query.run_id}
        else:
            form = {"modelName": query.model, "limit": str(query.limit)}
        try:
            response = self._post("/api/run/progress", form)
        except Unanswered as unanswered:
            return unanswered.fault
        answered_at = _date(response.headers.get("Date"))
        hint = _retry_after(response.headers.get("Retry-After"), answered_at or self._clock.now())
        if response.status != 200:
            return _with_hint(self._refusal(response), hint)
        try:
            body = json.loads(response.body, object_pairs_hook=_distinct)
        except (ValueError, RecursionError) as error:
            return _with_hint(_unreadable(response, error), hint)
        return Answer(parse(body), answered_at, hint)

    def _post(self, path: str, form: Mapping[str, str]) -> Response:
        """Post a form; where the token is refused, once more with a fresh one."""
        response = self._transport.post(self.url + path, form=form, auth=self._credentials)
        if response.status == 401 and self._credentials.is_given():
            self._credentials.forget()
            response = self._transport.post(self.url + path, form=form, auth=self._credentials)
        return response

    def _refusal(self, response: Response) -> Fault:
        fault = faults.from_status(response.status, response.headers, response.body, response.url)
        if fault.kind is FaultKind.DENIED and not self._credentials.is_given():
            return Fault(fault.kind, fault.text, "No credentials are given: set DAI_TOKEN, or name a --token-file.")
        return fault


def _with_hint(fault: Fault, hint: float | None) -> Fault:
    return Fault(fault.kind, fault.text, fault.remedy, retry_after=hint, lasting=fault.lasting)


def _unreadable(response: Response, error: Exception) -> Fault:
    words = faults.quote(response.body, response.headers.get("Content-Type", ""))
    why = "nested too deeply" if isinstance(error, RecursionError) else "not JSON that can be read"
    if isinstance(error, RepeatedKeyError):
        why = str(error)
    return Fault(FaultKind.UNREADABLE, f"The server's answer is {why}: {words or 'it is empty'}")


class RepeatedKeyError(ValueError):
    """An object that says two things under one key."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, but not out of two ids or two statuses: the last would win, and nobody knows which is true."""
    content = dict(pairs)
    if len(content) != len(pairs):
        for name in ("id", "status"):
            if sum(key == name for key, _ in pairs) > 1:
                raise RepeatedKeyError(f"an object with the key {name!r} twice")
    return content


def _date(text: str | None) -> datetime | None:
    """Read an HTTP date; None where it is missing or no date."""
    try:
        moment = parsedate_to_datetime(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _retry_after(text: str | None, now: datetime) -> float | None:
    """Read a Retry-After, seconds or an HTTP date, as seconds from `now`; None where it is missing or senseless."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    moment = _date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())
