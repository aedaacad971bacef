"""Which generations of DAI's API a server answers, by requests that change nothing.

The classic path is documented by the vendor up to 6.0. The newer ones were seen in logs of servers of 2021, 2023 and
26.2; what their words mean is known in part only, so nothing here decides about a run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from urllib.parse import quote

from gate.core.answer import Fault
from gate.core.api import RUN_PROGRESS, RequestSpec
from gate.core.description import has_dot_segment
from gate.core.findings import Finding, Level, Reply
from gate.core.targets import ById


class Presence(Enum):
    """Whether something answers at a path."""

    THERE = "answers"
    UNCLEAR = "may answer"
    ABSENT = "does not answer"


def generations(run_id: str) -> Iterator[tuple[str, RequestSpec]]:
    """Yield requests about this id, which may be that of a run that does not exist, each with its generation's name.

    A path that the id would lead elsewhere is left out.
    """
    yield "classic", RUN_PROGRESS.request_for(ById(run_id))
    results, name = "/api/v2/test_config_results", quote(run_id, safe="", errors="replace")
    yield "newer", RequestSpec(method="GET", path=results, query={"test_config_id": run_id})
    for path in (f"{results}/{name}", f"/ai/testconfigtasks/{name}"):
        if not has_dot_segment(path):
            yield "newer", RequestSpec(method="GET", path=path)


def presence(reply: Reply | Fault) -> Presence:
    """Return what an answer says of its path: a page is none of the API's, and a refusal can have two causes."""
    if isinstance(reply, Fault) or not reply.is_json:
        return Presence.ABSENT
    if reply.status in {*_UNCLEAR, 429} or reply.status >= 500:
        return Presence.UNCLEAR
    return Presence.THERE if reply.status in {200, 400, 422} else Presence.ABSENT


_REFUSED = "can mean that this account has no access, or that something in front refuses every path."
_UNCLEAR = {401: _REFUSED, 403: _REFUSED, 404: "can mean no such run, or no such path."}


def doubt(reply: Reply | Fault, *, is_there: bool) -> str:
    """Return why an answer does not say whether its path is there; empty where it does.

    `is_there` says that the request was about a run that exists.
    """
    if isinstance(reply, Fault) or presence(reply) is not Presence.UNCLEAR:
        return ""
    why = f"{reply.status} {_UNCLEAR.get(reply.status, 'says nothing about a path: try again later.')}"
    return f"{why} Give the id of a run that exists to find out." if reply.status == 404 and not is_there else why


def judge_path(spec: RequestSpec, reply: Reply | Fault) -> Finding:
    asked = f"{spec.method} {spec.path}"
    if isinstance(reply, Fault):
        return Finding(Level.OK, "path", f"{asked}: {reply.text}")
    where = "in JSON" if reply.is_json else "not in JSON"
    return Finding(Level.OK, "path", f"{asked} answered {reply.status}, {where}: {reply.words or 'nothing'}")


def judge_generations(found: Collection[tuple[str, Presence]], doubts: Iterable[str]) -> Finding:
    """Return which generations answer: classic, newer, both or none; `doubts` say why that is not certain."""
    there = {name for name, presence in found if presence is Presence.THERE}
    unclear = {name for name, presence in found if presence is Presence.UNCLEAR} - there
    named = "both classic and newer" if len(there) == 2 else "".join(there) or "none"
    if unclear and not there:
        named = "none for certain"
    text = ", perhaps ".join([named, *sorted(unclear)])
    further = [] if there else ["See docs/newer-servers.md for how to find out."]
    return Finding(Level.OK if there else Level.WARN, "generation", text, " ".join([*doubts, *further]))
