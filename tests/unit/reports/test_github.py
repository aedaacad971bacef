"""What GitHub Actions reads, read as its runner does."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from gate.core.verdict import Verdict
from gate.reports import github
from gate.reports.report import Report
from gate.reports.text import one_line
from reporting import RUN_ID, SERVER, foreign, make_report, make_run, reports

COUNTS = ("passed", "failed", "total")
COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<properties>[^:]*))?::(?P<data>.*)")


def read_outputs(text: str) -> dict[str, str]:
    """Read the outputs of a step as the runner does: `name<<end`, lines, `end`."""
    values, lines = {}, iter(re.split(r"\r?\n", text.removesuffix("\n")))
    for line in lines:
        name, _, end = line.partition("<<")
        value = []
        while (each := next(lines)) != end:
            value.append(each)
        values[name] = "\n".join(value)
    return values


def test_an_annotation() -> None:
    """A run that did not pass is an error with its name, why, what to do, and where to look."""
    (line,) = github.lines(make_report(make_run(), make_run(Verdict.FAILED)))
    assert line == (
        "::error title=failed%3A Checkout::The server says Failed after 3m.%0A"
        "Open the run's results in DAI to see which step failed.%0A"
        f"Results: {SERVER}/runs/{RUN_ID}%0ARun: {RUN_ID}"
    )


def test_an_annotation_of_what_is_not_known() -> None:
    """A run without any name has an annotation as well."""
    (line,) = github.lines(make_report(make_run(Verdict.DENIED, id=None, model=None, url=None)))
    assert line.startswith("::error title=denied%3A unknown run::The server says Denied")
    assert "Run:" not in line


@pytest.mark.parametrize(("failed", "lines"), [(0, 0), (9, 9), (10, 10), (11, 10), (50, 10)])
def test_no_more_annotations_than_are_shown(failed: int, lines: int) -> None:
    """GitHub shows ten; of more the last one says how many others there are."""
    found = github.lines(make_report(make_run(), *[make_run(Verdict.FAILED)] * failed))
    assert len(found) == lines
    if failed > lines:
        assert found[-1] == f"::error title=dai-gate::{failed - 9} more runs did not pass."


def test_what_lets_the_pipeline_continue_is_a_warning() -> None:
    """Where the exit code is 0, because enough runs passed or by --exit-code, no annotation is an error."""
    report = replace(make_report(make_run(), *[make_run(Verdict.FAILED)] * 20), exit_code=0)
    assert {line.partition(" ")[0] for line in github.lines(report)} == {"::warning"}


@given(reports)
def test_any_text_makes_nothing_but_annotations(report: Report) -> None:
    """Each line is one command of ours, whatever stands in a report."""
    for line in github.lines(report):
        assert len(line.splitlines()) == 1
        found = COMMAND.fullmatch(line)
        assert found is not None
        assert found["name"] == "error"
        assert re.fullmatch(r"title=[^,:\r\n]+", found["properties"])


def test_outputs() -> None:
    """The step's outputs have the names of the action's, and what is not known is empty."""
    assert read_outputs(github.outputs(make_report(), {"junit": "out/junit.xml"})) == {
        "verdict": "passed",
        "exit-code": "0",
        "run-id": RUN_ID,
        "run-ids": RUN_ID,
        "reason": "",
        "passed": "1",
        "failed": "0",
        "total": "1",
        "results-url": f"{SERVER}/runs/{RUN_ID}",
        "junit": "out/junit.xml",
    }
    empty = read_outputs(github.outputs(make_report(make_run(Verdict.UNKNOWN, id=None, url=None)), {}))
    assert (empty["run-id"], empty["run-ids"], empty["results-url"]) == ("", "", "")
    assert (empty["reason"], "junit" in empty) == ("lost-contact", False)


def test_the_counts_are_those_of_runs() -> None:
    """Passed and failed are the runs with that verdict; the rest is what the total has more."""
    verdicts = [Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.UNKNOWN, Verdict.TIMED_OUT]
    values = read_outputs(github.outputs(make_report(*map(make_run, verdicts)), {}))
    assert [values[name] for name in ("passed", "failed", "total")] == ["2", "1", "5"]


def test_no_id_of_many_is_cut_off() -> None:
    """However many runs were watched, the list names every one."""
    runs = [make_run(id=f"{number:036}") for number in range(1000)]
    assert read_outputs(github.outputs(make_report(*runs), {}))["run-ids"].count(",") == 999


@given(reports, foreign)
def test_any_text_reads_back_from_the_outputs(report: Report, junit: str) -> None:
    """No value ends before its end, or begins another output."""
    values = read_outputs(github.outputs(report, {"junit": junit}))
    assert list(values) == ["verdict", "exit-code", "run-id", "run-ids", "reason", *COUNTS, "results-url", "junit"]
    assert values["verdict"] == report.verdict
    assert values["run-id"] == one_line(report.run_id)
    assert values["results-url"] == one_line(report.results_url or "")
    assert values["junit"] == "\n".join(re.split(r"\r?\n", junit)) or junit.endswith("\r")


def test_the_end_of_a_value_cannot_be_guessed() -> None:
    """Each value ends with a line that no other value has had, here or in another wait."""
    text = github.outputs(make_report(), {}) + github.outputs(make_report(), {})
    ends = re.findall(r"<<(.+)\n", text)
    assert len(set(ends)) == len(ends) == 18


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "new=1\n"), ("", "new=1\n"), ("old=1\n", "old=1\nnew=1\n"), ("old=1", "old=1\nnew=1\n")],
)
def test_what_is_there_is_kept(tmp_path: Path, before: str | None, after: str) -> None:
    """Text goes to the end of the file, and begins a line there."""
    path = tmp_path / "outputs"
    if before is not None:
        path.write_text(before)
    github.append(str(path), "new=1\n")
    assert path.read_text() == after


def test_a_name_of_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Half a character in a path of the caller's does not keep the outputs from being written."""
    path = tmp_path / "outputs"
    github.append(str(path), "junit=\udcff\n")
    assert path.read_text() == "junit=\\udcff\n"


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """The caller hears of it."""
    with pytest.raises(OSError, match="No such file"):
        github.append(str(tmp_path / "missing" / "outputs"), "x")


def test_the_summary_is_a_chapter_of_its_own(tmp_path: Path) -> None:
    """What other steps have written stays, and a blank line separates."""
    path = tmp_path / "summary.md"
    github.append_summary(str(path), "## first\n")
    github.append_summary(str(path), "## second\n")
    assert path.read_text() == "\n## first\n\n## second\n"


@pytest.mark.parametrize("there", [0, 1000, github.SUMMARY_LIMIT - 500])
def test_the_summary_stays_below_the_limit(tmp_path: Path, there: int) -> None:
    """What is too much is left out from a blank line on, and a note says so."""
    path = tmp_path / "summary.md"
    path.write_text("x" * there)
    github.append_summary(str(path), "## headline\n\n" + "| row | ü |\n" * 100_000 + "\n\nend\n")
    text = path.read_text()
    assert len(text.encode()) < github.SUMMARY_LIMIT
    assert text.startswith("x" * there)
    assert "## headline" in text
    assert "row" not in text
    assert text.endswith("GitHub shows no larger summary._\n")


def test_a_full_summary_is_left_alone(tmp_path: Path) -> None:
    """Where not even the note fits, nothing is written: GitHub would refuse all of it."""
    path = tmp_path / "summary.md"
    path.write_text("x" * (github.SUMMARY_LIMIT - 50))
    github.append_summary(str(path), "## headline\n")
    assert path.stat().st_size == github.SUMMARY_LIMIT - 50 + 1 + len("\n## headline\n")
    github.append_summary(str(path), "## headline\n\n" * 10)
    assert path.stat().st_size == github.SUMMARY_LIMIT - 50 + 1 + len("\n## headline\n")


def read_masks(lines: list[str]) -> list[str]:
    found = [COMMAND.fullmatch(line) for line in lines]
    return [each["data"].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%") for each in found if each]


@pytest.mark.parametrize(
    ("secret", "masks"),
    [
        ("hunter2", ["hunter2"]),
        ("50%0Aoff::x", ["50%0Aoff::x"]),
        ("-----BEGIN-----\r\nabc\n\n  \n-----END-----\n", ["-----BEGIN-----", "abc", "-----END-----"]),
        ("", []),
        ("##[add-mask]a\nb##[error]c\n|##TeamCity[d]\n##vso[task.complete]e\n##f", ["##f"]),
    ],
)
def test_masks(secret: str, masks: list[str]) -> None:
    """Each line of a secret is masked, letter for letter; not a blank one, and none that holds a command of its own."""
    lines = github.mask(secret)
    assert all(line.startswith("::add-mask::") and "\n" not in line for line in lines)
    assert read_masks(lines) == masks
