"""The last steps of `check`: what the server answers about runs, and which generations of the API it has."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from gate.clock import Clock
from gate.core.answer import Answer, Fault, FaultKind, usable
from gate.core.api import RUN_PROGRESS, Api
from gate.core.description import Status
from gate.core.findings import Finding, Level, failure, judge_clock, judge_reply
from gate.core.generations import Presence, doubt, generations, judge_generations, judge_path, presence
from gate.core.progress import Progress
from gate.core.targets import ById, ByModel, Query
from gate.dai import probe
from gate.dai.client import Client

Within = Callable[[Callable[[], Any]], Any]


def answers(api: Api, client: Client, run_ids: Sequence[str], clock: Clock, within: Within) -> Iterator[Finding]:
    """Yield what the server answers about a run that does not exist, about those of `run_ids`, and at other paths.

    `within` makes a call that may hang, and returns what came of it or a fault.
    """
    nobody = str(uuid.uuid4())
    query: Query = ById(nobody) if api.asks_by_id else ByModel(nobody, 1)
    spec = api.request_for(query)
    asked = f"{spec.method} {spec.path}"
    came = within(partial(probe.ask, client, spec, nobody, clock))
    in_force = came if isinstance(came, Fault) else came[0]
    known = [finding for run_id in run_ids for finding in _run(api, client, run_id, within)]
    is_found = any(finding.level is Level.OK for finding in known)
    if isinstance(came, Fault):
        judged = failure("progress", replace(came, text=f"{asked}: {came.text}"))
    else:
        yield judge_clock(came[0])
        judged = judge_reply(asked, *came, is_certain=is_found)
    yield judged
    yield from known
    if isinstance(in_force, Fault) or in_force.status in {401, 407}:
        return  # the others would not be answered better
    found, doubts = [], []
    named = run_ids[0] if run_ids else nobody
    for name, tried in generations(named):
        if name == "classic" and api is RUN_PROGRESS:
            found.append((name, Presence.THERE if is_found or judged.level is Level.OK else presence(in_force)))
            continue
        answer = within(partial(probe.ask, client, tried, named, clock))
        reply = answer if isinstance(answer, Fault) else answer[0]
        yield judge_path(tried, reply)
        found.append((name, presence(reply)))
        doubts.append(doubt(reply, is_there=is_found))
    yield judge_generations(found, dict.fromkeys(filter(None, doubts)))


def _run(api: Api, client: Client, run_id: str, within: Within) -> Iterator[Finding]:
    """Yield how each field of the answer about one run was read."""
    if not api.asks_by_id:
        yield Finding(Level.WARN, "run", f"{api.name} does not ask about {{id}}, so {run_id} was not asked about")
        return
    query = ById(run_id)
    outcome: Answer | Fault = within(partial(client.progress, query))
    outcome = usable(query, None, outcome)
    if isinstance(outcome, Fault):
        text = f"{run_id}: {outcome.text}"
        if outcome.kind is FaultKind.NOT_FOUND:
            text += " That can mean no such run, or no such path."
        yield failure("run", Fault(outcome.kind, text, outcome.fix))
        return
    run = outcome.find(run_id)
    if run is not None:
        yield from _fields(run, outcome.ended_at(run), api)


_READ = ("model", "type", "agent", "process_id", "started_at", "ended_at")


def _fields(run: Progress, ended_at: datetime | None, api: Api) -> Iterator[Finding]:
    yield Finding(Level.OK, "run", f"id ({api.answer.id}): {run.id}")
    word = f"status ({api.answer.status}): {run.word!r}"
    if run.status is Status.UNRECOGNISED:
        fix = "If you know what the word means, describe the server's API in a file for --api."
        yield Finding(Level.FAIL, "run", f"{word} is not among the words of {api.name}", fix)
    else:
        yield Finding(Level.OK, "run", f"{word} is read as {run.status.value}")
    for name in _READ:
        value, path = getattr(run, name), getattr(api.answer, name)
        read = "nothing that could be read" if value is None else str(value)
        if name == "ended_at" and value is not None and ended_at != value:
            read = f"{ended_at or 'unknown'}, which the server writes as {value}"
        yield Finding(Level.OK, "run", f"{name.replace('_', ' ')} ({path or 'no path'}): {read}")
