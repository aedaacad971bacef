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
