"""The JUnit report in the tools that people read it with: what each counts, as docs/junit.md says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml
from lxml import etree

from gate.core.verdict import Verdict
from gate.reports import junit
from reporting import make_report, make_run

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dai-gate-e2e" / "readers"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Give a report with a run of each verdict."""
    return write(tmp_path / "junit.xml")


def write(path: Path, suite_name: str = "eggplant-dai") -> Path:
    runs = [make_run(verdict, model=f"M-{verdict}") for verdict in Verdict]
    path.write_text(junit.render(make_report(*runs, suite_name=suite_name)), encoding="utf-8")
    return path


def run(*words: str | Path) -> str:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def test_the_schema_of_jenkins(report: Path) -> None:
    """A report with a run of each verdict is valid by it."""
    etree.XMLSchema(etree.parse(CACHE / "junit-10.xsd")).assertValid(etree.parse(report))


def test_junitparser(report: Path) -> None:
    """One pass, one failure, five errors, each with the sentence as its message."""
    (suite,) = JUnitXml.fromfile(str(report))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (7, 1, 5, 0)
    results = [result for case in suite for result in case.result]
    assert [type(result) for result in results] == [Failure, *[Error] * 5]
    assert results[0].message == "The server says Failed after 3m."


def test_junit2html(report: Path) -> None:
    """It knows no errors: one is passed, six are failed, and each page entry shows message and text."""
    matrix = run(CACHE / "venv" / "bin" / "junit2html", report, "--summary-matrix")
    assert len(re.findall(r"- M-\S+ .* Passed", matrix)) == 1
    assert len(re.findall(r"- M-\S+ .* Failed", matrix)) == 6
    page = report.with_suffix(".html")
    run(CACHE / "venv" / "bin" / "junit2html", report, page)
    text = page.read_text(encoding="utf-8")
    assert "The server says Failed after 3m." in text
    assert "What to do: " in text


def test_xunit_viewer(report: Path) -> None:
    """It distinguishes failures from errors, and shows text, message and type."""
    page = report.with_suffix(".html")
    shown = run(CACHE / "node_modules" / ".bin" / "xunit-viewer", "-r", report, "-o", page, "-c")
    assert "1 failure, 1 passed, 5 error" in shown
    assert "! M-timed-out" in shown
    assert "- TimedOut" in shown
    assert page.stat().st_size > 1000


def test_junit_report_merger(tmp_path: Path) -> None:
    """Files of jobs with a suite name each are added up; tests of one suite and name count once."""
    merger = CACHE / "node_modules" / ".bin" / "junit-report-merger"
    files = [write(tmp_path / f"{name}.xml", name) for name in ("linux", "windows")]
    run(merger, tmp_path / "merged.xml", *files)
    merged = JUnitXml.fromfile(str(tmp_path / "merged.xml"))
    assert (merged.tests, merged.failures, merged.errors) == (14, 2, 10)
    run(merger, tmp_path / "same.xml", files[0], files[0])
    same = JUnitXml.fromfile(str(tmp_path / "same.xml"))
    assert (same.tests, same.failures, same.errors) == (7, 1, 5)
