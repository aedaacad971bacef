"""Values on the command line: shown in `--help` and completed by a shell as their kind says."""

from __future__ import annotations

import click
import pytest

from gate.cli.types import Value
from gate.settings.kinds import DURATION, PATH, Kind, choice


@pytest.mark.parametrize(("kind", "shown"), [(DURATION, "DURATION"), (choice(("a", "b")), "[a|b]")])
def test_help_shows_the_kind(kind: Kind, shown: str) -> None:
    """The placeholder of an option is that of its kind."""
    option = click.Option(["--x"], type=Value(kind))
    assert option.make_metavar(click.Context(click.Command("c"))) == shown


@pytest.mark.parametrize(
    ("kind", "incomplete", "words"),
    [
        (choice(("text", "json")), "", [("text", "plain"), ("json", "plain")]),
        (choice(("text", "json")), "j", [("json", "plain")]),
        (PATH, "rep", [("rep", "file")]),
        (DURATION, "1", []),
    ],
)
def test_a_shell_completes_choices_and_paths(kind: Kind, incomplete: str, words: list[tuple[str, str]]) -> None:
    """The words of a choice that begin so are offered; a path is left to the shell, and nothing else is completed."""
    option = click.Option(["--x"], type=Value(kind))
    found = option.shell_complete(click.Context(click.Command("c")), incomplete)
    assert [(each.value, each.type) for each in found] == words
