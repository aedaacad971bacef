"""Every row of the verdict table, brought about against a real server by the real command."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from commands import TOKEN, Command, Ended
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"


def run(outcome: str, duration: str = "400ms", **keys: Any) -> dict[str, Any]:
    return {"id": RUN, "model": "Checkout", "outcome": outcome, "duration": duration, **keys}


def check(ended: Ended, verdict: str, code: int, child: str | None, *, reason: str | None = None) -> None:
    """Exit code, first word on stdout, JUnit and JSON say the same."""
    assert ended.code == code, ended.err
    assert ended.out.split()[0] == verdict
    assert len(ended.out.splitlines()) == 1
    said = ended.json
    assert (said["verdict"], said["exit_code"], said["reason"]) == (verdict, code, reason)
    assert [(each["verdict"], each["reason"]) for each in said["runs"]] == [(verdict, reason)]
    suite = ended.junit
    case = suite.find("testcase")
    assert case is not None
    assert [each.tag for each in case] == ([child] if child else [])
    assert suite.get("failures") == ("1" if child == "failure" else "0")
    assert suite.get("errors") == ("1" if child == "error" else "0")


@pytest.mark.parametrize(
    ("outcome", "verdict", "code", "child"),
    [
        ("Passed", "passed", 0, None),
        ("Failed", "failed", 1, "failure"),
        ("Error", "failed", 1, "failure"),
        ("Incomplete", "incomplete", 3, "error"),
        ("Cancelled", "incomplete", 3, "error"),
        ("Aborted", "incomplete", 3, "error"),
        ("Stopped", "incomplete", 3, "error"),
    ],
)
def test_the_runs_own_end(
    command: Command, serve: Serve, outcome: str, verdict: str, code: int, child: str | None
) -> None:
    """Each way in which a run can end has its exit code and its reports."""
    server = serve(runs=[run(outcome)])
    check(command.wait(server, RUN), verdict, code, child)


def test_timed_out(command: Command, serve: Serve) -> None:
    """A run that outlasts the timeout exits with 4, after one more poll and with the command to resume."""
    server = serve(runs=[run("Passed", "never")])
    ended = command.wait(server, "--timeout", "1s", RUN)
    check(ended, "timed-out", 4, "error")
    last = ended.err.splitlines()[-1]
    assert f"dai-gate wait {RUN} --url {server.url}" in last
    assert server.requests[-1].at - server.requests[0].at == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize(
    ("scenario", "options", "reason"),
    [
        ({"faults": [{"requests": "all", "status": 503}]}, ["--contact-timeout", "700ms"], "lost-contact"),
        ({"faults": [{"requests": "all", "kind": "html-200"}]}, ["--contact-timeout", "700ms"], "unreadable"),
        ({"unknown_run": "null", "runs": []}, ["--not-found-grace", "700ms"], "not-found"),
        ({"faults": [{"requests": "all", "status": 400}]}, ["--not-found-grace", "700ms"], "rejected"),
        ({"runs": [run("Exploded", "1ms")]}, ["--contact-timeout", "700ms"], "unrecognised-status"),
    ],
)
def test_unknown(command: Command, serve: Serve, scenario: dict[str, Any], options: list[str], reason: str) -> None:
    """Where the result is unknown the exit code is 5, and the reason says why."""
    server = serve(**{"runs": [run("Passed", "never")], **scenario})
    check(command.wait(server, *options, RUN), "unknown", 5, "error", reason=reason)


@pytest.mark.parametrize(
    ("scenario", "token", "words"),
    [
        ({}, "another", "not valid"),
        ({"forbidden": ["Checkout"]}, TOKEN, "access"),
        ({}, "", "No credentials are given"),
    ],
)
def test_denied(command: Command, serve: Serve, scenario: dict[str, Any], token: str, words: str) -> None:
    """A refused token, a model one may not see, and no token at all exit with 6 and say so."""
    server = serve(runs=[run("Passed")], **scenario)
    ended = command.wait(server, RUN, DAI_TOKEN=token)
    check(ended, "denied", 6, "error")
    assert words in ended.json["runs"][0]["message"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted(command: Command, serve: Serve, number: signal.Signals, code: int) -> None:
    """A signal ends the wait with 128 plus its number, and the reports say `interrupted`."""
    server = serve(runs=[run("Passed", "never")])
    gate = command.start("wait", "--url", server.url, "--junit", "junit.xml", "--json", "report.json", RUN)
    gate.until("Running")
    gate.signal(number)
    check(gate.ended(), "interrupted", code, "error")


def test_an_exit_code_can_be_overridden(command: Command, serve: Serve) -> None:
    """`--exit-code incomplete=0` changes the exit code and nothing else; the log warns of it."""
    server = serve(runs=[run("Incomplete")])
    ended = command.wait(server, "--exit-code", "incomplete=0", RUN)
    check(ended, "incomplete", 0, "error")
    assert "dai-gate: warning: --exit-code incomplete=0: the pipeline continues as after a pass" in ended.err


def test_a_model_that_was_never_found_can_be_waited_for_again(command: Command, serve: Serve) -> None:
    """Where no run was found in time, the command to resume names the model, and the last error is logged."""
    server = serve(runs=[])
    ended = command.wait(server, "--model", "Checkout", "--limit", "2", "--timeout", "500ms")
    assert ended.code == 4
    assert f"dai-gate wait --model Checkout --limit 2 --url {server.url}" in ended.err.splitlines()[-1]
    assert "Last error: " in ended.err
    assert "the same run id" not in ended.err


def test_quiet_says_why_it_did_not_pass(command: Command, serve: Serve) -> None:
    """With --quiet the log is one line for the run that did not pass, and empty for one that did."""
    server = serve(runs=[run("Failed")])
    (line,) = command.wait(server, "-q", RUN).err.splitlines()
    assert line.startswith(f"dai-gate: Checkout {RUN[:8]}: failed - The server says Failed after ")
    assert command.wait(serve(runs=[run("Passed")]), "-q", RUN).err == ""


SHAPES: dict[str, dict[str, Any]] = {
    "array": {"shape": "array"},
    "object": {"shape": "object"},
    "items": {"shape": "items"},
    "extra keys": {"extra_keys": True},
    "upper case": {"status_case": "upper"},
    "lower case": {"status_case": "lower"},
    "the end before the start": {"clock": {"offset": "+01:00", "end_time": "lying"}},
    "the end in the future": {"clock": {"offset": "-08:00", "end_time": "lying"}},
    "ISO times": {"time_format": "iso"},
    "compact offsets": {"time_format": "compact"},
    "zulu times": {"time_format": "zulu"},
    "read after write": {"unknown_run": "message-200", "runs": [run("Passed", visible_after="200ms")]},
    "null at first": {"unknown_run": "null", "runs": [run("Passed", visible_after="200ms")]},
    "nothing at first": {"unknown_run": "empty-array", "runs": [run("Passed", visible_after="200ms")]},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_an_answer(command: Command, serve: Serve, shape: str) -> None:
    """Whatever shape the answer has, the verdict is right and the duration is that of the run."""
    server = serve(**{"runs": [run("Passed")], **SHAPES[shape]})
    ended = command.wait(server, RUN)
    check(ended, "passed", 0, None)
    assert ended.json["runs"][0]["duration_s"] == pytest.approx(0.4, abs=0.1)
