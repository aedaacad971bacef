"""From an exception to a message on stderr and an exit code."""

from __future__ import annotations

import contextlib

import click

from gate import settings
from gate.core.verdict import TABLE, USAGE_EXIT_CODE, Verdict
from gate.errors import GateError


def _without_secrets(text: str) -> str:
    from gate.reports.redactor import Redactor  # noqa: PLC0415 - only an unforeseen error needs it

    redactor = Redactor()
    for secret in settings.secrets_of_environment():
        redactor.learn(secret)
    return redactor.hide(text)


def explain(error: BaseException) -> int:
    """Say on stderr why the command ended, and return its exit code."""
    match error:
        case SystemExit(code=int(code)):
            return code
        case GateError():
            text, code = f"error: {error}", USAGE_EXIT_CODE
        case click.exceptions.NoArgsIsHelpError():
            text, code = f"error: no command is given\n\n{error.format_message()}", USAGE_EXIT_CODE
        case click.ClickException():
            command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "dai-gate"
            text, code = f"error: {error.format_message()}\n  See `{command} --help`.", USAGE_EXIT_CODE
        case click.Abort() | KeyboardInterrupt():
            text, code = "interrupted", TABLE[Verdict.INTERRUPTED].exit_code
        case _:
            text = f"error: dai-gate itself failed: {type(error).__name__}: {_without_secrets(str(error))}"
            code = TABLE[Verdict.UNKNOWN].exit_code
    with contextlib.suppress(OSError, ValueError):
        click.echo(f"dai-gate: {text}", err=True)
    return code
