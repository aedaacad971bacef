"""A hostile place: streams that are closed or full, folders that go, disks that fill, answers that would eat memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from commands import GATE, HANG_S, Command, Ended, clean_environment
from gate.simulator import Simulator
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
DONE = {"id": RUN, "model": "Checkout", "duration": "1ms"}
SOON = {"id": RUN, "model": "Checkout", "duration": "1500ms"}
REPORTS = ("--junit", "junit.xml", "--json", "report.json")


def under_shell(command: Command, server: Simulator, redirections: str, *arguments: str) -> Ended:
    """Wait with streams as the shell's redirections make them; a pipe of the shell may follow."""
    return redirected(command, redirections, "wait", "--url", server.url, "--interval", "100ms", *arguments, RUN)


def redirected(command: Command, redirections: str, *words: str) -> Ended:
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$@" {redirections}', "bash", *GATE, *words],
        cwd=command.folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, command.folder)


BAD_STREAMS = {
    "stdout closed": (">&-", "could not be written to standard output"),
    "stdout full": (">/dev/full", "could not be written to standard output"),
    "stdout nobody reads": ("| head -c0", ""),
    "stderr closed": ("2>&-", None),
    "stderr full": ("2>/dev/full", None),
    "stderr nobody reads": ("2> >(exec head -c0)", None),
    "all closed": ("<&- >&- 2>&-", None),
    "stdin closed": ("<&-", ""),
}


@pytest.mark.parametrize(
    ("streams", "outcome", "code"),
    [*((name, "Failed", 1) for name in BAD_STREAMS), ("stdout closed", "Passed", 0), ("all closed", "Passed", 0)],
)
def test_a_stream_that_fails(command: Command, serve: Serve, streams: str, outcome: str, code: int) -> None:
    """Whatever becomes of the streams, exit code and reports are those of the run, and the log says what failed."""
    server = serve(runs=[{**DONE, "outcome": outcome}])
    redirections, words = BAD_STREAMS[streams]
    ended = under_shell(command, server, redirections, *REPORTS)
    assert ended.code == code, ended.err
    assert ended.json["exit_code"] == code
    assert ended.junit.get("failures") == str(code)
    assert "Traceback" not in ended.err
    assert words is None or words in ended.err
    assert "Exception ignored" not in ended.err


@pytest.mark.parametrize("redirections", [">&-", ">/dev/full"])
def test_a_status_that_nobody_can_read_is_no_success(command: Command, serve: Serve, redirections: str) -> None:
    """Where standard output cannot be written, the log of `status` says so, and the exit code is not 0."""
    ended = redirected(command, redirections, "status", "--url", serve(runs=[DONE]).url, RUN)
    assert ended.code == 5
    assert ended.err.startswith("dai-gate: the status could not be written to standard output: ")


@pytest.mark.parametrize("redirections", [">&-", ">/dev/full"])
def test_a_report_to_a_stdout_that_fails(command: Command, serve: Serve, redirections: str) -> None:
    """A report that cannot go to standard output is logged, the other is written, and the exit code is the run's."""
    ended = under_shell(command, serve(runs=[DONE]), redirections, "--json", "report.json", "--junit", "-")
    assert ended.code == 0
    assert "dai-gate: the junit report could not be written to -" in ended.err
    assert ended.json["verdict"] == "passed"


@pytest.mark.parametrize("redirections", ["2>&1 | cat", "| cat"])
def test_a_report_to_a_device(command: Command, serve: Serve, redirections: str) -> None:
    """A report may go to /dev/stderr or /dev/stdout: it is written there, once, and then nothing else goes there."""
    device = "/dev/stderr" if "2>" in redirections else "/dev/stdout"
    ended = under_shell(command, serve(runs=[DONE]), redirections, "--json", device)
    assert ended.code == 0, ended.err
    assert ended.out.count('"schema": 1') == 1
    assert '"verdict": "passed"' in ended.out
    assert device == "/dev/stderr" or json.loads(ended.out)["exit_code"] == 0


def test_a_report_into_a_pipe(command: Command, serve: Serve) -> None:
    """A report poured into a pipe comes whole, and without the provisional one before it."""
    os.mkfifo(command.folder / "pipe")
    with subprocess.Popen(["cat", "pipe"], cwd=command.folder, stdout=subprocess.PIPE, text=True) as reader:
        ended = under_shell(command, serve(runs=[DONE]), "", "--json", "pipe")
        out, _ = reader.communicate(timeout=HANG_S)
    assert (ended.code, json.loads(out)["verdict"]) == (0, "passed")


def test_a_pipe_without_a_reader(command: Command, serve: Serve) -> None:
    """A pipe that nobody reads is logged and not waited for, and the other report is written."""
    os.mkfifo(command.folder / "pipe")
    ended = under_shell(command, serve(runs=[DONE]), "", "--junit", "pipe", "--json", "report.json")
    assert ended.code == 0
    assert "dai-gate: the junit report could not be written to pipe: nobody reads it" in ended.err
    assert ended.json["verdict"] == "passed"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stdout_of_another_charset(command: Command, serve: Serve, encoding: str) -> None:
    """A name that the stream's charset does not have is shown escaped, and a report is what its first line says."""
    server = serve(runs=[{**DONE, "model": "Prüfung \N{SNOWMAN}"}])

    def out(*arguments: str) -> bytes:
        done = subprocess.run(
            [*GATE, "wait", "--url", server.url, *arguments, RUN],
            env=clean_environment(PYTHONIOENCODING=encoding),
            cwd=command.folder,
            capture_output=True,
            check=True,
        )
        return done.stdout

    assert out().startswith("passed  Prüfung \\u2603  ".encode(encoding, errors="backslashreplace"))
    assert "Prüfung \N{SNOWMAN}" in out("--junit", "-").decode("utf-8")


def when_running(command: Command, server: Simulator, *arguments: str, then: Callable[[], object]) -> Ended:
    """Run a wait, and do something once the log says that the run is running."""
    gate = command.start("wait", "--url", server.url, "--interval", "100ms", *arguments, RUN)
    gate.until("Running")
    then()
    return gate.ended()


def test_a_folder_that_disappears_is_made_again(command: Command, serve: Serve) -> None:
    """Reports of a folder that something cleans up while the gate waits are there in the end."""
    out = command.folder / "out"
    reports = ("--junit", "out/junit.xml", "--json", "out/report.json")
    ended = when_running(command, serve(runs=[SOON]), *reports, then=lambda: shutil.rmtree(out, ignore_errors=True))
    assert ended.code == 0
    assert sorted(each.name for each in out.iterdir()) == ["junit.xml", "report.json"]


def test_a_folder_that_becomes_a_file(command: Command, serve: Serve) -> None:
    """A report whose folder is no folder any more fails alone and loudly; verdict and exit code stay."""
    out = command.folder / "out"

    def replace() -> None:
        while not out.is_file():  # the gate may be writing its provisional report
            shutil.rmtree(out, ignore_errors=True)
            with suppress(IsADirectoryError):
                out.write_text("")

    server = serve(runs=[{**SOON, "outcome": "Failed"}])
    ended = when_running(command, server, "--junit", "out/junit.xml", "--json", "report.json", then=replace)
    assert ended.code == 1
    assert "dai-gate: the junit report could not be written to out/junit.xml: " in ended.err
    assert ended.json["exit_code"] == 1


def test_the_working_folder_that_disappears(command: Command, serve: Serve, tmp_path: Path) -> None:
    """Without a working folder relative reports fail loudly, and the exit code is still the run's."""
    place = tmp_path / "place"
    place.mkdir()
    gone = Command(place)
    reports = ("--junit", "junit.xml", "--json", str(tmp_path / "report.json"))
    ended = when_running(gone, serve(runs=[SOON]), *reports, then=lambda: shutil.rmtree(place))
    assert ended.code == 0, ended.err
    assert "dai-gate: the junit report could not be written to junit.xml: No such file or directory" in ended.err
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == "passed"


MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(command: Command, server: Simulator, verdict: str) -> int:
    """Return the largest resident memory of a wait that ends with that verdict, in KiB."""
    words = ["wait", "--url", server.url, *REPORTS, "--interval", "100ms", "--contact-timeout", "1s", RUN]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *GATE, *words],
        cwd=command.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=True,
    )
    assert json.loads((command.folder / "report.json").read_text())["verdict"] == verdict, done.stderr
    return int(done.stdout.split()[-1])


def test_memory_stays_bounded(command: Command, serve: Serve) -> None:
    """A body of 50 MB and a compression bomb of 200 MB cost less than twice the memory of an ordinary wait."""
    ordinary = peak(command, serve(runs=[DONE]), "passed")
    for kind in ("huge", "gzip-bomb"):
        server = serve(runs=[DONE], faults=[{"requests": "all", "kind": kind}])
        assert peak(command, server, "unknown") < 2 * ordinary, kind
