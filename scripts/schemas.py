"""Writes the JSON Schemas of the files that people write and read, from the declarations in the program: `make docs`.

A test finds out what is stale, and validates every example and every report against them.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from gate.apifile import API
from gate.core.verdict import Reason, Verdict
from gate.declare import Record
from gate.reports.log import LEVELS, Facts
from gate.reports.log_events import LogEvent
from gate.settings.declared import Option
from gate.settings.kinds import DURATION as DURATION_KIND
from gate.settings.kinds import EXIT_CODE, REQUIRE
from gate.settings.sections import OPTIONS
from gate.simulator.scenario import SCENARIO

SCHEMAS = Path(__file__).parents[1] / "schemas"
LONG = 80  # characters of a key's schema
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# A scalar of YAML is taken as it is written wherever a text is meant.
TEXT = {"type": ["string", "number", "boolean"]}
DURATION = {"type": ["number", "string"], "pattern": r"^\s*[0-9][0-9.dhms ]*$", "exclusiveMinimum": 0}
FORCED = {
    "type": "string",
    "pattern": rf"^\s*({'|'.join([*Verdict, *Reason])})\s*=\s*([0-9]{{1,2}}|0[0-9]{{2}}|1[01][0-9]|12[0-5])\s*$",
}
LEAST = {"type": ["integer", "string"], "pattern": r"^\s*([Aa][Ll][Ll]|[Aa][Nn][Yy]|0*[1-9][0-9]*)\s*$", "minimum": 1}


def titled(title: str, body: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "title": title, **body}


def record(kind: Record[Any]) -> dict[str, Any]:
    shared: dict[str, Any] = {}
    body = share(kind.schema, shared)
    return titled((inspect.getdoc(kind.cls) or "").splitlines()[0], {**body, "$defs": shared})


def share(node: Any, shared: dict[str, Any], name: str = "") -> Any:
    """Return a schema in which what stands under keys is held in `shared` once, if it is long."""
    if isinstance(node, list):
        return [share(each, shared, name) for each in node]
    if not isinstance(node, Mapping):
        return node
    made = {key: share(value, shared, key) for key, value in node.items()}
    if "description" not in node or len(json.dumps(made)) < LONG:
        return made
    same = [each for each in shared if each.rpartition("-")[0] == name and shared[each] == made]
    label = same[0] if same else f"{name}-{len(shared) + 1}"
    shared[label] = made
    return {"$ref": f"#/$defs/{label}"}


# The settings file


def setting(option: Option) -> dict[str, Any]:
    """Return what a key of the settings file may hold."""
    if option.kind.choices:
        one: dict[str, Any] = {"enum": list(option.kind.choices)}
    elif option.is_switch:
        one = {"type": ["boolean", "string"]}
    elif option.kind is DURATION_KIND:
        one = DURATION
    elif option.kind is EXIT_CODE:
        one = FORCED
    elif option.kind is REQUIRE:
        one = LEAST
    elif option.kind.metavar == "NUMBER":
        one = {"type": ["number", "string"]}
    else:
        one = TEXT
    several = {"anyOf": [one, {"type": "array", "items": one}]} if option.multiple else one
    return {"description": " ".join(option.help.split()), **several}


def settings_file() -> dict[str, Any]:
    return titled(
        "The settings of dai-gate",
        {
            "type": "object",
            "properties": {each.key: setting(each) for each in OPTIONS},
            "additionalProperties": False,
        },
    )


# The JSON report

NULL = {"type": "null"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
SECONDS = {"type": "number", "minimum": 0}
COUNT = {"type": "integer", "minimum": 0}
STRING = {"type": "string"}
VERDICT = {"enum": [str(each) for each in Verdict]}
REASON = {"enum": [*(str(each) for each in Reason), None]}


def maybe(kind: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [kind, NULL]}


def object_of(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object that has all of these keys; others may be added."""
    return {"type": "object", "properties": dict(keys), "required": list(keys)}


ATTEMPT = object_of(
    {
        "id": maybe(STRING),
        "verdict": VERDICT,
        "status": maybe(STRING),
        "started_at": maybe(TIME),
        "ended_at": maybe(TIME),
        "message": STRING,
    }
)
RUN = object_of(
    {
        "id": maybe(STRING),
        "model": maybe(STRING),
        "type": maybe(STRING),
        "agent": maybe(STRING),
        "verdict": VERDICT,
        "reason": REASON,
        "status": maybe(STRING),
        "started_at": maybe(TIME),
        "ended_at": maybe(TIME),
        "duration_s": maybe(SECONDS),
        "observed_s": SECONDS,
        "url": maybe(STRING),
        "message": STRING,
        "attempts": {"type": "array", "items": ATTEMPT},
    }
)


def report() -> dict[str, Any]:
    keys = {
        "schema": {"const": 1},
        "verdict": VERDICT,
        "exit_code": {"type": "integer", "minimum": 0, "maximum": 255},
        "reason": REASON,
        "started_at": TIME,
        "ended_at": TIME,
        "elapsed_s": SECONDS,
        "server": STRING,
        "polls": COUNT,
        "requests": COUNT,
        "runs": {"type": "array", "items": RUN},
    }
    return titled("The JSON report of a wait", object_of(keys))


# A line of the log

FACTS: Mapping[str, Any] = {
    "run_id": STRING,
    "model": STRING,
    "status": STRING,
    "verdict": VERDICT,
    "reason": {"enum": [str(each) for each in Reason]},
    "exit_code": {"type": "integer", "minimum": 0, "maximum": 255},
    "wait_s": SECONDS,
}


def log() -> dict[str, Any]:
    """Return the object of a line: what every event has, and for each event which facts it may have."""
    if set(FACTS) != set(Facts.__annotations__):
        raise ValueError("FACTS is not what the log may hold")
    every = {
        "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
        "level": {"enum": list(LEVELS)},
        "event": {"enum": [str(each) for each in LogEvent]},
        "message": STRING,
    }
    body = object_of(every)
    body["properties"] |= FACTS
    body["oneOf"] = [
        {"description": each.meaning, "properties": {"event": {"const": str(each)}, **without(each.fields)}}
        for each in LogEvent
    ]
    return titled("A line of the log with --log-format json", body)


def without(fields: Collection[str]) -> dict[str, bool]:
    return {name: False for name in sorted(FACTS) if name not in fields}


BUILDERS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "api": lambda: record(API),
    "log": log,
    "report": report,
    "scenario": lambda: record(SCENARIO),
    "settings": settings_file,
}


def path_of(name: str) -> Path:
    return SCHEMAS / f"{name}.schema.json"


def text_of(name: str) -> str:
    """Return the schema of that name as it is written to its file."""
    return json.dumps(BUILDERS[name](), indent=1) + "\n"


if __name__ == "__main__":
    for each in BUILDERS:
        path_of(each).write_text(text_of(each), encoding="utf-8")
