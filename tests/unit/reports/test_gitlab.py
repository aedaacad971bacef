"""What GitLab reads, read as it does."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from gate.core.verdict import Verdict
from gate.reports import gitlab
from gate.reports.report import Report
from gate.reports.text import dotenv_value
from reporting import BEGIN, RUN_ID, SERVER, foreign, make_report, make_run, reports

SECTION = re.compile(r"\x1b\[0Ksection_(start|end):(\d+):([\w.-]+)(\[collapsed=true\])?\r\x1b\[0K")


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
    assert read_variables(gitlab.render(make_report(passed, make_run(Verdict.UNKNOWN)))) == {
        "DAI_GATE_VERDICT": "unknown",
        "DAI_GATE_EXIT_CODE": "5",
        "DAI_GATE_RUN_ID": RUN_ID,
        "DAI_GATE_URL": f"{SERVER}/runs/{RUN_ID}",
    }


def test_what_is_not_known_is_empty() -> None:
    """A variable is there even where there is nothing to say, so that no job finds another one's value."""
    text = gitlab.render(make_report(make_run(Verdict.DENIED, id=None, url=None)))
    assert text.endswith("\nDAI_GATE_RUN_ID=\nDAI_GATE_URL=\n")


@given(reports)
def test_any_text_reads_back(report: Report) -> None:
    """No value breaks out of its line; all of them stay below the five kilobytes that GitLab takes."""
    text = gitlab.render(report)
    values = read_variables(text)
    assert list(values) == ["DAI_GATE_VERDICT", "DAI_GATE_EXIT_CODE", "DAI_GATE_RUN_ID", "DAI_GATE_URL"]
    assert values["DAI_GATE_VERDICT"] == report.verdict
    assert values["DAI_GATE_RUN_ID"] == dotenv_value(report.run_id)
    assert "$" not in text
    assert len(text.encode()) < 5 * 1024


def test_a_section_of_the_log() -> None:
    """A passed wait is a folded section with a line a run and its link; it took as long as the wait."""
    lines = gitlab.lines(make_report(make_run(), make_run(url=None)))
    begin = int(BEGIN.timestamp())
    assert lines == [
        f"\x1b[0Ksection_start:{begin}:dai_gate[collapsed=true]\r\x1b[0Kdai-gate: passed after 4m",
        f"passed Checkout {RUN_ID} The server says Passed after 3m.",
        f" {SERVER}/runs/{RUN_ID}",
        f"passed Checkout {RUN_ID} The server says Passed after 3m.",
        f"\x1b[0Ksection_end:{begin + 240}:dai_gate\r\x1b[0K",
    ]


def test_what_did_not_pass_is_open() -> None:
    """Nobody has to unfold a section to see why a wait did not pass."""
    first, *_ = gitlab.lines(make_report(make_run(Verdict.FAILED)))
    assert "collapsed" not in first


@given(reports)
def test_any_text_opens_and_closes_one_section(report: Report) -> None:
    """No run begins or ends a section, or moves the cursor."""
    first, *between, last = gitlab.lines(report)
    assert SECTION.match(first)
    assert SECTION.fullmatch(last)
    assert all("\x1b" not in line and len(line.splitlines()) == 1 for line in between)


@given(foreign, foreign)
def test_a_section_around_text(name: str, title: str) -> None:
    """A section has a name that GitLab takes, and ends with the same."""
    text = gitlab.section(f"x{name}", title, 100, 160, "one\ntwo\n")
    (start, begin, first, folded), (end, finish, last, _) = SECTION.findall(text)
    assert (start, begin, folded, end, finish) == ("start", "100", "[collapsed=true]", "end", "160")
    assert first == last
    assert text.endswith("\r\x1b[0K\n")
    assert "\none\ntwo\n\x1b[0Ksection_end" in text


@given(st.text(max_size=5))
def test_an_unfolded_section(title: str) -> None:
    """A section may be open from the start."""
    assert gitlab.section_start("s", title, 1, folded=False).startswith("\x1b[0Ksection_start:1:s\r\x1b[0K")
