"""A scenario: which runs there are, what answers look like, who is let in, and what goes wrong.

It is a YAML file. Every key is declared here and in the modules that read it, and the reference and the JSON Schema are
made from these declarations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from gate.apifile import API
from gate.core.api import RUN_PROGRESS, Api
from gate.declare import FLAG, MOMENT, TEXT, Kind, ListOf, Place, Record, choice, key
from gate.errors import UsageError
from gate.simulator import lies, wire  # noqa: F401 - they declare the kinds of faults
from gate.simulator.faults import AnyFault, Fault
from gate.simulator.plans import History, Many, Run
from gate.simulator.runs import PlannedRun, RunTemplate
from gate.simulator.tokens import Auth

_UNKNOWN: Final = choice(("not-found-404", "bad-request-400", "null", "empty-array", "message-200"))
_OFFSET: Final = re.compile(r"([+-])([01]\d|2[0-3]):?(\d\d)?", re.ASCII)


def _offset(found: Any) -> timedelta:
    match = _OFFSET.fullmatch(found)
    if match is None:
        raise ValueError
    length = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return -length if match[1] == "-" else length


def _prefix(found: Any) -> str:
    prefix = TEXT.read(found, Place("")).rstrip("/")
    if prefix and not prefix.startswith("/"):
        raise ValueError
    return prefix


@dataclass(frozen=True, kw_only=True)
class ServerClock:
    """The server's clock, and how it writes times."""

    offset: timedelta = key(
        Kind(
            'an offset in quotes, such as "+01:00" or "-05:30"',
            _offset,
            {"type": "string", "pattern": f"^{_OFFSET.pattern}$"},
        ),
        "the offset from UTC that times are written with",
        timedelta(hours=1),
    )
    end_time: str = key(
        choice(("documented", "lying")), "`lying` (seen): the end is the UTC clock with the local offset", "documented"
    )
    ahead: float = key(MOMENT, "how far the server's clock is ahead of this machine's; negative: behind", 0.0)
    date_ahead: float = key(MOMENT, "how far the Date header is ahead of that, as a proxy's may be", 0.0)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario: everything that a simulated server needs to know before it starts."""

    runs: tuple[Run, ...] = key(ListOf(Record(Run)), "the runs", ())
    history: tuple[History, ...] = key(ListOf(Record(History)), "runs that had ended before the start", ())
    many: Many | None = key(Record(Many), "runs for a test of scale", None)
    started: RunTemplate = key(
        Record(RunTemplate), "what `/api/run` starts: the keys of a run, except `id` and `model`", RunTemplate()
    )
    models: tuple[str, ...] = key(
        ListOf(TEXT), "models that may be started besides those of `runs`; any, if neither names one", ()
    )
    forbidden: tuple[str, ...] = key(ListOf(TEXT), "models that are answered with 403", ())
    disconnected_agents: tuple[str, ...] = key(ListOf(TEXT), "agents that no run can be started on", ())
    aborted_status: str = key(TEXT, "the status word of a run that was aborted", "Incomplete")
    auth: Auth = key(Record(Auth), "who is let in", Auth())
    clock: ServerClock = key(Record(ServerClock), "the server's clock", ServerClock())
    time_format: str = key(
        choice(("documented", "iso", "colon", "compact", "zulu")),
        "how times are written; `documented` is `2018-05-31 17:00:01.366412+01`",
        "documented",
    )
    shape: str = key(
        choice(("by-query", "object", "array", "items")),
        "the shape of an answer; `by-query`: an object for an id, an array for a model",
        "by-query",
    )
    extra_keys: bool = key(FLAG, "add `runid`, `is_paused` and `runs` (seen)", False)
    numeric_ids: bool = key(FLAG, "write ids of digits as numbers, and start runs with such ids", False)
    status_case: str = key(choice(("as-is", "upper", "lower")), "the case of status words", "as-is")
    unknown_run: str = key(_UNKNOWN, "the answer about an unknown run (undocumented)", "not-found-404")
    unknown_model: str = key(_UNKNOWN, "the answer about an unknown model (undocumented)", "empty-array")
    api: Api = key(API, "an API description, served in place of `/api/run/progress`", RUN_PROGRESS)
    prefix: str = key(
        Kind("a path that begins with /, such as /dai", _prefix, {"type": "string", "pattern": "^(/.*)?$"}),
        "a path prefix for everything",
        "",
    )
    starts_at: str = key(
        choice(("server-start", "first-request")), "when the clock of runs and faults starts", "server-start"
    )
    faults: tuple[Fault, ...] = key(ListOf(AnyFault()), "what goes wrong: the first that fits a request happens", ())

    @cached_property
    def planned(self) -> tuple[PlannedRun, ...]:
        """All runs, those of `history` and `many` included."""
        runs = [run.planned(str(index)) for index, run in enumerate(self.runs)]
        for index, history in enumerate(self.history):
            runs += history.planned(str(index))
        return (*runs, *(self.many.planned() if self.many else ()))


SCENARIO: Final = Record(Scenario)


def load_scenario(path: Path | str) -> Scenario:
    """Read a scenario from a YAML file. Raises UsageError for one that cannot be read or has an error in it."""
    from gate import yamlfile  # noqa: PLC0415 - a simulator that is given a mapping needs no YAML

    values = yamlfile.read(path, origin="--scenario", right="Check the indentation, and quote values that are text.")
    return parse_scenario(values, origin=str(path))


def parse_scenario(values: Any, origin: str) -> Scenario:
    """Return the scenario that the mapping describes; `origin` says in errors where it came from. Raises UsageError."""
    scenario = SCENARIO.read(values, Place(origin))
    seen: set[str] = set()
    for run in scenario.planned:
        if run.id in seen:
            raise UsageError(f"{origin}: runs: two have the id {run.id!r}.", "Give each run an id of its own, or none.")
        seen.add(run.id)
    return scenario
