"""Every fault that a server, or what stands before it, can have: named, asked again, and at last `unknown`."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from commands import BRISK, HANG_S, TOKEN, Command, Ended, clean_environment
from gate.simulator import Simulator, parse_scenario
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
NEVER = {"id": RUN, "model": "Müller", "agent": "Agent é", "duration": "never"}
REPORTS = ("--junit", "junit.xml", "--json", "report.json")
# What hangs is asked again within the contact timeout, since a request's time is the shorter. What is answered may take
# its time on a busy machine: there the contact timeout is long.
HANGS = "gave no complete answer within the request timeout"
IMPATIENT = (*BRISK, "--contact-timeout", "2s", "--request-timeout", "500ms")
PATIENT = ("--interval", "100ms", "--max-interval", "5s", "--contact-timeout", "10s", "--not-found-grace", "10s")

LOST, UNREADABLE = "lost-contact", "unreadable"


class Case(NamedTuple):
    """What a server does to every request, or where there is none; the reason it comes to, and what the log says."""

    does: dict[str, Any] | str
    reason: str
    words: str


CASES: dict[str, Case] = {
    "no such name": Case("http://no-such-host.invalid", LOST, "The name of no-such-host.invalid could not be resolved"),
    "refused": Case("http://127.0.0.1:{closed}", LOST, "refused the connection"),
    "reset": Case({"kind": "reset"}, LOST, "reset the connection"),
    "close": Case({"kind": "close"}, LOST, "closed the connection without an answer"),
    "hang": Case({"kind": "hang"}, LOST, HANGS),
    "slow": Case({"kind": "slow", "delay": "9s"}, LOST, HANGS),
    "hang-body": Case({"kind": "hang-body"}, LOST, HANGS),
    "drip": Case({"kind": "drip"}, LOST, HANGS),
    "drip-headers": Case({"kind": "drip-headers"}, LOST, HANGS),
    "truncate": Case({"kind": "truncate"}, LOST, "closed the connection in the middle of its answer"),
    "wrong-length": Case({"kind": "wrong-length"}, UNREADABLE, "is JSON that breaks off"),
    **{
        str(status): Case({"status": status, "body": "json"}, LOST, f"answered {status}: ")
        for status in (408, 425, 429, 500, 503, 504, 599)
    },
    "502 with HTML": Case({"status": 502, "body": "html"}, LOST, "answered 502: an HTML page, as from a proxy"),
    "503 of nothing": Case({"status": 503, "body": "empty"}, LOST, "answered 503."),
    "html-200": Case({"kind": "html-200"}, UNREADABLE, "not JSON that can be read: an HTML page, as from a proxy"),
    "empty": Case({"kind": "raw"}, UNREADABLE, "not JSON that can be read: it is empty"),
    "invalid-json": Case({"kind": "invalid-json"}, UNREADABLE, "The server's answer is "),
    "wrong-type": Case({"kind": "wrong-type"}, UNREADABLE, "expected a run, found text"),
    "empty-object": Case({"kind": "empty-object"}, UNREADABLE, "a run without an id"),
    "null": Case({"kind": "null"}, "not-found", "holds no run with this id"),
    "empty-array": Case({"kind": "empty-array"}, "not-found", "holds no run with this id"),
    "deep-nesting": Case({"kind": "deep-nesting"}, UNREADABLE, "nested too deeply"),
    "duplicate-keys": Case({"kind": "duplicate-keys"}, UNREADABLE, "an object with the key 'status' twice"),
    "other-run": Case({"kind": "other-run"}, UNREADABLE, "about another run"),
    "unknown-status": Case({"kind": "unknown-status"}, "unrecognised-status", "has kept the status 'Blocked'"),
    "long-text": Case({"kind": "long-text", "size": 100_000}, "unrecognised-status", "has kept the status '"),
    "wrong-charset": Case(
        {"kind": "wrong-charset", "charset": "latin-1"}, UNREADABLE, "not in the charset of JSON, utf-8"
    ),
    "unexpected-encoding": Case({"kind": "unexpected-encoding"}, UNREADABLE, "could not be decompressed"),
    "huge": Case({"kind": "huge"}, UNREADABLE, "larger than 8 MiB"),
    "gzip-bomb": Case({"kind": "gzip-bomb"}, UNREADABLE, "larger than 8 MiB"),
    "not-http": Case({"kind": "not-http"}, UNREADABLE, "an answer that is not HTTP"),
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Ended, int]]]:
    """Give how the command ended in every case, and how often it asked: side by side, for most of it is waiting."""
    with ExitStack() as stack:
        # A port that refuses connections, and that nobody else can be given.
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))
        gates = {}
        for name, case in CASES.items():
            folder = tmp_path_factory.mktemp("case")
            server = None
            if isinstance(case.does, dict):
                scenario = {"runs": [NEVER], "auth": {"tokens": [TOKEN]}, "faults": [{"requests": "all", **case.does}]}
                server = stack.enter_context(Simulator(parse_scenario(scenario, origin="test")))
            url = server.url if server else str(case.does).format(closed=closed.getsockname()[1])
            pace = IMPATIENT if case.words == HANGS else PATIENT
            command = Command(folder).start("wait", "--url", url, *pace, *REPORTS, "-v", RUN)
            stack.callback(command.kill)
            gates[name] = (command, server)
        found = {}
        for name, (gate, server) in gates.items():
            found[name] = (gate.ended(), len(server.requests) if server else 2)
        yield found


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_and_asked_again_and_never_passes(name: str, ended: dict[str, tuple[Ended, int]]) -> None:
    """The log names the fault and every retry; after the contact timeout each report holds reason and last error."""
    how, asked = ended[name]
    case = CASES[name]
    assert how.code == 5, how.err
    assert case.words in how.err
    assert asked >= 2
    assert (how.json["verdict"], how.json["reason"]) == ("unknown", case.reason)
    assert case.words in how.json["runs"][0]["message"]
    error = how.junit.find("testcase/error")
    assert error is not None
    assert case.words in (error.get("message") or "")
    assert case.words in (error.text or "")
    assert how.out.startswith("unknown  ")
    assert how.json["elapsed_s"] > 1.9
    assert "Traceback" not in how.err


def test_every_fault_of_the_simulator_is_tried() -> None:
    """The table has every kind that the simulator plays, but for a redirect and an echo, which are not asked again, and
    those that come with the true answer.
    """
    from gate.simulator.faults import KINDS  # noqa: PLC0415 - for this test alone

    kinds = {case.does.get("kind", "status") for case in CASES.values() if isinstance(case.does, dict)}
    assert set(KINDS) - kinds == {"redirect", "echo", "interim", "extra-answer", "previous-answer"}


BROKEN = "import sys, {module} as m\nm.{name} = lambda *_, **__: {{}}['bug']\nfrom gate.cli.app import main\nmain()"


@pytest.mark.parametrize(
    ("module", "name"),
    [("gate.dai.client", "parse"), ("gate.reports.console", "Console.show"), ("gate.commands.polling", "poll")],
)
@pytest.mark.parametrize("verbose", [False, True])
def test_an_exception_that_nobody_foresaw(
    command: Command, serve: Serve, module: str, name: str, verbose: bool
) -> None:
    """Wherever it comes up: unknown, internal, exit 5, reports; a traceback only with --verbose."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "never"}])
    words = ["wait", "--url", server.url, *REPORTS, *(["-v"] if verbose else []), RUN]
    done = subprocess.run(
        [sys.executable, "-c", BROKEN.format(module=module, name=name), *words],
        cwd=command.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
    ended = Ended(done.returncode, done.stdout, done.stderr, command.folder)
    assert ended.code == 5, ended.err
    assert (ended.json["verdict"], ended.json["reason"]) == ("unknown", "internal")
    assert "KeyError: 'bug'" in ended.json["runs"][0]["message"]
    assert ended.junit.find("testcase/error") is not None
    assert ended.out.startswith("unknown  ")
    assert ("Traceback (most recent call last):" in ended.err) is verbose
    assert (len([line for line in ended.err.splitlines() if "File " in line]) > 1) is verbose
