"""The log as JSON, of the command as a user runs it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from commands import TOKEN, Command, Ended
from scripts import ROOT, schema_of
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
JSON = ("--log-format", "json")


def objects(ended: Ended) -> list[dict[str, Any]]:
    """Return the lines of standard error, each an object that is valid by the schema."""
    lines = [json.loads(line) for line in ended.err.splitlines()]
    for each in lines:
        schema_of("log").validate(each)
    return lines


def of(lines: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [each for each in lines if each["event"] == event]


ENDS = [
    ("passed", 0, [{"id": RUN, "outcome": "Passed", "duration": "300ms"}], ()),
    ("failed", 1, [{"id": RUN, "outcome": "Failed", "duration": "300ms"}], ()),
    ("incomplete", 3, [{"id": RUN, "outcome": "Incomplete", "duration": "300ms"}], ()),
    ("timed-out", 4, [{"id": RUN, "duration": "1h"}], ("--timeout", "700ms")),
    ("unknown", 5, [], ("--not-found-grace", "100ms")),
]


def test_a_settings_file_does_not_hide_itself(command: Command, serve: Serve) -> None:
    """With `quiet` in the file the log still begins with the file and what it decides; a person's own -q hides that."""
    server = serve(runs=[{"id": "a", "model": "M", "duration": "1ms"}])
    (command.folder / "gate.yml").write_text("quiet: true\nrequire: any\n")
    ended = command.wait(server, "--config", "gate.yml", "a")
    assert [line.split(None, 1)[1] for line in ended.err.splitlines()] == ["settings file gate.yml: require any"]
    assert command.wait(server, "--config", "gate.yml", "-q", "a").err == ""


@pytest.mark.parametrize("more", [(), ("-v",), ("-q",)], ids=["plain", "verbose", "quiet"])
@pytest.mark.parametrize(("verdict", "code", "runs", "options"), ENDS, ids=[each[0] for each in ENDS])
def test_the_log_of_each_verdict_is_valid(
    command: Command, serve: Serve, verdict: str, code: int, runs: list[Any], options: tuple[str, ...], more: Any
) -> None:
    """Each line is valid by the schema, and the last ones hold verdict and exit code; on GitHub nothing is added."""
    server = serve(runs=[{"model": "Checkout", **each} for each in runs])
    ended = command.wait(server, RUN, *JSON, *options, *more, GITHUB_ACTIONS="true")
    assert ended.code == code
    lines = objects(ended)
    assert TOKEN not in ended.err
    if more == ("-q",):
        assert [each["verdict"] for each in of(lines, "run-verdict")] == ([] if code == 0 else [verdict])
        return
    (last,) = of(lines, "verdict")
    assert (last["verdict"], last["exit_code"], last.get("run_id")) == (verdict, code, RUN)
    assert last.get("reason") == ("not-found" if verdict == "unknown" else None)
    assert lines[-1] == last or (lines[-1]["event"], lines[-1]["exit_code"]) == ("resume", code)
    assert (lines[-1]["event"] == "resume") is (verdict == "timed-out")
    assert not of(lines, "trace")
    (own,) = of(lines, "run-verdict")
    assert (own["run_id"], own["verdict"], own["level"]) == (RUN, verdict, "info")
    assert bool(of(lines, "polled")) is (more == ("-v",) and verdict != "unknown")


def test_denied_is_an_event_too(command: Command, serve: Serve) -> None:
    """Refused credentials end with their verdict and code."""
    server = serve(runs=[{"id": RUN, "model": "Checkout"}], faults=[{"requests": "1-50", "status": 403}])
    lines = objects(command.wait(server, RUN, *JSON))
    assert (lines[-1]["event"], lines[-1]["verdict"], lines[-1]["exit_code"]) == ("verdict", "denied", 6)


@pytest.mark.parametrize(
    ("arguments", "variables", "file"),
    [
        (("wait", *JSON, "r1", "--timeout", "x"), {}, ""),
        (("wait", *JSON, "r1", "--nonsense"), {}, ""),
        (("wait", "r1", "--nonsense", "--log-format=json"), {}, ""),
        (("wait", "r1", "--timeout", "x"), {"DAI_LOG_FORMAT": "json"}, ""),
        (("wait", "r1", "--nonsense"), {"DAI_LOG_FORMAT": "json"}, ""),
        (("wait", "r1", "--config", "c.yml", "--timeout", "x"), {}, "log-format: json"),
        (("wait", "r1", "--nonsense"), {"DAI_CONFIG": "c.yml"}, "log-format: json"),
        (("wait", "r1", "--config", "c.yml"), {}, "log-format: json\nunknown: 1"),
        (("start", *JSON), {}, ""),
        (("status", *JSON, "r1", "--limit", "0"), {}, ""),
        (("abort", *JSON), {}, ""),
        (("nonsense", *JSON), {}, ""),
        (("wait", *JSON, "r1", "--token", "secret-secret"), {}, ""),
    ],
)
def test_errors_of_usage_are_objects(
    command: Command, tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str], file: str
) -> None:
    """Wherever the format is named - a flag, the variable, the named file - an error of usage is one object."""
    (tmp_path / "c.yml").write_text(file)
    ended = command(*arguments, **variables)
    (line,) = objects(ended)
    assert (ended.code, line["level"], line["event"], line["exit_code"]) == (2, "error", "usage-error", 2)
    assert "secret-secret" not in ended.err


def test_a_flag_wins_over_the_variable_where_usage_is_wrong(command: Command) -> None:
    """An error is text where the flag asks for text, and where `--log-format` stands behind `--`."""
    text = command("wait", "--nonsense", "--log-format", "text", DAI_LOG_FORMAT="json")
    assert text.err.startswith("dai-gate: error")
    assert command("wait", "--nonsense", "--", "--log-format", "json").err.startswith("dai-gate: error")


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", RUN, "other"),
        ("abort", RUN),
        ("abort", "other"),
        ("check",),
        ("check", "--json", "-"),
        ("start", "--model", "Checkout", "--group", "G"),
        ("start", "--model", "Checkout", "--group", "G", "--wait", "-v"),
    ],
)
def test_every_command_writes_objects(command: Command, serve: Serve, arguments: tuple[str, ...]) -> None:
    """Whatever the command: what it writes to standard error is valid by the schema."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "1h"}])
    extra = ("--timeout", "1s") if "--wait" in arguments else ()
    ended = command(*arguments, *extra, "--url", server.url, *JSON)
    assert ended.code != 2
    assert objects(ended) or arguments == ("check",)


def test_what_the_server_says_breaks_out_of_no_line(command: Command, serve: Serve) -> None:
    """A name full of commands for build servers, and a secret, stay in their fields."""
    model = f"##vso[task.complete]##teamcity[x] {TOKEN} \n::error::x"
    server = serve(runs=[{"id": RUN, "model": model, "outcome": "Failed", "duration": "300ms"}])
    ended = command.wait(server, RUN, *JSON, "-v", TF_BUILD="True", TEAMCITY_VERSION="1")
    changes = of(objects(ended), "run-status")
    assert changes
    assert all(line["model"].endswith("::error::x") for line in changes)
    assert "##" not in ended.err
    assert TOKEN not in ended.err


def test_what_python_warns_of_is_an_object(command: Command, serve: Serve, tmp_path: Path) -> None:
    """A warning of Python, and an exception in a thread, are objects as well."""
    (tmp_path / "sitecustomize.py").write_text(
        "import gate.core.verdict as verdict, threading, warnings\n"
        "judge = verdict.exit_code\n"
        "def odd(*arguments, **more):\n"
        "    warnings.warn('odd', RuntimeWarning)\n"
        "    thread = threading.Thread(target=lambda: 1 / 0)\n"
        "    thread.start()\n"
        "    thread.join()\n"
        "    return judge(*arguments, **more)\n"
        "verdict.exit_code = odd\n"
    )
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "300ms"}])
    ended = command.wait(server, RUN, *JSON, PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))
    lines = objects(ended)
    assert "RuntimeWarning: odd" in [each["message"] for each in of(lines, "python-warning")]
    assert "ZeroDivisionError: division by zero" in [each["message"] for each in of(lines, "internal-error")]
