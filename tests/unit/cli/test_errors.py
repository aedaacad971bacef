"""The last words of a command that could not be run."""

from __future__ import annotations

import json

import click
import pytest

from gate.cli.app import run
from gate.cli.errors import Stderr, explain
from gate.errors import UsageError

HOSTILE = "a\n::add-mask::b\r\n  ##teamcity[x]\x1b[31m\x1b\x1b[0m[0m##vso[y]"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError(f"model: {HOSTILE}", f"Did you mean {HOSTILE}?"), 2),
        (click.UsageError(f"No such option: {HOSTILE}"), 2),
        (click.BadParameter(HOSTILE), 2),
        (RuntimeError(HOSTILE), 5),
    ],
    ids=["setting", "option", "value", "unforeseen"],
)
def test_no_message_holds_a_command(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a message quotes, no line of it begins with a command of a build server, and none moves the cursor."""
    assert explain(error, Stderr()) == code
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("dai-gate: error: ")
    assert not [line for line in lines if line.lstrip().startswith(("::", "##")) or "##vso[" in line or "\x1b" in line]


def test_what_a_setting_says_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The line breaks of a value are blanks: cause and fix are a line each."""
    explain(UsageError("model: a\nb", "Right:\nc"), Stderr())
    assert capsys.readouterr().err == "dai-gate: error: model: a b\n  Right: c\n"


def test_a_usage_error_hides_secrets(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A secret of the environment that stands in a wrong value is not printed."""
    monkeypatch.setenv("DAI_TOKEN", "hunter2-hunter2")
    explain(UsageError("url: https://x/?t=hunter2-hunter2"), Stderr())
    assert capsys.readouterr().err == "dai-gate: error: url: https://x/?t=***\n"


@pytest.mark.parametrize(("log_format", "lines"), [("text", ["", "dai-gate: interrupted"]), ("json", 1)])
def test_an_interrupt_before_a_wait(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], log_format: str, lines: list[str] | int
) -> None:
    """An interrupt is one line on its own, or one object and nothing else."""

    def interrupt(_: str) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("gate.signals.exit_on_stop", lambda: None)
    monkeypatch.setattr("gate.commands.demo.demo", interrupt)
    monkeypatch.setenv("DAI_LOG_FORMAT", log_format)
    assert run(["demo"]) == 130
    said = capsys.readouterr().err.splitlines()
    assert said == lines or [json.loads(each)["event"] for each in said] == ["interrupted"] * len(said)
    assert len(said) == (lines if isinstance(lines, int) else len(lines))
