"""Where reports go: each by itself, one of them perhaps to standard output."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gate.errors import UsageError
from gate.reports.outputs import FORMATS, Outputs, print_out
from gate.reports.report import Report
from reporting import make_report


def origin(name: str) -> str:
    return f"--{name}"


def full(suffixes: Path) -> dict[str, str | None]:
    return {name: str(suffixes / name) for name in FORMATS}


def test_every_format_is_written(tmp_path: Path) -> None:
    """Each format that was asked for lies where it was asked for, and no other."""
    assert Outputs(full(tmp_path)).write(make_report()) == {}
    for name, render in FORMATS.items():
        assert (tmp_path / name).read_text() == render(make_report())
    one = Outputs({"junit": None, "json": str(tmp_path / "one" / "report.json")})
    assert one.write(make_report()) == {}
    assert [each.name for each in (tmp_path / "one").iterdir()] == ["report.json"]


def test_a_format_that_was_not_asked_for(tmp_path: Path) -> None:
    """Text for a report that nobody wants goes nowhere."""
    Outputs({"json": None}).put("json", "text")


def test_at_the_start_only_what_can_be_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first reports are those that a pipeline judges by or reads; a stream gets none of them."""
    paths = full(tmp_path) | {"json": "-"}
    assert Outputs(paths).write(make_report(), provisional=True) == {}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["dotenv", "junit"]
    assert capsys.readouterr().out == ""


def test_a_report_on_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`-` is standard output, after the files are written."""
    chosen = Outputs({"json": "-", "junit": str(tmp_path / "junit.xml")})
    chosen.check(origin)
    assert chosen.takes_stdout
    assert not Outputs({"json": "x"}).takes_stdout
    assert chosen.write(make_report()) == {}
    assert json.loads(capsys.readouterr().out)["verdict"] == "passed"


@pytest.mark.parametrize("other", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_only_one_report_on_standard_output(other: str) -> None:
    """Two reports in one stream could not be separated: they are refused by the names of their settings."""
    with pytest.raises(UsageError, match="--junit and --json: only one report can go to standard output"):
        Outputs({"junit": "-", "json": other}).check(origin)


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    """The refusal names the setting that the path came from."""
    Outputs(full(tmp_path)).check(origin)
    with pytest.raises(UsageError, match=f"--html: {tmp_path} names a folder") as caught:
        Outputs({"html": str(tmp_path)}).check(origin)
    assert caught.value.fix == "Name a file in it."


def test_one_that_fails_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk and a report that cannot be made are reported by their format; the others are written."""

    def fail(report: Report) -> str:
        raise KeyError("surprise")

    monkeypatch.setattr("gate.reports.markdown.render", fail)
    paths = full(tmp_path) | {"junit": "/dev/full"}
    outputs = Outputs(paths)
    outputs.write(make_report(), provisional=True)
    assert outputs.write(make_report()) == {
        "junit": "the junit report could not be written to /dev/full: No space left on device",
        "markdown": f"the markdown report could not be written to {tmp_path / 'markdown'}: KeyError: 'surprise'",
    }
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted({*FORMATS} - {"junit", "markdown"})
    assert outputs.written == {name: str(tmp_path / name) for name in ("json", "dotenv", "html")}


def test_printing_into_what_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of text that has no charset takes the text as it is."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    print_out("ü")
    assert stream.getvalue() == "ü"


def test_printing_in_any_charset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that knows no other letters shows escapes; a report is UTF-8 wherever it goes."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    print_out("ü ")
    print_out("ü \ud800", encoding="utf-8")
    assert raw.getvalue() == b"\\xfc \xc3\xbc \\ud800"


def test_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A standard output that is closed, or whose reader is gone, is an error that the caller hears of."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(BrokenPipeError):
        print_out("text")
    with pytest.raises(BrokenPipeError):
        stream.close()
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OSError, match="standard output is closed"):
        print_out("text")
    assert Outputs({"json": "-"}).write(make_report()) == {
        "json": "the json report could not be written to -: OSError: standard output is closed"
    }


def test_a_format_is_loaded_only_where_it_is_asked_for() -> None:
    """Who wants no HTML does not wait for its module."""
    script = (
        "import sys; from gate.reports.outputs import Outputs; from reporting import make_report; "
        "Outputs({'json': '/dev/null'}).write(make_report()); "
        "print(*sorted(set(sys.modules) & set(map('gate.reports.{}'.format, ['json', 'junit', 'markdown', 'html']))))"
    )
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    ended = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, check=True
    )
    assert ended.stdout.split() == [b"gate.reports.json"]


def test_two_reports_to_one_stream(tmp_path: Path) -> None:
    """A device or a pipe takes several reports: nothing in it is replaced."""
    Outputs({"junit": os.devnull, "json": os.devnull, "html": str(tmp_path / "a")}).check(origin)
