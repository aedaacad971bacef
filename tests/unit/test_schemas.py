"""The published JSON Schemas are those of the program, and what people write and read is valid by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from gate.declare import Place
from gate.errors import UsageError
from gate.reports import json as json_report
from gate.reports.report import Report
from gate.simulator.scenario import SCENARIO
from reporting import make_report, reports
from scripts import ROOT, schema_of, script

SCHEMAS = ROOT / "schemas"
NAMES = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))
EXAMPLES = [
    path
    for path in sorted((ROOT / "examples").rglob("*.yml"))
    if "yaml-language-server: $schema=" in path.read_text(encoding="utf-8")
]


WRITER = script("scripts/schemas.py")


@pytest.mark.parametrize("name", sorted(WRITER.BUILDERS))
def test_a_schema_is_the_programs_own(name: str) -> None:
    """The file in `schemas/` is what the declarations make: `make docs` writes it."""
    assert WRITER.path_of(name).read_text(encoding="utf-8") == WRITER.text_of(name)
    Draft202012Validator.check_schema(json.loads(WRITER.text_of(name)))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_example_is_valid_by_the_schema_that_it_names(example: Path) -> None:
    """An example names its schema in a comment, by which editors complete it, and is valid by it."""
    text = example.read_text(encoding="utf-8")
    named = text.partition("$schema=")[2].splitlines()[0].strip()
    schema = (example.parent / named).resolve()
    assert schema.parent == SCHEMAS
    schema_of(schema.name.removesuffix(".schema.json")).validate(yaml.safe_load(text))


def test_the_scenario_names_its_schema() -> None:
    """The bundled scenario is among the examples that name one."""
    assert ROOT / "examples" / "scenario.yml" in EXAMPLES


@given(reports)
def test_every_report_is_valid(report: Report) -> None:
    """Whatever a report holds, its JSON is valid by the schema."""
    schema_of("report").validate(json.loads(json_report.render(report)))


def test_the_schema_of_a_report_names_every_key() -> None:
    """A key that the report has is in the schema, and none besides."""
    schema = schema_of("report").schema
    assert isinstance(schema, dict)
    report = json.loads(json_report.render(make_report()))
    assert list(schema["properties"]) == list(report)
    assert list(schema["properties"]["runs"]["items"]["properties"]) == list(report["runs"][0])


SCENARIOS: list[dict[str, Any]] = [
    {"runs": [{"model": "a", "duration": "never"}, {"model": "b", "id": 7, "statuses": [{"status": "Failed"}]}]},
    {"runs": [{"model": "a", "start": "-1h", "duration": "1h 30m", "answer": {"starttime": None}}]},
    {"history": [{"model": "a", "durations": ["8s", 95]}, {"model": "b", "generate": {"count": 5, "median": "8m"}}]},
    {"many": {"duration": [2, "20s"], "outcome": {"Passed": 0.9, "Failed": 0.1}}},
    {"many": {"outcome": "Failed"}, "runs": None},
    {"auth": {"clients": [{"client_id": "a", "client_secret": "b"}], "expires_in_raw": None}},
    {"clock": {"offset": "-05:30", "ahead": "-15m"}, "prefix": "/dai/"},
    {"faults": [{"status": 503, "requests": "3-"}, {"requests": [1, 2], "kind": "hang"}, {"kind": None}]},
    {"faults": [{"kind": "slow", "requests": {"chance": 0.2}, "retry_after": {"date_in": "5s"}}]},
    {"api": {"request": {"path": "/x/{id}"}, "answer": {"id": "a", "status": "b.c"}, "words": {"running": ["NO"]}}},
]
WRONG: list[dict[str, Any]] = [
    {"runz": []},
    {"runs": [{}]},
    {"runs": [{"model": "a", "duration": "soon"}]},
    {"runs": [{"model": "a", "statuses": [{"at": 0}]}]},
    {"history": [{"durations": [1]}]},
    {"many": {"duration": [1]}},
    {"auth": {"users": [{"username": "a"}]}},
    {"clock": {"offset": "+25:00"}},
    {"unknown_run": "what"},
    {"prefix": "dai"},
    {"faults": [{"requests": 3}]},
    {"faults": [{"kind": "hangs"}]},
    {"faults": [{"kind": "hang", "delay": 1}]},
    {"faults": [{"status": 1000}]},
    {"faults": [{"status": 503, "requests": "every 0"}]},
]


@pytest.mark.parametrize("values", SCENARIOS)
def test_what_the_program_takes_the_schema_takes(values: dict[str, Any]) -> None:
    """A scenario that the simulator reads is valid by the schema."""
    SCENARIO.read(values, Place("test"))
    schema_of("scenario").validate(values)


@pytest.mark.parametrize("values", WRONG)
def test_what_the_program_refuses_the_schema_refuses(values: dict[str, Any]) -> None:
    """A scenario that the simulator refuses is marked by an editor that knows the schema."""
    with pytest.raises(UsageError):
        SCENARIO.read(values, Place("test"))
    with pytest.raises(ValidationError):
        schema_of("scenario").validate(values)


@pytest.mark.parametrize(
    ("values", "is_valid"),
    [
        ({"require": "any", "exit-code": ["failed=1", "not-found = 0"], "timeout": 90}, True),
        ({"require": 2, "exit-code": "incomplete=125"}, True),
        *(({"require": wrong}, False) for wrong in (0, "most", "0")),
        *(({"exit-code": [wrong]}, False) for wrong in ("broken=1", "failed=126", "failed")),
        *(({"timeout": wrong}, False) for wrong in (0, -5, "soon")),
    ],
)
def test_the_schema_of_the_settings_knows_the_words(values: dict[str, Any], *, is_valid: bool) -> None:
    """What an option takes by name, and in which bounds, is in the schema of the settings file."""
    assert schema_of("settings").is_valid(values) == is_valid
