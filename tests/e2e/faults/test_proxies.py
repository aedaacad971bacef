"""Real proxies between gate and server: what they do is named and borne, and a server that comes back is found."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from commands import Command, Ended, Running
from e2e.faults.proxies import haproxy, nginx, send_command
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
REPORTS = ("--junit", "junit.xml", "--json", "report.json")
BRISK = ("--interval", "100ms", "--max-interval", "300ms", "--request-timeout", "400ms", "--contact-timeout", "2s")


def wait(command: Command, url: str, *arguments: str) -> Ended:
    return command("wait", "--url", url, *BRISK, *REPORTS, "-v", *arguments, RUN)


def check_lost(ended: Ended, *names: str) -> None:
    """The fault is named (by one of these), asked again until the contact timeout, and stands in each report."""
    assert ended.code == 5, ended.err
    assert (ended.json["verdict"], ended.json["reason"]) == ("unknown", "lost-contact")
    assert ended.err.count("Retrying") >= 2
    words = next((name for name in names if name in ended.json["runs"][0]["message"]), None)
    assert words is not None, ended.json["runs"][0]["message"]
    assert words in ended.err
    error = ended.junit.find("testcase/error")
    assert error is not None
    assert words in (error.text or "")


# nginx may close before it has read the request, which the system makes a reset of.
NGINX_SAYS = {
    "503 with Retry-After": ("add_header Retry-After 1 always; return 503;", "answered 503: an HTML page"),
    "closed connection": ("return 444;", "closed the connection without an answer", "reset the connection"),
    "429": ("return 429;", "answered 429: an HTML page"),
    "502": ("proxy_pass http://127.0.0.1:9;", "answered 502: an HTML page"),
}


@pytest.mark.parametrize("case", NGINX_SAYS)
def test_nginx(command: Command, place: Path, case: str) -> None:
    """What nginx answers in the server's place is named by what it is."""
    says, *words = NGINX_SAYS[case]
    with nginx(place, says) as url:
        check_lost(wait(command, url), *words)


def test_nginx_whose_server_hangs(command: Command, serve: Serve, place: Path) -> None:
    """A gateway's own timeout is a 504, and is named."""
    server = serve(runs=[], faults=[{"requests": "all", "kind": "hang"}])
    says = f"proxy_read_timeout 200ms; proxy_pass http://127.0.0.1:{server.port};"
    with nginx(place, says) as url:
        check_lost(wait(command, url), "answered 504: an HTML page")


def test_the_retry_after_of_nginx_is_honoured(command: Command, place: Path) -> None:
    """With `Retry-After: 1` the gate asks at most once a second, though its own pace is quicker."""
    with nginx(place, "add_header Retry-After 1 always; return 503;") as url:
        ended = wait(command, url, "--contact-timeout", "3500ms")
    assert ended.json["reason"] == "lost-contact"
    assert ended.json["requests"] <= 5


SLOW = "gave no complete answer within the request timeout"
RESET, CLOSED = "reset the connection", "closed the connection without an answer"
HAPROXY_SAYS = {
    "429": ("http-request deny deny_status 429", ["answered 429: "]),
    "503": ("http-request deny deny_status 503", ["answered 503: "]),
    "tarpit": ("http-request tarpit deny_status 500", [SLOW]),
    # What haproxy has dropped the kernel knows no more: a late packet of ours may be answered with a reset or an end.
    "silent drop": ("http-request silent-drop", [SLOW, RESET, CLOSED]),
    "silent drop of connections": ("tcp-request connection silent-drop", [SLOW, RESET, CLOSED]),
    "rejected": ("http-request reject", [CLOSED]),
}


@pytest.mark.parametrize("case", HAPROXY_SAYS)
def test_haproxy(command: Command, serve: Serve, place: Path, case: str) -> None:
    """What haproxy does to a request is named by what it is."""
    says, names = HAPROXY_SAYS[case]
    with haproxy(place, serve(runs=[]).port, says) as url:
        check_lost(wait(command, url), *names)


OUTCOMES = pytest.mark.parametrize(("outcome", "code"), [("Passed", 0), ("Failed", 1)])
LONG = ("--contact-timeout", "20s", "-v", RUN)


@OUTCOMES
def test_a_server_that_is_taken_away_and_given_back(
    command: Command, serve: Serve, place: Path, outcome: str, code: int
) -> None:
    """While the server is away the gate asks on, and when it is back the verdict is the run's own."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "4s", "outcome": outcome}])
    with haproxy(place, server.port) as url:
        gate = command.start("wait", "--url", url, *BRISK, *REPORTS, *LONG)
        gate.until("Running")
        send_command(place, "disable server back/dai")
        gate.until("Retrying")
        send_command(place, "enable server back/dai")
        check_found_again(gate, code, "answered 503: ")


@OUTCOMES
def test_a_gateway_that_goes_and_comes_back(
    command: Command, serve: Serve, place: Path, outcome: str, code: int
) -> None:
    """While nothing listens at the address the gate asks on, and when something does the verdict is the run's own."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "4s", "outcome": outcome}])
    with haproxy(place, server.port) as url:
        gate = command.start("wait", "--url", url, *BRISK, *REPORTS, *LONG)
        gate.until("Running")
    gate.until("refused the connection")
    with haproxy(place, server.port, port=urlsplit(url).port):
        check_found_again(gate, code, "refused the connection")


def check_found_again(gate: Running, code: int, words: str) -> None:
    ended = gate.ended()
    assert ended.code == code, ended.err
    assert ended.json["exit_code"] == code
    assert words in ended.err
    assert "answers again after" in ended.err
