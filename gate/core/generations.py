"""Which generations of DAI's API a server answers, by requests that change nothing.

The classic path is documented by the vendor up to 6.0. The newer ones were seen in logs of servers of 2021, 2023 and
26.2; what their words mean is known in part only, so nothing here decides about a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from gate.core.answer import Fault
from gate.core.api import RUN_PROGRESS, RequestSpec
from gate.core.findings import Finding, Level, Reply
from gate.core.record import record
from gate.core.targets import ById


class Presence(Enum):
    """Whether something answers at a path."""

    THERE = "answers"
    UNCLEAR = "may answer"
    ABSENT = "does not answer"


@record
class Generation:
    """A path of one generation, and the request about a run that does not exist."""

    name: str
    spec: RequestSpec


def generations(nobody: str) -> tuple[Generation, ...]:
    """Return the paths to try, with `nobody` as the id of a run that does not exist."""
    results = {"test_config_id": nobody}
    return (
        Generation("classic", RUN_PROGRESS.request_for(ById(nobody))),
        Generation("newer", _get("/api/v2/test_config_results", results)),
        Generation("newer", _get(f"/api/v2/test_config_results/{nobody}", {})),
        Generation("newer", _get(f"/ai/testconfigtasks/{nobody}", {})),
    )


def _get(path: str, query: dict[str, str]) -> RequestSpec:
    return RequestSpec(method="GET", path=path, query=query, form={}, json={})


def presence(reply: Reply | Fault) -> Presence:
    """Return what an answer says of its path: a page is none of the API's, and a refusal can have two causes."""
    if isinstance(reply, Fault) or not reply.is_json:
        return Presence.ABSENT
    if reply.status in {*_UNCLEAR, 429} or reply.status >= 500:
        return Presence.UNCLEAR
    return Presence.THERE if reply.status in {200, 400, 422} else Presence.ABSENT


_REFUSED = " - that can mean that this account has no access, or that something in front refuses every path"
_UNCLEAR = {
    401: _REFUSED,
    403: _REFUSED,
    404: " - that can mean no such run, or no such path: try it with the id of a run that exists",
}
_LATER = " - that says nothing about the path: try again later"


def judge_path(spec: RequestSpec, reply: Reply | Fault) -> Finding:
    """Return a line about one path."""
    asked = f"{spec.method} {spec.path}"
    if isinstance(reply, Fault):
        return Finding(Level.OK, "path", f"{asked}: {reply.text}")
    where = "in JSON" if reply.is_json else "not in JSON"
    said = f"{asked} answered {reply.status}, {where}: {reply.words or 'nothing'}"
    if presence(reply) is Presence.UNCLEAR:
        said += _UNCLEAR.get(reply.status, _LATER)
    return Finding(Level.OK, "path", said)


def judge_generations(found: Iterable[tuple[str, Presence]]) -> Finding:
    """Return which generations answer: classic, newer, both or none."""
    known = list(found)
    there = {name for name, presence in known if presence is Presence.THERE}
    unclear = {name for name, presence in known if presence is Presence.UNCLEAR} - there
    named = (
        "both classic and newer" if len(there) == 2 else next(iter(there), "none for certain" if unclear else "none")
    )
    text = f"{named}{''.join(_perhaps(unclear))}"
    level = Level.OK if there else Level.WARN
    return Finding(level, "generation", text, "" if there else "See docs/newer-servers.md for how to find out.")


def _perhaps(unclear: set[str]) -> Iterator[str]:
    for name in sorted(unclear):
        yield f", perhaps {name}"
