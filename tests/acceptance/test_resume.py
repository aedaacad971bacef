"""The command that resumes a wait: it forgets no run, runs nothing else, and is the last thing that is logged."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from commands import Command
from gate.simulator import Simulator

Serve = Callable[..., Simulator]
OPEN = {"model": "M", "duration": "never"}
ENDED = {"model": "M", "duration": "1ms"}


def resumed(err: str) -> list[str]:
    return shlex.split(err.splitlines()[-1].partition("to resume: ")[2])


def test_every_watched_run_is_named_with_the_settings_in_force(command: Command, serve: Serve) -> None:
    """Runs that passed or were decided are named as well, so that the resumed wait ends as the whole one would have."""
    runs = [{"id": "a", **ENDED, "outcome": "Incomplete"}, {"id": "b", **OPEN}, {"id": "c", **ENDED}]
    server = serve(runs=runs)
    flags = ("--timeout", "500ms", "--exit-code", "incomplete=40", "--exit-code", "failed=41", "--require", "all")
    ended = command.wait(server, *flags, "a", "b", "c")
    words = resumed(ended.err)
    assert words[:5] == ["dai-gate", "wait", "a", "b", "c"]
    assert "--exit-code incomplete=40 --exit-code failed=41" in " ".join(words)
    assert "--require all" in " ".join(words)


def test_what_came_from_the_environment_is_left_to_it(command: Command, serve: Serve) -> None:
    """Only flags are repeated; a model of the environment is kept from being watched again."""
    server = serve(runs=[{"id": "a", **OPEN}])
    ended = command("wait", DAI_URL=server.url, DAI_MODEL="M", DAI_TIMEOUT="500ms")
    assert resumed(ended.err) == ["DAI_MODEL=", "dai-gate", "wait", "a"]


def test_an_odd_id_is_in_no_command(command: Command, serve: Serve) -> None:
    """An id that a shell would read is printed in no command, and the log says why."""
    server = serve(runs=[{"id": "$(touch INJECTED);", **OPEN}])
    ended = command.wait(server, "--model", "M", "--timeout", "500ms")
    assert ended.code == 4
    assert "to resume:" not in ended.err
    assert "no command to resume is printed: the run id $(touch INJECTED);" in ended.err


def test_a_list_of_ids_that_lacks_a_model_is_missed_where_it_was_asked_for(
    command: Command, serve: Serve, tmp_path: Path
) -> None:
    """Where a model had no run, the log says which list of ids is not written; else it is silent."""
    server = serve(runs=[{"id": "a", **OPEN}])
    arguments = ("--model", "M", "--model", "Gone", "--timeout", "500ms")
    assert "Gone was found" not in command.wait(server, *arguments).err
    asked = command.wait(server, *arguments, "--dotenv", str(tmp_path / "dai.env"), GITHUB_ACTIONS="true")
    line = "no run of Gone was found, so DAI_GATE_RUN_IDS is not written and the output run-ids is empty"
    assert line in asked.err
    assert "DAI_GATE_RUN_IDS" not in (tmp_path / "dai.env").read_text(encoding="utf-8")


def test_a_pass_needs_no_command(command: Command, serve: Serve) -> None:
    """Where enough runs passed, those that go on are nobody's to wait for."""
    server = serve(runs=[{"id": "a", **ENDED}, {"id": "b", **OPEN}])
    ended = command.wait(server, "--require", "1", "a", "b")
    assert (ended.code, "to resume" in ended.err) == (0, False)


def test_the_resumed_wait_ends_as_the_whole_would_have(command: Command, serve: Serve) -> None:
    """The printed words, given to a shell, are a wait for all the runs."""
    runs = [{"id": "a", **ENDED, "outcome": "Failed"}, {"id": "b", "model": "M", "duration": "2s"}]
    server = serve(runs=runs)
    first = command.wait(server, "--timeout", "600ms", "a", "b")
    words = resumed(first.err)
    assert first.code == 1
    words[words.index("--timeout") + 1] = "20s"
    again = command(*words[1:])
    assert again.code == 1
    assert [line.split()[0] for line in again.out.splitlines()] == ["failed", "passed"]
