"""`gate.wait`: the gate as a function, in any thread, without a word and without a trace."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import gate
from commands import clean_environment, clear_environment
from gate.commands import polling
from gate.simulator import Simulator, parse_scenario

ROOT = Path(__file__).parents[3]
RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
BRISK = {"interval": 0.05, "max_interval": 0.2}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clear_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def server() -> Iterator[Simulator]:
    """Give a server with a run that passed, one that failed, and one that never ends."""
    runs: list[dict[str, Any]] = [
        {"id": RUN, "model": "Checkout", "start": "-9s", "duration": "2s"},
        {"id": "bad", "model": "Login", "start": "-9s", "duration": "2s", "outcome": "Failed"},
        {"id": "endless", "model": "Login", "start": "-9s", "duration": "never"},
    ]
    with Simulator(parse_scenario({"runs": runs, "auth": {"tokens": ["secret-of-it"]}}, origin="test")) as simulator:
        yield simulator


def wait(server: Simulator, *run_ids: str, **settings: Any) -> gate.Report:
    return gate.wait(run_ids, url=server.url, **{"token": "secret-of-it", **BRISK, **settings})


def test_a_report_has_the_names_of_the_json_report(server: Simulator, capfd: pytest.CaptureFixture[str]) -> None:
    """Verdict, code and every fact of a run are attributes, and nothing is printed."""
    report = wait(server, RUN, "bad", results_url="{url}/r/{id}")
    assert (report.verdict, report.exit_code, report.reason) == (gate.Verdict.FAILED, 1, None)
    assert (report.polls >= 2, report.requests >= 2, report.elapsed_s >= 0) == (True, True, True)
    run = report.runs[0]
    assert (run.id, run.model, run.verdict, run.status, run.duration_s) == (RUN, "Checkout", "passed", "Passed", 2.0)
    assert (run.url, run.message) == (f"{server.url}/r/{RUN}", "The server says Passed after 2s.")
    assert run.started_at is not None
    assert run.ended_at is not None
    assert capfd.readouterr() == ("", "")


def test_lengths_of_time_are_seconds_or_texts(server: Simulator) -> None:
    """Numbers, texts and timedeltas are taken, and exit codes as a mapping."""
    for timeout in (1, 0.5, "500ms", timedelta(seconds=0.5)):
        report = wait(server, "endless", timeout=timeout, exit_code={"timed-out": 9}, fail_fast=True)
        assert (report.verdict, report.exit_code) == ("timed-out", 9)


def test_models_and_moments_are_taken(server: Simulator) -> None:
    """One model may be a text, and `since` a datetime."""
    assert wait(server, model="Checkout", since=datetime(2020, 1, 1, tzinfo=UTC)).exit_code == 0
    assert wait(server, model=("Checkout",), since=timedelta(hours=1)).runs[0].id == RUN


WRONG: dict[str, dict[str, Any]] = {
    "no setting of that name": {"tiemout": 3},
    "not even one of a command": {"run_ids_": ["a"]},
    "no length of time": {"timeout": -1},
    "infinite": {"timeout": float("inf")},
    "no number at all": {"timeout": True},
    "a list where one value is wanted": {"junit": ["a.xml"]},
    "a report on standard output": {"json": "-"},
    "a report on standard output by its name": {"json": "/dev/stdout"},
    "a folder as a report": {"json": "."},
    "a secret that is no text": {"token": 5},
    "one number where several texts are wanted": {"model": 5},
    "an API that nothing passes": {"api": "api.yml"},
    "a file that is not there": {"config": Path("none.yml")},
    "contradicting settings": {"interval": 9, "max_interval": 1},
}


@pytest.mark.parametrize("settings", WRONG.values(), ids=WRONG)
def test_wrong_settings_send_no_request(server: Simulator, settings: dict[str, Any]) -> None:
    """What cannot be used is a UsageError before the first request."""
    Path("api.yml").write_text("{request: {path: '/t/{id}'}, answer: {id: id, status: s}, words: {}}")
    with pytest.raises(gate.UsageError):
        wait(server, "x", **settings)
    assert server.requests == []


@pytest.mark.parametrize("run_ids", [[], ["-"], [" - "], ["a,-"], [""], "-", b"abc"])
def test_wrong_run_ids_are_refused(server: Simulator, run_ids: Any) -> None:
    """No run, an empty one, bytes, and `-`, which is no run id here."""
    with pytest.raises(gate.UsageError):
        gate.wait(run_ids, url=server.url)
    assert server.requests == []


def test_the_environment_is_read_only_when_given(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables count with `environ`, the file with `config`, and arguments win over both."""
    monkeypatch.setenv("DAI_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("DAI_TOKEN", "another")
    monkeypatch.setenv("DAI_JUNIT", "-")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "output")
    assert wait(server, RUN).exit_code == 0
    environ = {"DAI_URL": server.url, "DAI_TOKEN": "another", "DAI_RUN_ID": RUN}
    assert gate.wait(environ=environ).verdict == "denied"
    assert gate.wait(environ=environ, token="secret-of-it").exit_code == 0
    Path("gate.yml").write_text(f"url: {server.url}\njson: report.json\n")
    assert gate.wait([RUN], config="gate.yml", token="secret-of-it").exit_code == 0
    assert Path("report.json").exists()
    with pytest.raises(gate.UsageError, match="DAI_JUNIT"):
        gate.wait([RUN], environ=os.environ)
    assert not Path("output").exists()


def test_signals_and_threads_are_left_alone(server: Simulator) -> None:
    """It works in any thread, and takes no signal for itself in the main one."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(wait, server, RUN).result().exit_code == 0
    assert wait(server, RUN).exit_code == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_interrupt_is_passed_on(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A KeyboardInterrupt leaves the wait, and the reports say so."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(polling, "poll", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wait(server, RUN, markdown="report.md")
    assert "interrupted" in Path("report.md").read_text()


def test_a_report_that_cannot_be_written_is_logged(
    server: Simulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is returned all the same, and a program that listens learns of it."""
    Path("folder").mkdir()
    report = Path("folder/report.md")

    original = polling.write_provisional

    def put_a_file_in_the_way(each: polling.Wait) -> None:
        original(each)
        Path("folder").rmdir()
        Path("folder").write_text("in the way")

    monkeypatch.setattr(polling, "write_provisional", put_a_file_in_the_way)
    assert wait(server, RUN, markdown=report).exit_code == 0
    assert "the markdown report could not be written" in caplog.text


def test_many_ids_cost_few_provisional_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report of all runs takes time: it is not made anew for each run whose model becomes known."""
    made: list[polling.Wait] = []
    original = polling.write_provisional

    def count(each: polling.Wait) -> None:
        made.append(each)
        original(each)

    monkeypatch.setattr(polling, "write_provisional", count)
    ids = [f"r{number}" for number in range(100)]
    runs = [{"id": each, "model": "M", "start": "-9s", "duration": "2s"} for each in ids]
    late = {"id": "late", "model": "M", "duration": "1s"}
    with Simulator(parse_scenario({"runs": [*runs, late]}, origin="test")) as server:
        report = wait(server, *ids, "late", json="r.json")
    assert report.exit_code == 0
    assert 2 <= len(made) <= 20


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


def of_the_gate() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("dai-gate")]


def examples() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/library.md").read_text(), re.MULTILINE | re.DOTALL)


def test_a_pool_follows_a_hundred_runs() -> None:
    """The script of the documentation follows 100 runs of 10 models, and leaves no thread and no file open."""
    script = next(each for each in examples() if "ThreadPoolExecutor" in each)
    assert len(list(filter(None, script.splitlines()))) == 5
    runs = [
        {"id": f"{model}-{number}", "model": f"Model {model}", "start": f"{number - 20}s", "duration": "22s"}
        for model in range(10)
        for number in range(10)
    ]
    with Simulator(parse_scenario({"runs": runs}, origin="test")) as server:
        gate.wait([runs[0]["id"]], url=server.url, timeout=0.1)
        before = descriptors()
        names: dict[str, Any] = {}
        brisk = f'"{server.url}", interval=0.5, token="t"'
        exec(script.replace('"https://dai.example.com:8000"', brisk), names)
        for thread in of_the_gate():
            thread.join(60)
    reports: list[gate.Report] = names["reports"]
    assert {report.verdict for report in reports} == {"passed"}
    assert len({run.id for report in reports for run in report.runs}) == 100
    assert of_the_gate() == []
    assert descriptors() <= before


@pytest.mark.parametrize(("run_id", "code"), [(RUN, 0), ("bad", 1)])
def test_the_example_of_the_documentation_runs(server: Simulator, run_id: str, code: int) -> None:
    """A program takes a token from a file, prints each run, and ends with the gate's code."""
    script = examples()[0].replace("https://dai.example.com:8000", server.url).replace(RUN, run_id)
    assert ast.parse(script)
    Path("token.txt").write_text("secret-of-it\n")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=clean_environment(), check=False
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert f" {run_id} 2.0 The server says " in done.stdout
    assert Path("dai.xml").exists()


def test_importing_it_is_cheap() -> None:
    """`import gate` loads no HTTP library, no parser and no command; the names it exports are there when asked for."""
    program = "import sys, gate; print([n for n in ('requests', 'yaml', 'click', 'gate.commands') if n in sys.modules])"
    program += (
        "; print(gate.Report.__name__, gate.Verdict.__name__, gate.UsageError.__name__, hasattr(gate, 'nothing'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\nReport Verdict UsageError False\n"
