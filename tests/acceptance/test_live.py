"""The live display, on a real pseudo-terminal, as a terminal emulator shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from commands import BRISK, Command, clean_environment
from gate.simulator import Simulator
from terminal import Terminal

Serve = Callable[..., Simulator]
RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
SIZES = [(60, 24), (80, 24), (100, 30), (120, 30), (200, 50)]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Give a function that runs the gate on a terminal of a size, against a server."""
    with ExitStack() as open_terminals:

        def start(server: Simulator, *arguments: str, size: tuple[int, int] = (80, 24), **variables: str) -> Terminal:
            command = ["wait", "--url", server.url, *BRISK, *arguments]
            terminal = Terminal(command, tmp_path, clean_environment(**variables), *size)
            open_terminals.callback(terminal.process.kill)
            return terminal

        yield start


def runs(*runs: dict[str, Any], **scenario: Any) -> dict[str, Any]:
    history = [{"model": "Checkout", "durations": [2.0, 2.1, 1.9, 2.2, 2.0]}]
    return {"runs": list(runs), "history": history, **scenario}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("outcome", "mark"), [("Passed", "✓ passed"), ("Failed", "✗ failed")])
def test_a_run_is_shown_while_it_goes_on_and_its_end_stays(
    watch: Callable[..., Terminal], serve: Serve, size: tuple[int, int], outcome: str, mark: str
) -> None:
    """A row shows the status, the time and what is left; the last state stays on the screen, and the cursor is back."""
    server = serve(**runs({"id": RUN, "model": "Checkout", "outcome": outcome, "duration": "2s"}))
    terminal = watch(server, RUN, size=size)
    going = terminal.read_until(lambda text: "left" in text and "timeout in" in text)
    row = next(line for line in going.splitlines() if line.startswith("· Running"))
    assert "Checkout" in row
    assert re.search(r"Checkout  +cecaf3f5\S*  +\d\S*s  .*(left|usual|overdue)$", row)
    assert (RUN in row) is (size[0] >= 120)
    assert ("━" in row or "╸" in row) is (size[0] >= 80)
    assert "1 of 1 running" in going
    assert terminal.close() == (0 if outcome == "Passed" else 1)
    assert sum(line.startswith(mark) for line in terminal.text.splitlines()) == 1
    assert "Running  Checkout" not in terminal.text
    assert f"{outcome.lower()}  Checkout  {RUN}" in terminal.text.replace("\n", "")
    assert terminal.raw.rstrip().rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")


def test_lost_contact_is_shown_and_so_is_its_return(watch: Callable[..., Terminal], serve: Serve) -> None:
    """A fault stands below the rows as what it is, and goes when the server answers again."""
    faults = [{"requests": "3-8", "status": 503}]
    server = serve(**runs({"id": RUN, "model": "Checkout", "duration": "3s"}, faults=faults))
    terminal = watch(server, RUN)
    lost = terminal.read_until(lambda text: "! Running" in text)
    assert "answered 503" in lost.splitlines()[-1] or "answered 503" in lost.splitlines()[-2]
    back = terminal.read_until(lambda text: "answers again" in text and "· Running" in text)
    assert "! Running" not in back
    assert terminal.close() == 0


def test_fifty_runs_fit_the_screen(watch: Callable[..., Terminal], serve: Serve) -> None:
    """More runs than lines: those that go on come first, and the others are counted."""
    many = {"models": 1, "runs": 50, "duration": ["500ms", "3s"], "outcome": {"Passed": 1.0}, "seed": 2}
    server = serve(many=many)
    terminal = watch(server, "--model", "model-001", "--limit", "50")
    shown = terminal.read_until(lambda text: "more" in text and "of 50 running" in text)
    rows = [line for line in shown.splitlines() if line.startswith("· Running")]
    assert 5 < len(rows) < 20
    assert any(line.startswith("and ") and line.endswith(" more") for line in shown.splitlines())
    assert terminal.close() == 0
    assert "50 ended" in "\n".join(terminal.text.splitlines()[-60:]) or b"50 ended" in terminal.raw


def test_a_resized_terminal_is_drawn_anew(watch: Callable[..., Terminal], serve: Serve) -> None:
    """When the window becomes wide, the whole id and the bar appear."""
    server = serve(**runs({"id": RUN, "model": "Checkout", "duration": "4s"}))
    terminal = watch(server, RUN)
    terminal.read_until(lambda text: "left" in text)
    terminal.resize(160, 30)
    wide = terminal.read_until(lambda text: any(RUN in line and "━" in line for line in text.splitlines()))
    assert any(line.startswith("· Running") and RUN in line for line in wide.splitlines())
    assert terminal.close() == 0


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"CI": "true"}, {"TERM": "dumb"}])
def test_a_plain_log_where_a_display_is_not_wanted(
    watch: Callable[..., Terminal], serve: Serve, variable: dict[str, str]
) -> None:
    """With NO_COLOR, in a pipeline and on a dumb terminal there are lines, and not one escape sequence."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "300ms"}])
    terminal = watch(server, RUN, **variable)
    assert terminal.close() == 0
    assert b"\x1b" not in terminal.raw
    assert "Checkout cecaf3f5: Passed" in terminal.text


def test_the_terminal_library_is_for_terminals(command: Command, serve: Serve) -> None:
    """Where standard error is no terminal, the library that draws is not even loaded."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "300ms"}])
    ended = command.wait(server, RUN, PYTHONPROFILEIMPORTTIME="1")
    assert ended.code == 0
    assert "gate.commands.wait" in ended.err
    assert " rich" not in ended.err


def test_a_hostile_name_cannot_leave_its_cell(watch: Callable[..., Terminal], serve: Serve) -> None:
    """Escape sequences, markup and line breaks in a model's name do nothing but show."""
    name = "\x1b[31;5mEvil\x1b]0;title\x07 [bold]x[/bold]\u202e"
    server = serve(runs=[{"id": RUN, "model": name, "duration": "1s"}])
    terminal = watch(server, RUN, size=(200, 30))
    assert terminal.close() == 0
    assert b"\x1b[31;5m" not in terminal.raw
    assert b"\x1b]0;" not in terminal.raw
    assert "[bold]x[/bold]" in terminal.text
