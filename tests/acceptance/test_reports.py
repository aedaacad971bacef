"""The reports as their readers see them."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from junitparser import JUnitXml
from lxml import etree

from commands import Command
from gate.simulator import Simulator
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
OUTCOMES = ["Passed", "Failed", "Incomplete", "Exploded"]


def four_runs(serve: Serve) -> tuple[Simulator, list[str]]:
    ids = [f"{RUN[:-1]}{number}" for number in range(4)]
    runs = [
        {"id": run_id, "model": "Check.out" if number < 2 else "Search", "outcome": outcome, "duration": "1ms"}
        for number, (run_id, outcome) in enumerate(zip(ids, OUTCOMES, strict=True))
    ]
    return serve(runs=runs), ids


def test_the_junit_file_suits_its_readers(command: Command, serve: Serve) -> None:
    """A parser of JUnit files reads it, and it counts what it holds."""
    server, ids = four_runs(serve)
    command.wait(server, *ids, "--contact-timeout", "300ms")
    (suite,) = JUnitXml.fromfile(str(command.folder / "junit.xml"))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (4, 1, 2, 0)


def test_names_are_the_same_from_build_to_build(command: Command, serve: Serve) -> None:
    """A test is named after its model, never after its run, and two builds differ in nothing but times and counts."""
    server, ids = four_runs(serve)

    def build() -> str:
        command.wait(server, *ids, "--contact-timeout", "300ms")
        return (command.folder / "junit.xml").read_text(encoding="utf-8")

    first, second = build(), build()
    names = re.findall(r'<testcase classname="([^"]*)" name="([^"]*)"', first)
    assert names == [
        ("eggplant-dai.Check\u2024out", "Check.out"),
        ("eggplant-dai.Check\u2024out", "Check.out #2"),
        ("eggplant-dai.Search", "Search"),
        ("eggplant-dai.Search", "Search #2"),
    ]
    assert _without_times(first) == _without_times(second)


def _without_times(text: str) -> str:
    text = re.sub(r'(time|timestamp)="[^"]*"', r'\1=""', text)
    text = re.sub(r'name="(polls|requests)" value="\d+"', r'name="\1"', text)
    text = re.sub(r"after [\d.hms]+", "after", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "", text)


def test_text_and_message_tell_the_same_story(command: Command, serve: Serve) -> None:
    """A reader that shows only the message and one that shows only the text both see the verdict and why."""
    server, ids = four_runs(serve)
    link = "{url}/controller/results/runs/{id}"
    command.wait(server, ids[1], "--results-url", link)
    failure = etree.parse(command.folder / "junit.xml").find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "Failed"
    assert (failure.get("message") or "").startswith("The server says Failed")
    lines = (failure.text or "").splitlines()
    assert lines[0].startswith("failed: The server says Failed")
    assert lines[1] == f"Results: {server.url}/controller/results/runs/{ids[1]}"
    assert ids[1] in lines[2]


def test_even_a_killed_gate_leaves_red(command: Command, serve: Serve) -> None:
    """Before the first answer there are reports, and they say `interrupted`."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "never"}], faults=[{"requests": "all", "status": 503}])
    gate = command.start("wait", "--url", server.url, "--junit", "out/junit.xml", "--json", "out/report.json", RUN)
    gate.until("answered 503")
    gate.signal(signal.SIGKILL)
    gate.ended()
    (suite,) = JUnitXml.fromfile(str(command.folder / "out/junit.xml"))
    assert (suite.tests, suite.errors) == (1, 1)
    assert '"verdict": "interrupted"' in (command.folder / "out/report.json").read_text()
    assert sorted(each.name for each in (command.folder / "out").iterdir()) == ["junit.xml", "report.json"]


@pytest.mark.parametrize("name", ["junit", "json"])
def test_a_report_can_go_to_standard_output(command: Command, serve: Serve, name: str) -> None:
    """`-` puts one report on standard output, and nothing else."""
    server, ids = four_runs(serve)
    ended = command("wait", "--url", server.url, f"--{name}", "-", ids[0])
    assert ended.out.startswith({"junit": "<?xml", "json": "{"}[name])
    assert ended.out.endswith({"junit": "</testsuite>\n", "json": "}\n"}[name])


def test_a_report_that_fails_fails_alone(command: Command, serve: Serve, tmp_path: Path) -> None:
    """A report that cannot be written is an error in the log; the others are written, and the verdict stays."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "1ms"}])
    ended = command("wait", "--url", server.url, "--junit", "/dev/full", "--json", "report.json", RUN)
    assert ended.code == 0
    assert "dai-gate: the junit report could not be written to /dev/full: No space left on device" in ended.err
    assert ended.json["verdict"] == "passed"


def test_a_killed_gate_leaves_the_models_names(command: Command, serve: Callable[..., Simulator]) -> None:
    """Once the first answer has named the model, a gate that is killed leaves a test of that model, and it is red."""
    statuses = [{"at": "0s", "status": "Pending"}, {"at": "300ms", "status": "Running"}]
    server = serve(runs=[{"id": RUN, "model": "Checkout", "statuses": statuses}])
    gate = command.start("wait", "--url", server.url, "--interval", "50ms", "--junit", "junit.xml", RUN)
    gate.until("Running")  # the second word that came: what the first brought is written
    gate.signal(signal.SIGKILL)
    gate.ended()
    path = command.folder / "junit.xml"
    (suite,) = JUnitXml.fromfile(str(path))
    assert (suite.tests, suite.errors) == (1, 1)
    assert 'name="Checkout"' in path.read_text()
    assert 'type="Interrupted"' in path.read_text()
