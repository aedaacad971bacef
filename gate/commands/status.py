"""One look: what the server says of runs now."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from gate.clock import Clock
from gate.commands.context import open_log, open_session
from gate.core.answer import Answer, Fault, FaultKind, usable
from gate.core.description import Status
from gate.core.duration import format_duration
from gate.core.pinning import pin
from gate.core.progress import Progress
from gate.core.targets import ById, ByModel, ModelTarget, Query, Targets
from gate.core.times import run_duration, true_end
from gate.core.verdict import TABLE, Verdict
from gate.dai.client import Client
from gate.dai.threads import side_by_side
from gate.reports.outputs import Outputs, print_out
from gate.reports.redactor import Redactor
from gate.reports.report import rfc3339
from gate.reports.text import one_line
from gate.settings import Settings

HEADINGS = ("STATUS", "MODEL", "RUN ID", "STARTED", "DURATION", "AGENT")


def look(client: Client, targets: Targets, clock: Clock, request_timeout: float) -> list[tuple[str, Answer | Fault]]:
    """Ask once for each id and model, side by side; return what came of it, by the name that was asked for."""
    asked: list[tuple[str, Query, ModelTarget | None]] = [(each, ById(each), None) for each in targets.run_ids]
    asked += [(each.model, ByModel(each.model, each.limit), each) for each in targets.models]
    calls = {number: partial(client.progress, query) for number, (_, query, _) in enumerate(asked)}
    came = side_by_side(calls, clock, request_timeout + 1)
    hung = Fault(FaultKind.CONTACT, "No answer came in time.")
    return [(name, usable(query, target, came.get(n, hung))) for n, (name, query, target) in enumerate(asked)]


def runs_of(name: str, targets: Targets, answer: Answer) -> Sequence[Progress]:
    """Return the runs that an answer shows of what was asked for."""
    target = next((each for each in targets.models if each.model == name), None)
    if target is not None:
        return pin(answer.reading.runs, target)
    found = answer.find(name)
    return [found] if found else []


def exit_code(faults: Sequence[Fault]) -> int:
    """Return 0 where everything could be read, else the code of the first of denied and unknown."""
    verdicts = {fault.kind.verdict for fault in faults}
    worst = Verdict.DENIED if Verdict.DENIED in verdicts else Verdict.UNKNOWN
    return TABLE[worst].exit_code if faults else 0


def duration_s(run: Progress, answer: Answer) -> float | None:
    """Return how long a run took, or has taken so far, in seconds; None where that is not known."""
    if run.status is Status.RUNNING:
        return run_duration(run.started_at, answer.answered_at)
    end = true_end(run.started_at, run.ended_at, answered_at=answer.answered_at, running_at=None)
    return run_duration(run.started_at, end)


def hidden(run: Progress, hide: Callable[[str], str]) -> Progress:
    """Return what the server said of a run without secrets."""
    return replace(
        run,
        id=hide(run.id),
        word=hide(run.word),
        model=run.model and hide(run.model),
        type=run.type and hide(run.type),
        agent=run.agent and hide(run.agent),
    )


def as_row(run: Progress, answer: Answer) -> tuple[str, ...]:
    seconds = duration_s(run, answer)
    started = f"{run.started_at.astimezone():%Y-%m-%d %H:%M:%S}" if run.started_at else "-"
    took = "-" if seconds is None else format_duration(seconds)
    return tuple(one_line(cell) for cell in (run.word, run.model or "-", run.id, started, took, run.agent or "-"))


def as_json(run: Progress, answer: Answer) -> dict[str, Any]:
    end = true_end(run.started_at, run.ended_at, answered_at=answer.answered_at, running_at=None)
    return {
        "id": run.id,
        "model": run.model,
        "type": run.type,
        "agent": run.agent,
        "status": run.word,
        "started_at": rfc3339(run.started_at),
        "ended_at": rfc3339(end),
        "duration_s": duration_s(run, answer),
    }


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows under headings, in columns two blanks apart."""
    everything = [HEADINGS, *rows]
    widths = [max(len(row[column]) for row in everything) for column in range(len(HEADINGS))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in everything)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def document(runs: Sequence[tuple[Progress, Answer]], faults: Sequence[tuple[str, str]]) -> str:
    """Return what was seen as JSON: the runs, and what could not be read, by the name that was asked for."""
    content = {
        "schema": 1,
        "runs": [as_json(run, answer) for run, answer in runs],
        "errors": [{"asked": name, "message": text} for name, text in faults],
    }
    return json.dumps(content, indent=2) + "\n"


def show(settings: Settings, run_ids: Sequence[str], clock: Clock) -> int:
    """Print what the server says now, and return the exit code: 0 where all of it could be read."""
    targets = settings.targets(run_ids, clock.now())
    outputs = Outputs({"json": settings.json})
    outputs.check(settings.origin)
    redactor = Redactor()
    log = open_log(settings, clock, redactor)
    session = open_session(settings, clock, redactor.learn, log.detail)
    for warning in session.warnings:
        log.warning(warning)
    looks = look(session.client, targets, clock, settings.request_timeout)
    faults = [(name, came) for name, came in looks if isinstance(came, Fault)]
    answers = [(name, came) for name, came in looks if isinstance(came, Answer)]
    runs = [(hidden(run, redactor.hide), came) for name, came in answers for run in runs_of(name, targets, came)]
    if not outputs.takes_stdout:
        print_out(table([as_row(run, answer) for run, answer in runs]))
    outputs.put("json", document(runs, [(redactor.hide(name), redactor.hide(fault.text)) for name, fault in faults]))
    for name, fault in faults:
        log.error(f"{name}: {fault.text} {fault.fix}".rstrip())
    return exit_code([fault for _, fault in faults])
