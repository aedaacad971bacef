"""Aborting what has not ended: side by side, within a bound, and each outcome in words."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator

import pytest

from gate.clock import SystemClock
from gate.commands.abort import abort_runs
from gate.core.answer import Fault, FaultKind
from gate.core.snapshot import RunSnapshot
from gate.dai import threads
from gate.reports.log import Log


class Server:
    """Takes requests to abort, and answers them by a function of the process id."""

    def __init__(self, answer: Callable[[str], str | Fault]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def abort(self, process_id: str) -> str | Fault:
        self.asked.append(process_id)
        return self.answer(process_id)


@pytest.fixture
def forever() -> Iterator[threading.Event]:
    """Give an event that comes when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def run(name: str, process_id: str | None) -> RunSnapshot:
    return RunSnapshot(run_id=name, model="M", process_id=process_id)


def logged(server: Server, *runs: RunSnapshot, within_s: float = 5) -> list[str]:
    stream = io.StringIO()
    clock = SystemClock()
    log = Log(stream, clock, level=0, redact=str)
    abort_runs(runs, server, clock, log, within_s)  # type: ignore[arg-type]  # as much of a client as is used
    return [" ".join(line.split()) for line in stream.getvalue().splitlines()]


def test_what_came_of_it_is_told_run_by_run() -> None:
    """A run that was aborted, one that was not, and one whose process nobody knows have a line each."""
    server = Server(lambda process: "OK" if process == "1" else Fault(FaultKind.NOT_FOUND, "It said 404.", "Look."))
    lines = logged(server, run("a", "1"), run("b", "2"), run("c", None), RunSnapshot(run_id="d"))
    assert sorted(server.asked) == ["1", "2"]
    assert lines == [
        "dai-gate: M c could not be aborted: the server gave no process id for it",
        "dai-gate: d could not be aborted: the server gave no process id for it",
        "0s M a: aborted (the server says: OK)",
        "dai-gate: M b could not be aborted: It said 404. Look.",
    ]


def test_a_server_that_hangs_is_not_waited_for(forever: threading.Event) -> None:
    """After the bound the run "may not have been aborted", and what was answered is logged all the same."""
    server = Server(lambda process: "OK" if process == "1" or forever.wait() else "")
    assert logged(server, run("a", "1"), run("b", "2"), within_s=0.3) == [
        "0s M a: aborted (the server says: OK)",
        "dai-gate: M b may not have been aborted: no answer within 0.3s",
    ]


def test_an_exception_is_told_as_a_fault() -> None:
    """What nobody foresaw in a request is a line, and no run is lost over it."""

    def answer(_: str) -> str:
        raise KeyError("bug")

    (line,) = logged(Server(answer), run("a", "1"))
    assert line == "dai-gate: M a could not be aborted: The gate itself failed: KeyError: 'bug'."


def test_many_runs_take_few_threads(forever: threading.Event) -> None:
    """However many runs there are, only so many requests are under way at once."""
    server = Server(lambda _: "OK" if forever.wait() else "")
    lines = logged(server, *(run(f"r{number}", str(number)) for number in range(100)), within_s=0.2)
    assert (len(server.asked), len(lines)) == (threads.WIDTH, 100)


def test_runs_of_one_process_are_aborted_once() -> None:
    """Two runs of one process cost one request, and both are logged."""
    server = Server(lambda _: "OK")
    lines = logged(server, run("a", "1"), run("b", "1"))
    assert (server.asked, len(lines)) == (["1"], 2)
