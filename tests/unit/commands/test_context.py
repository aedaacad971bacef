"""The one place that builds what a command works with: redactor, log, build server and session."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes import FakeClock
from gate.clock import SystemClock
from gate.commands import context as module
from gate.commands.context import Context, open_context, run_ids
from gate.errors import UsageError
from gate.reports.log_events import LogEvent
from gate.settings.load import load
from scripts import ROOT

QUIET, TOKEN = {"quiet": True}, "hunter2-hunter2"
TASK_API = ROOT / "examples" / "api" / "task.yml"


def opened(given: dict[str, object], **environ: str) -> tuple[Context, io.StringIO]:
    stderr = io.StringIO()
    settings = load(given, {"DAI_URL": "https://dai.example", "DAI_TOKEN": TOKEN, **environ})
    return open_context(settings, FakeClock(), stderr=stderr), stderr


def test_secrets_are_hidden_from_the_start() -> None:
    """A token of the environment stands in no line of the log."""
    context, stderr = opened({})
    context.log.error(LogEvent.WARNING, f"it was {TOKEN}")
    assert stderr.getvalue().endswith("it was ***\n")


def test_the_named_files_are_logged_with_what_they_decide(tmp_path: Path) -> None:
    """The settings file is named with the values that decide, and the API description with where it was named."""
    settings = tmp_path / "settings.yml"
    settings.write_text(f"require: any\ntimeout: 5m\napi: {TASK_API}\n")
    context, stderr = opened({"config": str(settings)})
    context.log_sources()
    first, second = stderr.getvalue().splitlines()
    assert first.endswith(f"settings file {settings}: require any, api {TASK_API}")
    assert "API description " in second


@pytest.mark.parametrize(("given", "lines"), [({}, 2), (QUIET, 2)])
def test_what_is_risky_is_logged_even_with_quiet(given: dict[str, object], lines: int) -> None:
    """Trust in any certificate and an exit code that is forced to 0 are warned of, with --quiet too."""
    context, stderr = opened({"insecure": True, "exit_code": ("failed=0", "denied=0", "denied=9"), **given})
    context.log_warnings()
    text = stderr.getvalue()
    assert ("--insecure: " in text, "--exit-code failed=0: " in text) == (True, True)
    assert len(text.splitlines()) == lines


def test_without_a_stream_nothing_is_logged() -> None:
    """The library opens a context that writes nowhere."""
    settings = load({"insecure": True}, {"DAI_URL": "https://dai.example"})
    open_context(settings, FakeClock(), stderr=None).log_warnings()


@pytest.mark.parametrize("arguments", [["-"], ["a", "-"]])
def test_run_ids_on_standard_input(arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` stands for the ids on standard input."""
    monkeypatch.setattr(module, "read_standard_input", lambda: b"b\nc\n")
    found = run_ids(arguments, load({}, {}), SystemClock())
    assert found == (*[each for each in arguments if each != "-"], "b", "c")


def test_standard_input_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps standard input from being read is a usage error."""

    def fail() -> bytes:
        raise UsageError("-: closed")

    monkeypatch.setattr(module, "read_standard_input", fail)
    with pytest.raises(UsageError, match=r"^-: closed"):
        run_ids(["-"], load({}, {}), SystemClock())
