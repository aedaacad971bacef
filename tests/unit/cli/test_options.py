"""Options of the command line: made from the declared settings, when a command is asked for."""

from __future__ import annotations

import click
import pytest

from gate.cli.app import dai_gate, run
from gate.cli.commands import COMMANDS
from gate.cli.options import SectionedCommand, SectionedOption
from gate.settings.sections import OPTIONS


def options_of(command: click.Command) -> list[str]:
    params = command.get_params(click.Context(command))
    return [each.opts[0] for each in params if isinstance(each, SectionedOption)]


def test_options_are_made_once_and_when_they_are_asked_for() -> None:
    """A command has its options at the first question for them, each once, however often they are asked for."""
    command = SectionedCommand("wait", example="", sections=("log", "timing"))
    assert command.params == []
    expected = [each.flag for each in OPTIONS if each.section in {"log", "timing"}]
    assert options_of(command) == options_of(command) == [*expected, "--config"]


def test_a_command_without_sections_takes_no_settings() -> None:
    """A command that reads no settings names no settings file, and has only options of its own."""
    assert options_of(COMMANDS["demo"]) == []
    assert "--config" not in [name for each in COMMANDS["demo"].params for name in each.opts]


def test_every_command_is_listed_and_found() -> None:
    """The group lists the commands in the order in which they are declared, and finds each by its name."""
    context = click.Context(dai_gate)
    assert dai_gate.list_commands(context) == list(COMMANDS)
    assert [dai_gate.get_command(context, name) for name in COMMANDS] == list(COMMANDS.values())
    assert dai_gate.get_command(context, "other") is None


def test_a_command_that_does_not_exist_is_named_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped command is a usage error that names the one that was probably meant."""
    assert run(["wayt"]) == 2
    assert "No such command 'wayt'. Did you mean 'wait'?" in capsys.readouterr().err
