"""The simulator as a user starts it."""

from __future__ import annotations

import http.client
import re
import signal

from commands import HANG_S, Command


def test_a_log_that_nobody_reads_does_not_stop_the_server(command: Command) -> None:
    """A simulated server whose stderr is a full pipe keeps answering, and ends at SIGINT."""
    server = command.process("simulate", "--port", "0")
    assert server.stderr is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)", server.stderr.readline())
    assert found is not None
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=HANG_S)
    for _ in range(700):  # lines of 150 characters: more than a pipe holds
        connection.request("GET", f"/{'x' * 150}")
        assert connection.getresponse().read()
    connection.close()
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=HANG_S) == 130
    server.stderr.close()
    assert server.stdout is not None
    server.stdout.close()


def test_names_of_a_scenario_are_cleaned(command: Command) -> None:
    """A name in a scenario moves no cursor, and is no command of a build server."""
    scenario = '{runs: [{id: "::error::i", model: "##vso[x]"}, {id: b, model: "::m\\e[2J"}]}'
    (command.folder / "s.yml").write_text(scenario, encoding="utf-8")
    server = command.process("simulate", "--port", "0", "--scenario", "s.yml")
    assert server.stderr is not None
    _, first, second = (server.stderr.readline() for _ in range(3))
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=HANG_S) == 130
    server.stderr.close()
    assert server.stdout is not None
    server.stdout.close()
    assert first.split() == [r"#\x23vso[x]", r":\x3aerror::i", "Running"]
    assert second.split() == [r":\x3am", "b", "Running"]
