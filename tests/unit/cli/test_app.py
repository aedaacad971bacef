"""From a command line to an exit code: every error ends with a code of its own, and none with 0."""

from __future__ import annotations

import json
from typing import NoReturn

import pytest

from gate import __version__
from gate.cli import app


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints one line and is no error."""
    assert app.run(["--version"]) == 0
    assert capsys.readouterr().out == f"dai-gate, version {__version__}\n"


def test_a_usage_error_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """A value that cannot be used is exit code 2, with the option that it came from."""
    assert app.run(["wait", "--timeout", "soon", "r1"]) == 2
    assert capsys.readouterr().err.startswith("dai-gate: error: --timeout: 'soon'")


def test_an_error_is_json_where_the_log_is(capsys: pytest.CaptureFixture[str]) -> None:
    """An error before the settings are known is written in the format that the command line names."""
    assert app.run(["wait", "--log-format", "json", "--no-such-option"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--no-such-option" in json.loads(line)["message"]


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (RuntimeError("bug"), 5), (SystemExit("bug"), 5)]
)
def test_what_nobody_foresaw_is_no_pass(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An interrupt has its code; any other exception is exit code 5, and is logged."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(app.dai_gate, "main", fail)
    assert app.run([]) == code
    assert capsys.readouterr().err.lstrip().startswith("dai-gate: ")


def test_main_ends_the_process_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The streams are flushed, and the process ends at once with the code."""

    def end(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr(app, "run", lambda: 3)
    monkeypatch.setattr("os._exit", end)
    monkeypatch.setattr("gc.set_threshold", lambda _: None)
    monkeypatch.setattr("sys.stderr", None)
    with pytest.raises(SystemExit, match=r"^3$"):
        app.main()
