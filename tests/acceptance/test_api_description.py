"""The example of an API description, end to end: the simulator plays it, the gate reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from commands import BRISK, Command
from serving import Serve

EXAMPLE = Path(__file__).parents[2] / "examples" / "api" / "task.yml"


def with_a_pass() -> dict[str, Any]:
    """Return the example as its user completes it: with the word that was seen to mean a pass."""
    description: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    description["words"]["passed"] = ["SUCCEEDED"]
    return description


def written(folder: Path) -> str:
    (folder / "api.yml").write_text(yaml.safe_dump(with_a_pass()), encoding="utf-8")
    return "api.yml"


# The word with which the run ends, or none; more options; the verdict and the exit code.
ENDS = [
    ("SUCCEEDED", [], "passed", 0),
    ("ERROR", [], "failed", 1),
    ("CANCELLED", [], "incomplete", 3),
    ("never", ["--timeout", "1s"], "timed-out", 4),
    ("SUCCESS", ["--contact-timeout", "300ms"], "unknown", 5),
]


@pytest.mark.parametrize(("word", "more", "verdict", "code"), ENDS)
def test_each_end_has_its_verdict(
    command: Command, serve: Serve, word: str, more: list[str], verdict: str, code: int
) -> None:
    """Words lead to their verdicts and codes; one that is not in the description never passes."""
    end = {"duration": "never"} if word == "never" else {"duration": "1ms", "outcome": word}
    server = serve(runs=[{"id": "t", "model": "M", **end}], api=with_a_pass())
    ended = command("wait", "--url", server.url, "--api", written(command.folder), *BRISK, *more, "t")
    assert (ended.out.split()[0], ended.code) == (verdict, code), ended.err
    assert {(each.method, each.path) for each in server.requests} == {("GET", "/ai/testconfigtasks/t")}
    assert "API description api.yml (--api)" in ended.err


def test_refused_credentials_are_denied(command: Command, serve: Serve) -> None:
    """A token that the server refuses is denied at any path."""
    server = serve(runs=[{"id": "t", "model": "M"}], api=with_a_pass())
    api = written(command.folder)
    assert command("wait", "--url", server.url, "--api", api, "t", DAI_TOKEN="another").code == 6


def test_ids_are_percent_encoded(command: Command, serve: Serve) -> None:
    """Slashes and other signs of an id arrive as part of it."""
    server = serve(runs=[{"id": "a/b?#d%", "model": "M", "duration": "1ms", "outcome": "SUCCEEDED"}], api=with_a_pass())
    ended = command("wait", "--url", server.url, "--api", written(command.folder), *BRISK, "a/b?#d%")
    assert ended.code == 0, ended.err
    assert server.requests[0].path == f"/ai/testconfigtasks/{quote('a/b?#d%', safe='')}"


def test_a_run_that_cannot_be_asked_for_by_its_id_is_not_resumed(command: Command, serve: Serve) -> None:
    """Where a description asks about models alone, the log says why no command is printed: it would be refused."""
    api = with_a_pass()
    api["request"] = {"path": "/tasks", "query": {"model": "{model}"}}
    api["answer"]["model"] = "name"
    server = serve(runs=[{"id": "t", "model": "M", "duration": "never"}], api=api)
    (command.folder / "api.yml").write_text(yaml.safe_dump(api), encoding="utf-8")
    ended = command("wait", "--url", server.url, "--api", "api.yml", *BRISK, "--timeout", "1s", "--model", "M")
    assert ended.code == 4, ended.err
    assert "to resume:" not in ended.err
    assert "no command to resume is printed: api.yml asks about models alone, not about the run id t" in ended.err


def test_the_example_refuses_to_gate(command: Command, serve: Serve) -> None:
    """Without a word for a pass `wait` sends nothing, and `status` shows the word that came."""
    server = serve(runs=[{"id": "t", "model": "M", "duration": "1ms", "outcome": "ERROR"}], api=with_a_pass())
    ended = command("wait", "--url", server.url, "--api", str(EXAMPLE), "t")
    assert (ended.code, server.requests) == (2, [])
    assert "nothing can pass" in ended.err
    ended = command("status", "--url", server.url, "--api", str(EXAMPLE), "t")
    assert (ended.code, "ERROR" in ended.out) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [["start", "--model", "M", "--group", "G"], ["abort", "t"], ["wait", "--abort-on", "timeout", "t"]],
    ids=lambda arguments: arguments[0],
)
def test_a_description_covers_polling_only(command: Command, serve: Serve, arguments: list[str]) -> None:
    """Starting and aborting are refused with --api before any request."""
    server = serve(api=with_a_pass())
    ended = command(*arguments, "--url", server.url, "--api", written(command.folder))
    assert (ended.code, server.requests) == (2, [])
    assert "--api" in ended.err
