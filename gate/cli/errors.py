"""From an exception to a message on stderr and an exit code."""

from __future__ import annotations

import contextlib
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Unpack

import click

from gate.clock import SystemClock
from gate.core.verdict import TABLE, USAGE_EXIT_CODE, Verdict
from gate.errors import GateError
from gate.reports.log_events import LogEvent
from gate.settings import environment

if TYPE_CHECKING:
    from gate.reports.log import Facts


@dataclass
class Stderr:
    """How standard error is written: `text` or `json`; None before the settings say so."""

    format: str | None = None

    def use(self, log_format: str) -> None:
        """Write in this format from now on; as JSON, what Python itself has to say as well."""
        self.format = log_format
        if log_format == "json":
            warnings.showwarning = lambda text, kind, *_, **__: self._write_json(
                "warning", LogEvent.PYTHON_WARNING, f"{kind.__name__}: {text}"
            )
            threading.excepthook = sys.unraisablehook = self._write_exception

    def write(self, text: str, more: str, event: LogEvent, code: int) -> None:
        """Write what went wrong, and more lines on it, in the format in use; a stream that is gone is left alone."""
        if self.format == "json":
            stop = "." if more and text[-1:].isalnum() else ""
            self._write_json("error", event, " ".join([text + stop, *more.split()]), exit_code=code)
            return
        # A terminal shows ^C, and leaves the cursor behind it.
        before = "\ndai-gate: " if event is LogEvent.INTERRUPTED else "dai-gate: error: "
        _write(before + text + (f"\n{more}" if more else ""))

    def _write_exception(self, caught: Any) -> None:
        self._write_json("error", LogEvent.INTERNAL_ERROR, f"{caught.exc_type.__name__}: {caught.exc_value}")

    def _write_json(self, level: str, event: LogEvent, text: str, **facts: Unpack[Facts]) -> None:
        from gate.reports.log import json_line  # noqa: PLC0415 - for what seldom happens

        _write(json_line(SystemClock().now(), level, event, text, facts, _without_secrets))


def _write(line: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def named_format(arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the log's format where the command line or the settings cannot be used, as far as it can be known."""
    flag = _last(arguments, "--log-format") or environ.get("DAI_LOG_FORMAT", "").strip()
    path = _last(arguments, "--config") or environ.get("DAI_CONFIG", "").strip()
    if not flag and path:
        from gate import yamlfile  # noqa: PLC0415 - for a mistake only

        with contextlib.suppress(ValueError):
            content = yamlfile.read_texts(path)
            flag = str(content.get("log-format", "")) if isinstance(content, dict) else ""
    return "json" if flag.strip() == "json" else "text"


def _last(arguments: Sequence[str], flag: str) -> str:
    """Return the last value that a command line gives a flag; empty where it gives none."""
    found = ""
    for each, following in pairwise([*arguments, ""]):
        if each == "--":
            break
        if each == flag:
            found = following
        elif each.startswith(f"{flag}="):
            found = each.partition("=")[2]
    return found


_NOWHERE = click.Context(click.Command("dai-gate"))


def explain(error: BaseException, stderr: Stderr) -> int:
    """Write on stderr why the command ended, and return its exit code."""
    from gate.reports.text import one_line  # noqa: PLC0415 - only an error needs it

    more, event, code = "", LogEvent.USAGE_ERROR, USAGE_EXIT_CODE
    match error:
        case SystemExit(code=int(status)):
            return status
        case GateError():
            text, more = error.cause, f"  {one_line(error.fix)}" if error.fix else ""
        case click.exceptions.NoArgsIsHelpError():
            text, more = "no command is given", f"\n{error.format_message()}"
        case click.MissingParameter() if error.param and error.param.param_type_name == "option":
            name = error.param.opts[0]
            text, more = f"{name} is missing", f"  Add {name} {error.param.make_metavar(error.ctx or _NOWHERE)}."
        case click.ClickException():
            command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "dai-gate"
            text, more = _words(error), f"  See `{command} --help`."
        case click.Abort() | KeyboardInterrupt():
            text, event, code = "interrupted", LogEvent.INTERRUPTED, TABLE[Verdict.INTERRUPTED].exit_code
        case _:
            text = f"dai-gate itself failed: {type(error).__name__}: {error}"
            event, code = LogEvent.INTERNAL_ERROR, TABLE[Verdict.UNKNOWN].exit_code
    stderr.write(one_line(_without_secrets(text)), _without_secrets(more), event, code)
    return code


def _words(error: click.ClickException) -> str:
    """Return what is wrong; of an option that does not exist, with the one that was probably meant."""
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        import difflib  # noqa: PLC0415 - for a mistake only

        options = {each.lstrip("-"): each for each in error.possibilities}
        near = difflib.get_close_matches(error.option_name.lstrip("-"), options, n=1, cutoff=0.6)
        return f"no such option {error.option_name}" + (f"; did you mean {options[near[0]]}?" if near else "")
    return error.format_message()


def _without_secrets(text: str) -> str:
    from gate.reports.redactor import Redactor  # noqa: PLC0415 - only an unforeseen error needs it
    from gate.settings.secrets import secrets_of  # noqa: PLC0415 - as above

    redactor = Redactor()
    for secret in secrets_of(environment.current()):
        redactor.learn(secret)
    return redactor.hide(text)
