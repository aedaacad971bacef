"""Signals at any moment: reports and 128 + number, whatever hangs, and a later signal that ends at once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commands import GATE, HANG_S, Command, Ended, clean_environment
from gate.signals import REPEAT_S
from gate.simulator import Simulator
from scripts import schema_of
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
NEVER = {"id": RUN, "model": "Checkout", "duration": "never"}
REPORTS = ("--junit", "junit.xml", "--json", "report.json")
NUMBERS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


class Gate:
    """A gate that is under way, in a process group of its own, with its log in a file."""

    def __init__(self, folder: Path, server: Simulator, arguments: Sequence[str], around: Sequence[str]) -> None:
        self.folder, self.log = folder, folder / "log"
        pace = ("--interval", "50ms", "--max-interval", "50ms")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*around, "wait", "--url", server.url, *pace, *REPORTS, *arguments, RUN],
                cwd=folder,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def until(self, happened: Callable[[], object]) -> None:
        """Wait until something has happened."""
        end = time.monotonic() + HANG_S
        while not happened():
            assert time.monotonic() < end, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.005)

    def until_said(self, words: str) -> None:
        self.until(lambda: words in self.log.read_text())

    def until_passed(self) -> None:
        """Wait until the JSON report says `passed`."""
        report = self.folder / "report.json"
        self.until(lambda: report.exists() and "passed" in report.read_text())

    def until_aborting(self, server: Simulator) -> None:
        """Wait until a further signal counts: an abort is asked for, and the time of repeats is over."""
        self.until(lambda: "/api/run/abort" in [request.path for request in server.requests])
        end = time.monotonic() + REPEAT_S
        self.until(lambda: time.monotonic() >= end)

    def signal(self, number: int) -> None:
        """Send a signal to all of the group, as a terminal does."""
        os.killpg(self.process.pid, number)

    def ended(self) -> Ended:
        """Return how it ended; the test fails where it does not, for what it waits for never comes."""
        out, _ = self.process.communicate(timeout=HANG_S)
        return Ended(self.process.returncode, out, self.log.read_text(), self.folder)


Begin = Callable[..., Gate]


@pytest.fixture
def begin(command: Command) -> Iterator[Begin]:
    """Give a function that begins a wait; what is left of it after the test is ended."""
    gates: list[Gate] = []

    def start(server: Simulator, *arguments: str, around: Sequence[str] = GATE, place: str = ".") -> Gate:
        folder = command.folder / place
        folder.mkdir(exist_ok=True)
        gates.append(Gate(folder, server, arguments, around))
        return gates[-1]

    yield start
    for gate in gates:
        if gate.process.poll() is None:
            os.killpg(gate.process.pid, signal.SIGKILL)
        gate.process.wait()
        assert gate.process.stdout is not None
        gate.process.stdout.close()


def check_interrupted(ended: Ended, code: int) -> None:
    assert ended.code == code, ended.err
    assert (ended.json["verdict"], ended.json["exit_code"]) == ("interrupted", code)
    assert ended.junit.find("testcase/error") is not None
    assert ended.out.startswith("interrupted  ")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("hang", signal.SIGINT, 130),
        ("hang", signal.SIGTERM, 143),
        ("hang-body", signal.SIGINT, 130),
        ("drip-headers", signal.SIGTERM, 143),
    ],
)
def test_in_a_request(serve: Serve, begin: Begin, kind: str, number: int, code: int) -> None:
    """A server that hangs, before the first answer or in the middle of it, does not hold a signal up."""
    server = serve(runs=[NEVER], faults=[{"requests": "all", "kind": kind}])
    gate = begin(server, "--request-timeout", "10m")
    gate.until(lambda: server.requests)
    gate.signal(number)
    check_interrupted(gate.ended(), code)


@NUMBERS
def test_in_a_sleep(serve: Serve, begin: Begin, number: int, code: int) -> None:
    """A gate that waits ten minutes for its next poll ends at once."""
    server = serve(runs=[NEVER])
    gate = begin(server, "--interval", "10m", "--max-interval", "10m")
    gate.until_said("Running")
    gate.signal(number)
    check_interrupted(gate.ended(), code)


def test_while_the_name_is_resolved_or_a_token_fetched(serve: Serve, begin: Begin, command: Command) -> None:
    """A token server that hangs holds no signal up either."""
    server = serve(runs=[NEVER], faults=[{"requests": "all", "path": "/auth*", "kind": "hang"}])
    (command.folder / "secret").write_text("s3cret")
    around = ("env", "-u", "DAI_TOKEN", *GATE)
    secret = ("--client-id", "ci", "--client-secret-file", "secret")
    gate = begin(server, *secret, "--request-timeout", "10m", around=around)
    gate.until(lambda: server.requests)
    gate.signal(signal.SIGTERM)
    check_interrupted(gate.ended(), 143)


def test_while_a_report_is_written(serve: Serve, begin: Begin, command: Command) -> None:
    """A report that goes into a pipe that is full does not hold the other reports up, nor the end."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "1ms", "agent": "x" * 3000}])
    pipe = command.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDWR)
    os.set_blocking(reader, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(reader, b"x" * 4096):
            pass
    gate = begin(server, "--junit", "pipe")
    gate.until_passed()
    gate.signal(signal.SIGINT)
    ended = gate.ended()
    os.close(reader)
    assert ended.code == 130
    assert ended.json["verdict"] == "interrupted"


def test_a_full_stdout_does_not_outlast_a_signal(serve: Serve, begin: Begin, command: Command) -> None:
    """Where nobody takes the result from standard output, a signal ends the process."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "1ms"}])
    fill = "import os, sys\nos.set_blocking(1, False)\ntry:\n while os.write(1, b'x' * 512): pass\n"
    fill += "except BlockingIOError: os.set_blocking(1, True)\nos.execvp(sys.argv[1], sys.argv[1:])"
    gate = begin(server, around=(sys.executable, "-c", fill, *GATE))
    gate.until_passed()
    gate.signal(signal.SIGTERM)
    assert gate.process.wait(timeout=HANG_S) == 143


@pytest.mark.parametrize("numbers", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT)])
def test_a_later_signal_ends_at_once(serve: Serve, begin: Begin, numbers: tuple[int, int]) -> None:
    """While the server hangs over an abort, a signal two seconds after the first does not wait for it."""
    server = serve(runs=[NEVER], faults=[{"requests": "all", "path": "/api/run/abort", "kind": "hang"}])
    gate = begin(server, "--abort-on", "interrupt")
    gate.until_said("Running")
    gate.signal(numbers[0])
    gate.until_aborting(server)
    gate.signal(numbers[1])
    ended = gate.ended()
    assert ended.code == 128 + numbers[0]
    assert "no answer within" not in ended.err
    assert ended.json["verdict"] == "interrupted"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_comes_twice_is_one(serve: Serve, begin: Begin, number: int) -> None:
    """Repeats within two seconds, as process groups and wrapping runners deliver them, cost no report and no abort."""
    server = serve(runs=[NEVER])
    gate = begin(server, "--abort-on", "interrupt")
    gate.until_said("Running")
    gate.signal(number)
    gate.signal(number)
    gate.until(lambda: "/api/run/abort" in [request.path for request in server.requests])
    ended = gate.ended()
    check_interrupted(ended, 128 + number)
    assert "aborted (the server says: OK" in ended.err


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT])
def test_a_closed_terminal_and_a_quit_end_it_as_a_stop_does(serve: Serve, begin: Begin, number: int) -> None:
    """SIGHUP and SIGQUIT end the wait with its reports and 128 + the number."""
    server = serve(runs=[NEVER])
    gate = begin(server)
    gate.until_said("Running")
    gate.signal(number)
    check_interrupted(gate.ended(), 128 + number)


def test_an_interrupt_in_a_log_of_objects(serve: Serve, begin: Begin, command: Command) -> None:
    """With an API description and a log as JSON an interrupted wait has its verdict, in lines that are valid."""
    api = {
        "request": {"path": "/ai/testconfigtasks/{id}"},
        "answer": {"id": "task_instance_id", "status": "runstatus"},
        "words": {"running": ["STARTED", "Running"], "passed": ["SUCCEEDED"]},
    }
    (command.folder / "api.yml").write_text(json.dumps(api))
    server = serve(runs=[NEVER], api=api)
    gate = begin(server, "--api", "api.yml", "--log-format", "json")
    gate.until_said("run-status")
    gate.signal(signal.SIGTERM)
    ended = gate.ended()
    check_interrupted(ended, 143)
    lines = [json.loads(line) for line in ended.err.splitlines()]
    for each in lines:
        schema_of("log").validate(each)
    found = [(each["verdict"], each["exit_code"]) for each in lines if each["event"] == "verdict"]
    assert found == [("interrupted", 143)]


@pytest.mark.parametrize("name", ["HUP", "QUIT"])
def test_a_signal_that_is_inherited_as_ignored_stays_so(serve: Serve, begin: Begin, name: str) -> None:
    """Under nohup and its kind the gate continues."""
    server = serve(runs=[NEVER])
    gate = begin(server, around=("sh", "-c", f'trap "" {name}; exec "$@"', "sh", *GATE))
    gate.until_said("Running")
    gate.signal(getattr(signal, f"SIG{name}"))
    polls = len(server.requests)
    gate.until(lambda: len(server.requests) > polls + 2)
    gate.signal(signal.SIGTERM)
    check_interrupted(gate.ended(), 143)


def test_the_exit_code_of_an_interrupt_is_replaced_on_every_way_out(serve: Serve, begin: Begin) -> None:
    """`--exit-code interrupted=N` holds where a later signal ends the process at once, too."""
    server = serve(runs=[NEVER], faults=[{"requests": "all", "path": "/api/run/abort", "kind": "hang"}])
    gate = begin(server, "--abort-on", "interrupt", "--exit-code", "interrupted=77")
    gate.until_said("Running")
    gate.signal(signal.SIGTERM)
    gate.until_aborting(server)
    gate.signal(signal.SIGTERM)
    ended = gate.ended()
    assert ended.code == 77
    assert "no answer within" not in ended.err


@NUMBERS
@pytest.mark.parametrize("shell", ['exec "$@"', '"$@"', 'trap "" HUP; "$@"; exit $?'])
def test_under_a_shell(serve: Serve, begin: Begin, shell: str, number: int, code: int) -> None:
    """Under `sh -c`, with exec and without, a signal to the group ends the gate with its reports."""
    server = serve(runs=[NEVER])
    gate = begin(server, around=("sh", "-c", shell, "sh", *GATE))
    gate.until_said("Running")
    gate.signal(number)
    ended = gate.ended()
    # A shell that is still there dies of the signal itself, which its caller sees as 128 + number as well.
    assert ended.code in {code, -number}
    check_interrupted(replace(ended, code=code), code)


@NUMBERS
def test_as_process_1(serve: Serve, begin: Begin, number: int, code: int) -> None:
    """As the first process of a container, which gets no signal that it does not handle, the gate ends as elsewhere."""
    unshare = shutil.which("unshare")
    assert unshare is not None, "apt-get install util-linux"
    server = serve(runs=[NEVER])
    as_root = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    gate = begin(server, around=(unshare, *as_root, "--pid", "--fork", "--kill-child", "--mount-proc", *GATE))
    gate.until_said("Running")
    children = Path(f"/proc/{gate.process.pid}/task/{gate.process.pid}/children").read_text().split()
    os.kill(int(children[0]), number)
    check_interrupted(gate.ended(), code)


ABORTS: dict[str, tuple[dict[str, Any], str]] = {
    "done": ({}, "aborted (the server says: OK"),
    "no such process": ({"faults": [{"path": "/api/run/abort", "status": 404}]}, "could not be aborted: "),
    "denied": ({"faults": [{"path": "/api/run/abort", "status": 401}]}, "could not be aborted: "),
    "hangs": (
        {"faults": [{"path": "/api/run/abort", "kind": "hang"}]},
        "may not have been aborted: no answer within 5s",
    ),
}


@pytest.mark.parametrize(
    ("case", "on"),
    [
        ("done", "interrupt"),
        ("done", "timeout"),
        ("no such process", "timeout"),
        ("denied", "interrupt"),
        ("hangs", "interrupt"),
    ],
)
def test_abort(serve: Serve, begin: Begin, case: str, on: str) -> None:
    """`--abort-on` warns of schedules, asks for the abort within a bound, and says what came of it."""
    scenario, words = ABORTS[case]
    server = serve(runs=[NEVER], **scenario)
    gate = begin(server, "--abort-on", on, *(["--timeout", "400ms"] if on == "timeout" else []))
    gate.until_said("Running")
    if on == "interrupt":
        gate.signal(signal.SIGTERM)
    ended = gate.ended()
    assert ended.code == (143 if on == "interrupt" else 4)
    assert ended.json["verdict"] == ("interrupted" if on == "interrupt" else "timed-out")
    assert "aborting a run that belongs to a schedule aborts the whole schedule" in ended.err
    assert f"Checkout {RUN[:8]}" in ended.err
    assert words in ended.err
    assert ("What was still running was aborted." in ended.err) is (case == "done")
    assert ended.err.splitlines()[-1].split("  ")[-1].startswith("to resume: dai-gate wait ")
    assert [request.path for request in server.requests].count("/api/run/abort") >= 1


@pytest.mark.parametrize(
    ("chosen", "happens"), [("timeout", "interrupt"), ("interrupt", "timeout")], ids=["interrupt", "timeout"]
)
def test_no_abort_that_was_not_asked_for(serve: Serve, begin: Begin, chosen: str, happens: str) -> None:
    """An abort on one occasion is none on the other."""
    server = serve(runs=[NEVER])
    gate = begin(server, "--abort-on", chosen, *(["--timeout", "400ms"] if happens == "timeout" else []))
    gate.until_said("Running")
    if happens == "interrupt":
        gate.signal(signal.SIGINT)
    gate.ended()
    assert {request.path for request in server.requests} == {"/api/run/progress"}


def test_a_run_whose_process_nobody_told_is_not_aborted(serve: Serve, begin: Begin) -> None:
    """Without a process id there is nothing to abort, and the log says so."""
    body = f'{{"id": "{RUN}", "status": "Running"}}'
    server = serve(runs=[NEVER], faults=[{"requests": "all", "kind": "raw", "body": body}])
    gate = begin(server, "--abort-on", "interrupt")
    gate.until_said("Running")
    gate.signal(signal.SIGINT)
    ended = gate.ended()
    assert ended.code == 130
    assert "could not be aborted: the server gave no process id for it" in ended.err


SEED = 20260102


def test_killed_at_any_moment(serve: Serve, begin: Begin) -> None:
    """SIGKILL at ten moments leaves complete, red reports, whatever was being done."""
    server = serve(runs=[NEVER], faults=[{"requests": {"chance": 0.2, "seed": SEED}, "status": 503}])
    moments = random.Random(SEED)
    gates = [begin(server, "--timeout", "1s", place=f"gate{number}") for number in range(10)]
    for gate in gates:
        gate.until_said("waiting for")
    began = time.monotonic()
    for moment, gate in zip(sorted(moments.uniform(0, 1.5) for _ in gates), gates, strict=True):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        gate.process.kill()
        gate.process.wait()
        ended = Ended(gate.process.returncode, "", "", gate.folder)
        assert ended.json["verdict"] in {"interrupted", "timed-out"}
        assert ended.json["exit_code"] != 0
        assert ended.junit.get("errors") == "1"


def test_killed_after_pinning(serve: Serve, begin: Begin) -> None:
    """Once a model's runs are pinned, what a killed gate leaves names every one of them."""
    runs = [{"id": f"m{number}", "model": "M", "duration": "1h"} for number in (1, 2)]
    gate = begin(serve(runs=[NEVER, *runs]), "--model", "M", "--limit", "2", "--dotenv", "gate.env")
    written = gate.folder / "gate.env"
    gate.until(lambda: written.exists() and "RUN_IDS" in written.read_text())
    gate.process.kill()
    gate.process.wait()
    ended = Ended(gate.process.returncode, "", "", gate.folder)
    assert {run["id"] for run in ended.json["runs"]} == {RUN, "m1", "m2"}
    assert len(ended.junit.findall("testcase")) == 3
