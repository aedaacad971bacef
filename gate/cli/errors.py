"""From an exception to a message on stderr and an exit code."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass

import click

from gate.clock import SystemClock
from gate.core.verdict import TABLE, USAGE_EXIT_CODE, Verdict
from gate.errors import GateError
from gate.settings import environment


@dataclass
class Stderr:
    """How standard error is written: `text`, or `json` once the settings are known to ask for it."""

    format: str = "text"

    def use(self, log_format: str) -> None:
        self.format = log_format

    def write(self, text: str, more: str, event: str, code: int) -> None:
        """Write what went wrong, and more lines on it, in the format in use; a stream that is gone is left alone."""
        if self.format == "json":
            time = SystemClock().now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
            message = " ".join([text, *more.split()])
            line = json.dumps({"time": time, "level": "error", "event": event, "message": message, "exit_code": code})
        else:
            line = f"dai-gate: {'' if event == 'interrupted' else 'error: '}{text}" + (f"\n{more}" if more else "")
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


_NOWHERE = click.Context(click.Command("dai-gate"))


def explain(error: BaseException, stderr: Stderr) -> int:
    """Write on stderr why the command ended, and return its exit code."""
    from gate.reports.text import one_line  # noqa: PLC0415 - only an error needs it

    more, event, code = "", "usage-error", USAGE_EXIT_CODE
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
            text, event, code = "interrupted", "interrupted", TABLE[Verdict.INTERRUPTED].exit_code
        case _:
            text = f"dai-gate itself failed: {type(error).__name__}: {error}"
            event, code = "internal-error", TABLE[Verdict.UNKNOWN].exit_code
    stderr.write(one_line(_without_secrets(text)), _without_secrets(more), event, code)
    return code


def _words(error: click.ClickException) -> str:
    """Return what is wrong; of an option that does not exist, with the one that was probably meant."""
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        import difflib  # noqa: PLC0415 - for a mistake only

        near = difflib.get_close_matches(error.option_name, error.possibilities, n=1, cutoff=0.6)
        return f"no such option {error.option_name}" + (f"; did you mean {near[0]}?" if near else "")
    return error.format_message()


def _without_secrets(text: str) -> str:
    from gate.reports.redactor import Redactor  # noqa: PLC0415 - only an unforeseen error needs it
    from gate.settings.secrets import secrets_of  # noqa: PLC0415 - as above

    redactor = Redactor()
    for secret in secrets_of(environment.current()):
        redactor.learn(secret)
    return redactor.hide(text)
