"""How a server is asked about runs and how its answers are read, as data.

The endpoint that the vendor documents is built in as `RUN_PROGRESS`; a user's file describes any other in the same
form. One code path serves both: `Api.request_for` here, `progress.parse` for the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Any
from urllib.parse import quote

from gate.core.description import BRACES, AnswerPaths, RequestTemplate, Status, Words, has_dot_segment
from gate.core.record import record
from gate.core.targets import ById, Query
from gate.core.text import ascii_lower


class UnaskableError(ValueError):
    """A run id or a model that cannot be part of the path of a request."""


@record(kw_only=True)
class RequestSpec:
    """One request: what is sent where. `path` is percent-encoded and begins with a slash."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] = field(default_factory=dict)


@record(kw_only=True)
class Api:
    """A description of an API. `name` is what a person calls it by."""

    name: str
    request: RequestTemplate
    answer: AnswerPaths
    words: Words

    @property
    def asks_by_id(self) -> bool:
        return self.request.names("id") and "{model}" not in self.request.path

    @property
    def asks_by_model(self) -> bool:
        return self.request.names("model") and "{id}" not in self.request.path

    @cached_property
    def keys(self) -> frozenset[str]:
        """Return every key that is read: an object in which one of them stands twice contradicts itself."""
        paths = (getattr(self.answer, name) for name in AnswerPaths.__dataclass_fields__)
        return frozenset(key for path in paths for key in path.split(".") if key)

    @cached_property
    def _meanings(self) -> Mapping[str, Status]:
        return {ascii_lower(word): status for status, word in self.words.items()}

    def status_of(self, word: str) -> Status:
        """Return what a status word means, in the word's own letters: blanks around it make another one."""
        return self._meanings.get(ascii_lower(word), Status.UNRECOGNISED)

    def request_for(self, query: Query) -> RequestSpec:
        """Return the request that asks a query. Raises UnaskableError where its path would lead elsewhere."""
        values = {"id": query.run_id} if isinstance(query, ById) else {"model": query.model, "limit": str(query.limit)}
        template = self.request
        path = _fill(template.path, {name: quote(value, safe="", errors="replace") for name, value in values.items()})
        if path is None or has_dot_segment(path):
            raise UnaskableError(f"{next(iter(values.values()))!r} cannot be part of the path {template.path}")
        json: dict[str, Any] = _filled(template.json, values)
        json.update({key: int(values["limit"]) for key in json if template.json[key] == "{limit}"})
        return RequestSpec(
            method=template.method,
            path=path,
            query=_filled(template.query, values),
            form=_filled(template.form, values),
            json=json,
        )


def _fill(template: str, values: Mapping[str, str]) -> str | None:
    """Return a template with its placeholders replaced; None where one of them is not asked for."""
    if any(found[1:-1] not in values for found in BRACES.findall(template)):
        return None
    return BRACES.sub(lambda found: values[found[0][1:-1]], template)


def _filled(templates: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    filled = ((name, _fill(template, values)) for name, template in templates.items())
    return {name: text for name, text in filled if text is not None}


RUN_PROGRESS = Api(
    name="run-progress",
    request=RequestTemplate(
        method="POST",
        path="/api/run/progress",
        form={"id": "{id}", "modelName": "{model}", "limit": "{limit}"},
    ),
    answer=AnswerPaths(
        wrapper="items",
        id="id",
        status="status",
        model="modelname",
        type="type",
        agent="agentname",
        process_id="processid",
        started_at="starttime",
        ended_at="endtime",
    ),
    # Documented: Running, Passed, Failed, Incomplete. Seen: Error as the end of a run; the others on sibling endpoints
    # and on the vendor's screens.
    words=Words(
        running=("Running", "Pending", "In Progress"),
        passed=("Passed",),
        failed=("Failed", "Error"),
        incomplete=("Incomplete", "Cancelled", "Canceled", "Aborted", "Stopped"),
    ),
)
