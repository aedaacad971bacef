"""`start --wait --retry-incomplete` and `start --json`, against a server whose runs end as a test says."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from commands import TOKEN, Command

Begin = Callable[..., "Server"]
REPORTS = ("--junit", "junit.xml", "--json", "report.json", "--markdown", "m.md", "--html", "h.html", "--dotenv", "d")


class Server(ThreadingHTTPServer):
    """Starts the runs `r1`, `r2`, ..., which end with these words, and counts them; more than those are refused."""

    daemon_threads = True

    def __init__(self, words: Sequence[str], answer: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.words, self.answer, self.starts = words, answer, 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def reply(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        if path == "/api/run":
            if self.starts == len(self.words):
                return 400, {"message": "Bad Request", "description": "no agent is free"}
            self.starts += 1
            return 200, {"id": f"r{self.starts}", "processid": self.starts, **self.answer}
        word = self.words[int(form["id"][1:]) - 1]
        return 200, {"id": form["id"], "modelname": "Checkout", "status": word}


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, content = self.server.reply(self.path, {name: each[0] for name, each in parse_qs(body).items()})
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Give a function that begins a server from the words with which its runs end."""
    servers: list[Server] = []

    def start(*words: str, **answer: Any) -> Server:
        servers.append(Server(words, answer))
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def start(server: Server, *more: str) -> list[str]:
    return ["start", "--url", server.url, "--model", "Checkout", "--group", "G", "--interval", "100ms", "--wait", *more]


def test_a_run_that_ends_incomplete_is_started_again(command: Command, begin: Begin) -> None:
    """Incomplete, Incomplete, Passed is a pass of the last of three attempts, which every report names."""
    server = begin("Incomplete", "Incomplete", "Passed")
    ended = command(*start(server, "--retry-incomplete", "2", *REPORTS))
    assert (ended.code, server.starts) == (0, 3)
    assert ended.out.startswith("passed  Checkout  r3  ")
    assert "Checkout r1 ended Incomplete: started again as r2 (attempt 2 of at most 3)" in ended.err
    assert "Checkout r2 ended Incomplete: started again as r3 (attempt 3 of at most 3)" in ended.err
    (run,) = ended.json["runs"]
    assert [(each["id"], each["verdict"]) for each in run["attempts"]] == [
        ("r1", "incomplete"),
        ("r2", "incomplete"),
        ("r3", "passed"),
    ]
    (case,) = ended.junit.findall("testcase")
    assert [child.tag for child in case] == []
    for name in ("junit.xml", "m.md", "h.html"):
        text = re.sub("</?code>|`", "", (ended.folder / name).read_text())
        assert text.index("Attempt 1: r1 incomplete") < text.index("Attempt 2: r2 incomplete"), name
    dotenv = (ended.folder / "d").read_text().splitlines()
    assert {"DAI_GATE_RUN_ID=r3", "DAI_GATE_RUN_IDS=r3", "DAI_GATE_ATTEMPTS=r1,r2,r3"} <= set(dotenv)


def test_the_last_attempt_decides(command: Command, begin: Begin) -> None:
    """No more attempts than allowed; the last that ends Incomplete is the verdict, with the earlier ones as text."""
    server = begin("Incomplete", "incomplete", "Passed")
    ended = command(*start(server, "--retry-incomplete", "1", *REPORTS))
    assert (ended.code, server.starts) == (3, 2)
    error = ended.junit.find("testcase/error")
    assert error is not None
    assert "Attempt 1: r1 incomplete" in (error.text or "")


@pytest.mark.parametrize(("word", "code"), [("Failed", 1), ("Error", 1), ("Cancelled", 3), ("Aborted", 3), ("Odd", 5)])
def test_any_other_end_is_final(command: Command, begin: Begin, word: str, code: int) -> None:
    """A run that failed, that somebody cancelled, or that nobody understands is never started again."""
    server = begin(word, "Passed")
    ended = command(*start(server, "--retry-incomplete", "3", "--contact-timeout", "200ms", "--json", "report.json"))
    assert (ended.code, server.starts, ended.json["runs"][0]["attempts"]) == (code, 1, [])


def test_one_timeout_is_for_all_attempts(command: Command, begin: Begin) -> None:
    """A timeout in the second attempt ends 4, and the command to resume names that attempt."""
    server = begin("Incomplete", "Running")
    ended = command(*start(server, "--retry-incomplete", "2", "--timeout", "1500ms"))
    assert (ended.code, server.starts) == (4, 2)
    assert "to resume: dai-gate wait r2 " in ended.err.splitlines()[-1]


def test_a_start_that_is_refused_leaves_the_run_incomplete(command: Command, begin: Begin) -> None:
    """Where no second run can be started, the first one decides, and the log says why there is no other."""
    server = begin("Incomplete")
    ended = command(*start(server, "--retry-incomplete", "1"))
    assert ended.code == 3
    (line,) = [each for each in ended.err.splitlines() if "could not be started again: " in each]
    assert "no agent is free" in line


@pytest.mark.parametrize("more", [[], ["--wait", "--retry-incomplete", "-1"], ["--wait", "--retry-incomplete", "x"]])
def test_retries_need_a_wait_and_a_number(command: Command, begin: Begin, more: list[str]) -> None:
    """Without --wait nobody sees how a run ends: that and what is no number is refused before a run is started."""
    server = begin("Passed")
    ended = command("start", "--url", server.url, "--model", "M", "--group", "G", "--retry-incomplete", "1", *more)
    assert (ended.code, server.starts) == (2, 0)
    assert "--retry-incomplete" in ended.err


def test_the_answer_to_a_start_is_written(command: Command, begin: Begin) -> None:
    """`start --json` writes what the server answered, cleaned, without secrets, and not the report of a wait."""
    nested: Any = "x"
    for _ in range(50):
        nested = [nested]
    server = begin("Passed", agent=f"Win \x1b[31m{TOKEN}", extra={"a": [1, None, f"{TOKEN}"]}, nested=nested)
    ended = command("start", "--url", server.url, "--model", "M", "--group", "G", "--json", "started.json")
    assert (ended.code, ended.out) == (0, "r1\n")
    text = (ended.folder / "started.json").read_text()
    written = json.loads(text)
    assert (written["schema"], written["id"], written["run_id"], written["processid"]) == (1, "r1", "r1", 1)
    assert (written["agent"], written["extra"]) == ("Win ***", {"a": [1, None, "***"]})
    assert TOKEN not in text
    assert "\\u001b" not in text
