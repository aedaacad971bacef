"""The command that resumes a wait: it forgets no run, runs nothing else, and is the last thing that is logged."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from commands import Command
from serving import Serve

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


def test_a_flag_against_the_environment_is_repeated(command: Command, serve: Serve) -> None:
    """A --no-fail-fast that overrides the environment is part of the command, whatever has failed."""
    server = serve(runs=[{"id": "a", **ENDED, "outcome": "Failed"}, {"id": "b", **OPEN}])
    ended = command.wait(server, "--no-fail-fast", "--timeout", "400ms", "a", "b", DAI_FAIL_FAST="true")
    assert "--no-fail-fast" in resumed(ended.err)


@pytest.mark.parametrize("by", ["flag", "environment"])
def test_a_resumed_wait_does_not_end_at_once(command: Command, serve: Serve, by: str) -> None:
    """A wait that --fail-fast ended is resumed without it, or the run that failed would end it again."""
    server = serve(runs=[{"id": "a", **ENDED, "outcome": "Failed"}, {"id": "b", **OPEN}])
    flags, variables = (["--fail-fast"], {}) if by == "flag" else ([], {"DAI_FAIL_FAST": "true"})
    words = resumed(command.wait(server, *flags, "a", "b", **variables).err)
    assert [word for word in words if "fail-fast" in word] == ["--no-fail-fast"]
    again = command(*words[words.index("wait") :], "--timeout", "400ms", **variables)
    assert again.code == 1
    assert "timed-out  M  b" in again.out


def test_what_came_from_the_environment_is_left_to_it(command: Command, serve: Serve) -> None:
    """Only flags are repeated; a model of the environment is kept from being watched again."""
    server = serve(runs=[{"id": "a", **OPEN}])
    ended = command("wait", DAI_URL=server.url, DAI_MODEL="M", DAI_TIMEOUT="500ms")
    assert resumed(ended.err) == ["DAI_MODEL=", "dai-gate", "wait", "a"]


@pytest.mark.parametrize("by", ["flag", "environment", "file"])
def test_models_of_other_layers_are_not_watched_anew(command: Command, serve: Serve, by: str) -> None:
    """What is pinned is followed alone, whatever models the file and the environment name beneath."""
    server = serve(runs=[{"id": "a", **OPEN}, {"id": "b", **ENDED, "model": "N", "outcome": "Failed"}])
    in_file = "M" if by == "file" else "N"
    (command.folder / "gate.yml").write_text(f"model: {in_file}\ntimeout: 500ms\nfail-fast: false\nverbose: false\n")
    flags = ("--model", "M") if by == "flag" else ()
    variables = {"flag": {"DAI_MODEL": "N"}, "environment": {"DAI_MODEL": "M"}, "file": {}}[by]
    first = command.wait(server, "--config", "gate.yml", *flags, **variables)
    words = resumed(first.err)
    before = [] if by == "file" else ["DAI_MODEL="]
    assert words[: len(before) + 3] == [*before, "dai-gate", "wait", "a"]
    assert "--config" not in words
    assert " --no-fail-fast --timeout 500ms " in " ".join(words)
    again = command(*words[words.index("wait") :], **({**variables, "DAI_MODEL": ""} if before else {}))
    assert [line.split()[:3] for line in again.out.splitlines()] == [["timed-out", "M", "a"]]


def test_a_started_run_is_resumed_without_the_models_of_the_file(command: Command, serve: Serve) -> None:
    """`start` reads no models, but the wait that resumes would; a file named by the environment is left out there."""
    server = serve(started={"duration": "never"})
    (command.folder / "gate.yml").write_text("model: N\ntimeout: 500ms\n")
    flags = ("--model", "M", "--group", "G", "--wait", "--url", server.url)
    words = resumed(command("start", *flags, DAI_CONFIG="gate.yml").err)
    assert words[:3] == ["DAI_CONFIG=", "dai-gate", "wait"]
    assert words[4:] == ["--url", server.url, "--timeout", "500ms"]


def test_a_model_without_a_run_keeps_its_own_limit(command: Command, serve: Serve) -> None:
    """The flag comes again where it has its default's value: the environment may have another one."""
    server = serve(runs=[{"id": "a", **OPEN}])
    (command.folder / "gate.yml").write_text("model: [M, N]\ntimeout: 500ms\n")
    ended = command.wait(server, "--config", "gate.yml", "--limit", "1", "--not-found-grace", "100ms", DAI_LIMIT="2")
    words = resumed(ended.err)
    assert words[:9] == ["dai-gate", "wait", "a", "--model", "N", "--limit", "1", "--config", "gate.yml"]


@pytest.mark.parametrize(("run_id", "words"), [("a", "to resume: dai-gate wait a "), ("a;b", "no command to resume")])
def test_quiet_does_not_forget_either(command: Command, serve: Serve, run_id: str, words: str) -> None:
    """With --quiet the command, or why there is none, is printed all the same."""
    server = serve(runs=[{"id": run_id, **OPEN}])
    ended = command.wait(server, "--quiet", "--timeout", "500ms", run_id)
    assert [words in line for line in ended.err.splitlines()].count(True) == 1
    assert len(ended.err.splitlines()) == 2


def test_an_odd_id_is_in_no_command(command: Command, serve: Serve) -> None:
    """An id that a shell would read is printed in no command, and the log says why."""
    server = serve(runs=[{"id": "$(touch INJECTED);", **OPEN}])
    ended = command.wait(server, "--model", "M", "--timeout", "500ms")
    assert ended.code == 4
    assert "to resume:" not in ended.err
    assert "no command to resume is printed: the run id $(touch INJECTED);" in ended.err


def test_an_escape_sequence_in_an_id_does_not_name_another_run(command: Command, serve: Serve) -> None:
    """An id that would be another without what a terminal does not show is handed on to nobody."""
    server = serve(runs=[{"id": "a\x1b[31mz", **OPEN}])
    ended = command.wait(server, "--model", "M", "--timeout", "500ms", "--dotenv", "d.env")
    assert ended.code == 4
    assert "to resume:" not in ended.err
    assert ended.json["runs"][0]["id"] == "a\\x1b[31mz"
    assert "DAI_GATE_RUN_IDS" not in (command.folder / "d.env").read_text()


@pytest.mark.parametrize(
    ("ids", "why"),
    [
        (["run/1", "b"], "the run id run/1 holds more than letters, digits and . _ : -"),
        ([f"{number:036}" for number in range(160)], "the ids of 160 runs are too long"),
    ],
    ids=["odd", "many"],
)
def test_a_list_of_ids_that_is_left_out_is_missed(command: Command, serve: Serve, ids: list[str], why: str) -> None:
    """Where the variable cannot hold the ids of the watched runs, the log says why it is not written."""
    server = serve(runs=[{"id": each, **ENDED} for each in ids])
    ended = command.wait(server, "--dotenv", "d.env", *ids)
    assert (ended.code, "DAI_GATE_RUN_IDS" in (command.folder / "d.env").read_text()) == (0, False)
    assert f"{why}, so DAI_GATE_RUN_IDS is not written" in ended.err


def test_a_model_with_too_few_runs_is_named(command: Command, serve: Serve) -> None:
    """Where a model has fewer runs than were asked for, the log does not say that it has none."""
    server = serve(runs=[{"id": "a", **ENDED}])
    flags = ("--model", "M", "--limit", "3", "--require", "2", "--not-found-grace", "100ms", "--dotenv", "d.env")
    ended = command.wait(server, *flags)
    assert ended.code == 5
    assert "fewer runs of M were found than --limit names, so DAI_GATE_RUN_IDS is not written" in ended.err


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


def test_a_model_without_a_run_is_named_however_the_wait_ends(command: Command, serve: Serve) -> None:
    """Where DAI_GATE_RUN_IDS is left out the log says so, also where there is nothing to resume."""
    server = serve(runs=[{"id": "a", **ENDED}])
    for more, code in (["--require", "any"], 0), (["--not-found-grace", "100ms", "--timeout", "30s"], 5):
        ended = command.wait(server, *more, "--model", "none", "--dotenv", "d.env", "a")
        assert (ended.code, "DAI_GATE_RUN_IDS" in (command.folder / "d.env").read_text()) == (code, False)
        assert "no run of none was found, so DAI_GATE_RUN_IDS is not written" in ended.err


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
