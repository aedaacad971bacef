"""What Azure Pipelines reads, read as its agent does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given

from gate.core.verdict import Verdict
from gate.reports import azure
from gate.reports.report import Report
from gate.reports.text import one_line
from reporting import RUN_ID, SERVER, make_report, make_run, reports

COMMAND = re.compile(r"##vso\[(?P<name>[\w.]+)(?: (?P<properties>[^\]]*))?\](?P<data>.*)")


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command: its name, its properties, its data."""
    found = COMMAND.fullmatch(line)
    assert found is not None, line
    properties = dict(each.split("=", 1) for each in (found["properties"] or "").split(";") if each)
    return found["name"], properties, found["data"].replace("%0D", "\r").replace("%0A", "\n").replace("%AZP25", "%")


def test_the_lines() -> None:
    """A run that did not pass is an issue, and later steps find the same facts as on GitHub."""
    lines = [read(line) for line in azure.lines(make_report(make_run(), make_run(Verdict.FAILED)))]
    story = (
        f"failed: Checkout {RUN_ID} - The server says Failed after 3m. - "
        f"Open the run's results in DAI to see which step failed. - Results: {SERVER}/runs/{RUN_ID}"
    )
    outputs = [
        ("verdict", "failed"),
        ("exit-code", "1"),
        ("run-id", RUN_ID),
        ("run-ids", f"{RUN_ID},{RUN_ID}"),
        ("reason", ""),
        ("passed", "1"),
        ("failed", "1"),
        ("total", "2"),
        ("results-url", f"{SERVER}/runs/{RUN_ID}"),
    ]
    assert lines == [
        ("task.logissue", {"type": "error"}, story),
        *(("task.setvariable", {"variable": name, "isOutput": "true"}, value) for name, value in outputs),
    ]


def test_what_is_not_known() -> None:
    """A run without any name is an issue as well, and its variables are empty."""
    issue, *variables = map(read, azure.lines(make_report(make_run(Verdict.DENIED, id=None, model=None, url=None))))
    assert issue[2].startswith("denied: unknown model - The server says Denied")
    assert [value for _, _, value in variables] == ["denied", "6", "", "", "", "0", "0", "1", ""]


def test_what_lets_the_pipeline_continue_is_a_warning() -> None:
    """Where the exit code is 0 a run that did not pass is no error."""
    report = replace(make_report(make_run(Verdict.FAILED)), exit_code=0)
    assert read(azure.lines(report)[0])[1] == {"type": "warning"}


@given(reports)
def test_any_text_makes_nothing_but_our_commands(report: Report) -> None:
    """Each line is one command of ours, and holds no second one for an agent that looks for it."""
    failed = sum(run.verdict is not Verdict.PASSED for run in report.runs)
    lines = azure.lines(report)
    assert [read(line)[0] for line in lines] == ["task.logissue"] * failed + ["task.setvariable"] * 9
    for line in lines:
        assert len(line.splitlines()) == 1
        assert line.count("##") == 1 or not re.search(r"##(vso)?\[", line[2:])
    assert read(lines[-7])[2] == one_line(report.run_id)


@pytest.mark.parametrize(
    ("secret", "masks"),
    [
        ("hunter2", ["hunter2"]),
        ("50%x", ["50%AZP25x", "50%x"]),
        ("one\r\n\ntwo\n", ["one", "two"]),
        (" ", []),
        ("a##vso[task.setvariable variable=PATH]b\nc##[error]d\n|##TeamCity[f]\n##e", ["##e"]),
    ],
)
def test_masks(secret: str, masks: list[str]) -> None:
    """Each line of a secret is masked, in either spelling of a percent sign; none that holds a command of its own."""
    assert azure.mask(secret) == [f"##vso[task.setsecret]{mask}" for mask in masks]
