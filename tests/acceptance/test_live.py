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
from serving import Serve
from terminal import Terminal

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
SIZES = [(60, 24), (80, 24), (100, 30), (120, 30), (200, 50)]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Give a function that runs the gate on a terminal of a size, against a server."""
    with ExitStack() as open_terminals:

        def start(server: Simulator, *arguments: str, size: tuple[int, int] = (80, 24), **variables: str) -> Terminal:
            name, options = ("status", arguments[1:]) if arguments[0] == "status" else ("wait", (*BRISK, *arguments))
            command = [name, "--url", server.url, *options]
            terminal = Terminal(command, tmp_path, clean_environment(**variables), *size)
            open_terminals.callback(terminal.process.wait)
            open_terminals.callback(terminal.process.kill)
            return terminal

        yield start


def runs(*runs: dict[str, Any], **scenario: Any) -> dict[str, Any]:
    history = [{"model": "Checkout", "durations": [2.0, 2.1, 1.9, 2.2, 2.0]}]
    return {"clock": {"offset": "+00:00"}, "runs": list(runs), "history": history, **scenario}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("outcome", "mark"), [("Passed", "✓ passed"), ("Failed", "✗ failed")])
def test_a_run_is_shown_while_it_is_running_and_then_its_result(
    watch: Callable[..., Terminal], serve: Serve, size: tuple[int, int], outcome: str, mark: str
) -> None:
    """A row shows status, time and what is left; in the end the result stands in its place, and the cursor is back."""
    server = serve(**runs({"id": RUN, "model": "Checkout", "outcome": outcome, "duration": "2s"}))
    terminal = watch(server, RUN, size=size)
    going = terminal.read_until(lambda text: "left" in text and "timeout in" in text)
    row = next(line for line in going.splitlines() if line.startswith("· Running"))
    assert "Checkout" in row
    assert re.search(r"Checkout  +cecaf3f5\S*  +\d\S*s  .*(left|usual|overdue)$", row)
    assert (RUN in row) is (size[0] >= 120)
    assert ("━" in row or "╸" in row) is (size[0] >= 80)
    assert re.fullmatch(r"1 running · (next poll 1s|polling) · timeout in \S+", going.splitlines()[-1])
    assert terminal.close() == (0 if outcome == "Passed" else 1)
    assert mark not in terminal.text
    assert "Running  Checkout" not in terminal.text
    assert terminal.text.count("Checkout") == 1 + ("waiting for Checkout" in terminal.text)
    after = terminal.text.replace("\n", "").partition(RUN)[2]
    assert after.count("exit code") == after.count(f"{outcome.lower()} (exit code {terminal.process.returncode})") == 1
    assert f"{outcome.lower()}  Checkout  {RUN}" in terminal.text.replace("\n", "")
    assert terminal.raw.rstrip().rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l")


def test_lost_contact_is_shown_and_so_is_its_return(watch: Callable[..., Terminal], serve: Serve) -> None:
    """A fault stands below the rows as what it is, and goes when the server answers again."""
    faults = [{"requests": "3-8", "status": 503}]
    server = serve(**runs({"id": RUN, "model": "Checkout", "duration": "3s"}, faults=faults))
    terminal = watch(server, RUN)
    lost = terminal.read_until(lambda text: "! Running" in text)
    assert "no usable answer for " in lost.splitlines()[-2]
    back = terminal.read_until(lambda text: "answers again" in text and "· Running" in text)
    assert "! Running" not in back
    assert terminal.close() == 0


def test_fifty_runs_fit_the_screen(watch: Callable[..., Terminal], serve: Serve) -> None:
    """More runs than lines: those that go on come first, and the others are counted."""
    many = {"models": 1, "runs": 50, "duration": ["500ms", "3s"], "outcome": {"Passed": 1.0}, "seed": 2}
    server = serve(many=many)
    terminal = watch(server, "--model", "model-001", "--limit", "50")
    shown = terminal.read_until(lambda text: "more running" in text)
    rows = [line for line in shown.splitlines() if line.startswith("· Running")]
    assert 5 < len(rows) < 20
    assert any(line.startswith("and ") and line.endswith(" more running") for line in shown.splitlines())
    assert terminal.close() == 0
    assert "All 50 runs passed" in terminal.text


def test_a_resized_terminal_is_drawn_anew(watch: Callable[..., Terminal], serve: Serve) -> None:
    """When the window becomes wide, the whole id and the bar appear."""
    server = serve(**runs({"id": RUN, "model": "Checkout", "duration": "4s"}))
    terminal = watch(server, RUN)
    terminal.read_until(lambda text: "left" in text)
    terminal.resize(160, 30)
    wide = terminal.read_until(lambda text: any(RUN in line and "━" in line for line in text.splitlines()))
    assert any(line.startswith("· Running") and RUN in line for line in wide.splitlines())
    assert terminal.close() == 0


def test_a_terminal_that_becomes_narrow_keeps_no_stale_row(watch: Callable[..., Terminal], serve: Serve) -> None:
    """When the window becomes narrow, each line of the log and of the display stands there once."""
    server = serve(**runs({"id": RUN, "model": "Checkout", "duration": "1h"}))
    terminal = watch(server, RUN, "--timeout", "20s", size=(160, 30))
    terminal.read_until(lambda text: RUN in text and "timeout in" in text)
    terminal.resize(60, 30)
    narrow = terminal.read_until(
        lambda text: "waiting for" in text and "cecaf3f5  " in text and text.rpartition("\n")[2].startswith("1 running")
    )
    lines = narrow.splitlines()
    assert sum("waiting for" in line for line in lines) == 1
    assert sum(line.startswith("· Running") for line in lines) == 1
    assert sum("timeout in" in line for line in lines) == 1
    terminal.process.terminate()
    assert terminal.close() == 143


def test_what_moved_up_fits_a_terminal_that_became_narrow(watch: Callable[..., Terminal], serve: Serve) -> None:
    """When the window becomes narrow, rows above the display are laid out anew: status and time stay whole."""
    ids = [f"{number:08}{RUN[8:]}" for number in range(30)]
    failed = [{"id": each, "model": "Checkout", "outcome": "Failed", "duration": "1s"} for each in ids]
    server = serve(**runs(*failed, {"id": RUN, "model": "Checkout", "duration": "1h"}))
    terminal = watch(server, *ids, RUN, "--timeout", "60s", size=(120, 16))
    terminal.read_until(lambda text: "1 running · 30 failed" in text)
    terminal.resize(60, 16)
    narrow = terminal.read_until(
        lambda text: text.rpartition("\n")[2].startswith("1 running") and not any(each in text for each in ids)
    )
    rows = [line for line in narrow.splitlines() if line.startswith("✗")]
    assert len(rows) > 5
    assert [line for line in rows if not re.fullmatch(r"✗ failed +Checkout +\d{8} +\S+s", line)] == []
    terminal.process.terminate()
    assert terminal.close() == 143


def test_forty_models_take_one_line_before_the_display(watch: Callable[..., Terminal], serve: Serve) -> None:
    """The display shows the runs: the log has one line before it; at the end a table, the summary and the verdict."""
    names = [f"model-{number:02}" for number in range(40)]
    models = [{"model": name, "duration": "1s", "outcome": "Passed"} for name in names]
    models[7]["outcome"] = "Failed"
    server = serve(runs=models, clock={"offset": "+00:00"}, starts_at="first-request")
    terminal = watch(server, *(word for name in names for word in ("--model", name)), size=(140, 60))
    shown = terminal.read_until(lambda text: "40 running" in text or "✗ failed" in text)
    log = [line for line in shown.splitlines() if line.startswith(" ")]
    assert len(log) == 1
    assert "waiting for model-00, model-01, model-02, model-03, model-04 and 35 more" in log[0]
    assert terminal.close() == 1
    table = terminal.text.splitlines()[1:41]
    assert table[0].startswith("failed  model-07  ")
    assert [line[:16] for line in table[1:]] == [f"passed  {name}" for name in names if name != "model-07"]
    assert [line[10:40] for line in terminal.text.splitlines()[41:]] == [
        "39 of 40 runs passed; failed: ",
        "failed (exit code 1): Open the",
    ]


def test_a_redirected_result_leaves_the_table_on_the_terminal(
    watch: Callable[..., Terminal], serve: Serve, tmp_path: Path
) -> None:
    """Where standard output takes a report, the table is in the log of the terminal."""
    server = serve(**runs({"id": RUN, "model": "Checkout", "duration": "300ms"}))
    terminal = watch(server, RUN, "--dotenv", "-", size=(120, 30))
    assert terminal.close() == 0
    assert f"passed  Checkout  {RUN}  300ms" in terminal.text
    assert not list(tmp_path.iterdir())


def test_what_a_timeout_leaves_stands_in_the_table_alone(watch: Callable[..., Terminal], serve: Serve) -> None:
    """Of more unfinished runs than fit on the screen none has moved up above the table before it."""
    many = {"models": 1, "runs": 30, "duration": ["1h", "2h"], "outcome": {"Passed": 1.0}, "seed": 2}
    server = serve(many=many)
    terminal = watch(server, "--model", "model-001", "--limit", "30", "--timeout", "2s", size=(100, 20))
    assert terminal.close() == 4
    above = ["".join(line[column].data for column in range(100)) for line in terminal.screen.history.top]
    rows = [line for line in [*above, *terminal.screen.display] if "model-001  " in line]
    assert [line.split()[0] for line in rows] == ["timed-out"] * 30


def test_a_quiet_wait_prints_its_table_for_a_person(watch: Callable[..., Terminal], serve: Serve) -> None:
    """With --quiet a terminal shows the table too: worst first, in columns."""
    server = serve(runs=[{"id": "a", "model": "Long name"}, {"id": "b", "model": "Short", "outcome": "Failed"}])
    terminal = watch(server, "--quiet", "a", "b")
    assert terminal.close() == 1
    failed, passed = terminal.text.splitlines()[:2]
    assert failed.startswith("failed  Short      b  ")
    assert passed.startswith("passed  Long name  a  ")


@pytest.mark.parametrize(("outcome", "code"), [("Passed", 0), ("Failed", 1)])
def test_a_closed_standard_output_changes_no_verdict(serve: Serve, tmp_path: Path, outcome: str, code: int) -> None:
    """With standard output closed display and table stand on standard error, and the exit code is the run's."""
    server = serve(**runs({"id": RUN, "model": "Checkout", "outcome": outcome, "duration": "1s"}))
    closed = ("bash", "-c", '"$@" >&-', "bash")
    command = ["wait", "--url", server.url, *BRISK, RUN]
    terminal = Terminal(command, tmp_path, clean_environment(), 100, 24, around=closed)
    assert terminal.close() == code
    assert f"{outcome.lower()}  Checkout  {RUN}" in terminal.text
    assert "itself failed" not in terminal.text


@pytest.mark.parametrize("variable", ["COLUMNS", "LINES"])
def test_a_terminal_without_size_hides_no_line(watch: Callable[..., Terminal], serve: Serve, variable: str) -> None:
    """Where the environment says that a terminal has no columns or lines, the log is plain, and whole."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "300ms"}])
    terminal = watch(server, RUN, **{variable: "0"})
    assert terminal.close() == 0
    assert "Checkout cecaf3f5: Passed" in terminal.text


def test_status_leaves_out_the_agent_before_it_breaks_rows(watch: Callable[..., Terminal], serve: Serve) -> None:
    """On a terminal of 60 columns a run of another day still has a row of its own."""
    agent = "an agent in the cellar"
    server = serve(
        runs=[{"id": RUN, "model": "Checkout of the shop", "start": "-1801m", "duration": "40h", "agent": agent}]
    )
    terminal = watch(server, "status", RUN, size=(60, 24))
    assert terminal.close() == 0
    heading, row = terminal.text.splitlines()
    assert heading.endswith("DURATION")
    assert re.match(r"Running  Checkout ?…  cecaf3f5  \d{4}-", row)


@pytest.mark.parametrize(("variable", "is_whole"), [({}, False), ({"CI": "true"}, True)])
def test_status_fits_the_terminal(
    watch: Callable[..., Terminal], serve: Serve, variable: dict[str, str], is_whole: bool
) -> None:
    """For a person no row is wider than the terminal, and a name from right to left keeps its place; CI has all."""
    names = ["Checkout of the shop in all its languages", "\u05d1\u05d3\u05d9\u05e7\u05d4"]
    watched = [{"id": each + RUN[1:], "model": name, "duration": "1h"} for each, name in zip("12", names, strict=True)]
    server = serve(runs=watched, starts_at="first-request")
    terminal = watch(server, "status", *(str(each["id"]) for each in watched), **variable)
    assert terminal.close() == 0
    assert (names[0] in terminal.raw.decode()) is is_whole
    assert (f"1{RUN[1:]}" in terminal.raw.decode()) is is_whole
    assert f"2{RUN[1:8]}" in terminal.raw.decode()
    assert ("\u05d4\u200e" in terminal.raw.decode()) is not is_whole
    assert (len(terminal.text.splitlines()) == 3) is not is_whole


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
