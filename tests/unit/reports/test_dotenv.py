"""Variables for later jobs, read as GitLab does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from gate.core.verdict import Verdict
from gate.reports import dotenv
from gate.reports.report import Report
from gate.reports.text import shell_word
from reporting import RUN_ID, SERVER, make_report, make_run, reports


def read_variables(text: str) -> dict[str, str]:
    """Read variables as GitLab does: one a line, no quotes, no comments, blanks around a value dropped."""
    values = {}
    for line in text.splitlines():
        found = re.fullmatch(r"(.*?)=(.*)", line)
        assert found is not None, line
        assert re.fullmatch(r"[A-Z_]+", found[1])
        values[found[1]] = found[2].strip()
    return values


def test_the_variables() -> None:
    """Later jobs find the verdict, the exit code, and the run that decided, with its link."""
    passed = make_run(id="other", url=f"{SERVER}/runs/other")
    assert read_variables(dotenv.render(make_report(passed, make_run(Verdict.UNKNOWN)))) == {
        "DAI_GATE_VERDICT": "unknown",
        "DAI_GATE_EXIT_CODE": "5",
        "DAI_GATE_RUN_ID": RUN_ID,
        "DAI_GATE_RUN_IDS": f"other,{RUN_ID}",
        "DAI_GATE_URL": f"{SERVER}/runs/{RUN_ID}",
    }


def test_what_is_not_known_is_empty() -> None:
    """A variable, but for the runs to resume, is there with nothing to say: no job finds another one's value."""
    text = dotenv.render(make_report(make_run(Verdict.DENIED, id=None, url=None)))
    assert text.endswith("\nDAI_GATE_RUN_ID=\nDAI_GATE_URL=\n")


@given(reports)
def test_any_text_reads_back(report: Report) -> None:
    """No value breaks out of its line; all of them stay below the five kilobytes that GitLab takes."""
    text = dotenv.render(report)
    values = read_variables(text)
    names = ["DAI_GATE_VERDICT", "DAI_GATE_EXIT_CODE", "DAI_GATE_RUN_ID", "DAI_GATE_RUN_IDS", "DAI_GATE_URL"]
    assert [name for name in names if name in values] == list(values)
    assert set(names) - set(values) <= {"DAI_GATE_RUN_IDS"}
    assert values["DAI_GATE_VERDICT"] == report.verdict
    assert values["DAI_GATE_RUN_ID"] == shell_word(report.run_id)
    assert re.fullmatch(r"[A-Za-z0-9._:,+@/=%-]*", values.get("DAI_GATE_RUN_IDS", "") + values["DAI_GATE_RUN_ID"])
    assert "$" not in text
    assert len(text.encode()) < 5 * 1024


@pytest.mark.parametrize("odd", [None, "a b", "a,b", "$(id)", "-"])
def test_where_a_run_could_not_be_resumed_none_is_named(odd: str | None) -> None:
    """Where one run has no id yet, or one that no command should hold, a later job fails for want of the variable."""
    text = dotenv.render(make_report(make_run(), make_run(Verdict.TIMED_OUT, id=odd)))
    assert ("DAI_GATE_RUN_IDS" in text) == (odd == "-")


def test_more_runs_than_gitlab_takes() -> None:
    """GitLab refuses a file of more than 5 KiB whole: of so many runs none is named, and the verdict arrives."""
    few, many = ([make_run(id=f"{number:036}") for number in range(count)] for count in (100, 200))
    assert dotenv.render(make_report(*few)).count(",") == 99
    text = dotenv.render(make_report(*many))
    assert "DAI_GATE_RUN_IDS" not in text
    assert read_variables(text)["DAI_GATE_VERDICT"] == "passed"


def test_an_address_keeps_what_its_user_wrote() -> None:
    """What joins the parts of an address stays; a dollar sign, which would name another variable, does not."""
    text = dotenv.render(make_report(make_run(url="https://dai.example/?a=1&b=$X#c")))
    assert read_variables(text)["DAI_GATE_URL"] == "https://dai.example/?a=1&b=%24X#c"
