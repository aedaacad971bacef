"""One JUnit file that every reader takes: a single test suite, a test case a watched run, the same names each time."""

from __future__ import annotations

import socket
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC

from gate.core.duration import format_duration
from gate.core.snapshot import RunSnapshot
from gate.core.verdict import TABLE, Verdict
from gate.reports.facts import attempt_lines, clock
from gate.reports.report import Report, RunReport, report_run
from gate.reports.text import one_line, xml_text

UNKNOWN_MODEL = "unknown model"
# Jenkins splits class names on dots; this character looks like one and is no separator.
_DOT = "\u2024"


def render(report: Report) -> str:
    # A file without a test case is often refused.
    nothing = RunSnapshot(verdict=Verdict.UNKNOWN, message="Nothing was watched.")
    runs = report.runs or [report_run(nothing, str, server=report.server, url_template=None)]
    suite = ET.Element("testsuite", _suite_attributes(report, runs))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(report):
        ET.SubElement(properties, "property", name=name, value=xml_text(one_line(value, max(2000, len(value)))))
    for run, model, name in _named(runs):
        _add_case(suite, report, run, model, name)
    ET.SubElement(suite, "system-out").text = xml_text("\n".join(_lines(report)))
    ET.SubElement(suite, "system-err").text = ""
    ET.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def _suite_attributes(report: Report, runs: Sequence[RunReport]) -> dict[str, str]:
    children = Counter(TABLE[run.verdict].child for run in runs)
    return {
        "name": _clean(report.suite_name).strip() or "eggplant-dai",
        "tests": str(len(runs)),
        "failures": str(children["failure"]),
        "errors": str(children["error"]),
        "skipped": "0",
        "time": _seconds(report.elapsed_s),
        "timestamp": f"{report.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        "hostname": _clean(socket.gethostname()) or "localhost",
    }


def _properties(report: Report) -> Iterator[tuple[str, str]]:
    yield "verdict", report.verdict
    yield "exit-code", str(report.exit_code)
    if report.reason:
        yield "reason", report.reason
    yield "server", report.server
    yield "polls", str(report.polls)
    yield "requests", str(report.requests)
    if ids := ",".join(run.id for run in report.runs if run.id):
        yield "run-ids", ids
    if report.results_url:
        yield "results-url", report.results_url


def _named(runs: Sequence[RunReport]) -> Iterator[tuple[RunReport, str, str]]:
    """Yield each run with its model and a name that is the same from build to build, numbered where it comes again."""
    seen, names = Counter[str](), set[str]()
    for run in runs:
        model = _clean(run.model or "").strip() or UNKNOWN_MODEL
        seen[model] += 1
        name = model if seen[model] == 1 else f"{model} #{seen[model]}"
        while name in names:  # another model is itself called `Checkout #2`
            seen[model] += 1
            name = f"{model} #{seen[model]}"
        names.add(name)
        yield run, model, name


def _add_case(suite: ET.Element, report: Report, run: RunReport, model: str, name: str) -> None:
    where = f"{suite.get('name')}.{model.replace('.', _DOT)}"
    took_s = run.observed_s if run.duration_s is None else run.duration_s
    case = ET.SubElement(suite, "testcase", classname=where, name=name, time=_seconds(took_s))
    row = TABLE[run.verdict]
    if row.child:
        message = _clean(run.message) or f"The run is {run.verdict}."
        child = ET.SubElement(case, row.child, type=row.type, message=message)
        child.text = xml_text("\n".join(_story(report, run)))


def _story(report: Report, run: RunReport) -> Iterator[str]:
    """Yield what a person wants to know, the verdict first: some readers show only this, others only the message."""
    reason = f" ({run.reason})" if run.reason else ""
    yield one_line(f"{run.verdict}{reason}: {run.message}".rstrip(": "))
    if run.url:
        yield one_line(f"Results: {run.url}")
    yield one_line(f"Run: {run.id or '-'}, model: {run.model or '-'}, agent: {run.agent or '-'}")
    yield f"Server: {one_line(report.server)}"
    yield from map(one_line, attempt_lines(run))
    for moment, word in run.statuses:
        yield one_line(f"{clock(moment)}Z {word}")
    if run.last_error:
        yield one_line(f"Last error: {run.last_error}")
    if run.advice:
        yield f"What to do: {run.advice}"


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.verdict} after {format_duration(report.elapsed_s)}, exit code {report.exit_code}"
    for run in report.runs:
        yield from map(one_line, attempt_lines(run))
        yield one_line(f"{run.verdict}  {run.model or '-'}  {run.id or '-'}  {run.message}")


def _clean(text: str) -> str:
    return xml_text(one_line(text))


def _seconds(seconds: float) -> str:
    return f"{max(0.0, seconds):.3f}"
