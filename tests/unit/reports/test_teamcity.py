"""What TeamCity reads, read as it does."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given

from gate.core.verdict import Verdict
from gate.reports import teamcity
from gate.reports.report import Report
from gate.reports.text import one_line
from reporting import RUN_ID, SERVER, make_report, make_run, reports

MESSAGE = re.compile(
    r"##teamcity\[(?P<name>\w+)(?P<attributes>(?: \w+='(?:[^|'\[\]\n]|\|[|'\[\]n]|\|0x[0-9A-F]{4})*')*)\]"
)
ATTRIBUTE = re.compile(r" (\w+)='((?:[^|']|\|.)*)'")


def read(line: str) -> tuple[str, dict[str, str]]:
    """Read a service message: its name and its attributes."""
    found = MESSAGE.fullmatch(line)
    assert found is not None, line
    return found["name"], {name: plain(value) for name, value in ATTRIBUTE.findall(found["attributes"])}


def plain(value: str) -> str:
    def one(found: re.Match[str]) -> str:
        return chr(int(found[1], 0)) if len(found[1]) > 1 else "\n" if found[1] == "n" else found[1]

    return re.sub(r"\|(0x[0-9A-F]{4}|.)", one, value).encode("utf-16", "surrogatepass").decode("utf-16")


def test_the_lines() -> None:
    """A run that did not pass is a problem of the build, and later steps find the facts as parameters."""
    problem, *parameters = map(read, teamcity.lines(make_report(make_run(), make_run(Verdict.FAILED))))
    name, attributes = problem
    assert name == "buildProblem"
    assert attributes["description"] == (
        f"failed: Checkout {RUN_ID}: The server says Failed after 3m. {SERVER}/runs/{RUN_ID}"
    )
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{1,59}", attributes["identity"])
    assert parameters == [
        ("setParameter", {"name": "dai-gate.verdict", "value": "failed"}),
        ("setParameter", {"name": "dai-gate.exit-code", "value": "1"}),
        ("setParameter", {"name": "dai-gate.run-id", "value": RUN_ID}),
        ("setParameter", {"name": "dai-gate.run-ids", "value": f"{RUN_ID},{RUN_ID}"}),
        ("setParameter", {"name": "dai-gate.reason", "value": ""}),
        ("setParameter", {"name": "dai-gate.passed", "value": "1"}),
        ("setParameter", {"name": "dai-gate.failed", "value": "1"}),
        ("setParameter", {"name": "dai-gate.total", "value": "2"}),
        ("setParameter", {"name": "dai-gate.results-url", "value": f"{SERVER}/runs/{RUN_ID}"}),
    ]


def test_what_is_not_known() -> None:
    """A run without any name is a problem as well, and its parameters are empty."""
    problem, *parameters = map(
        read, teamcity.lines(make_report(make_run(Verdict.DENIED, id=None, model=None, url=None)))
    )
    assert problem[1]["description"] == "denied: unknown model -: The server says Denied after 3m."
    assert [attributes["value"] for _, attributes in parameters] == ["denied", "6", "", "", "", "0", "0", "1", ""]


def test_each_run_is_a_problem_of_its_own() -> None:
    """TeamCity shows problems of the same identity once: two runs differ, the same run does not."""
    failed, another = make_run(Verdict.FAILED), make_run(Verdict.FAILED, id="other")
    one, other, again = teamcity.lines(make_report(failed, another, failed))[:3]
    assert one == again
    assert read(one)[1]["identity"] != read(other)[1]["identity"]


def test_what_lets_the_build_pass_is_a_warning() -> None:
    """TeamCity fails a build for each problem: where the exit code is 0 a run that did not pass is none."""
    report = replace(make_report(make_run(), make_run(Verdict.FAILED)), exit_code=0)
    warning, *_ = map(read, teamcity.lines(report))
    assert (warning[0], warning[1]["status"]) == ("message", "WARNING")
    assert warning[1]["text"].startswith(f"failed: Checkout {RUN_ID}: ")


@given(reports)
def test_any_text_makes_nothing_but_our_messages(report: Report) -> None:
    """Each line is one message of ours, in ASCII; a value names no other parameter."""
    failed = sum(run.verdict is not Verdict.PASSED for run in report.runs)
    lines = teamcity.lines(report)
    kind = "buildProblem" if report.exit_code else "message"
    assert [read(line)[0] for line in lines] == [kind] * failed + ["setParameter"] * 9
    assert all(line.isascii() and len(line.splitlines()) == 1 for line in lines)
    value = read(lines[-7])[1]["value"]
    assert "%" not in value.replace("%%", "")
    assert value.replace("%%", "%") == one_line(report.run_id)
