"""The command line as a whole: from words to an exit code."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from gate import __version__, signals
from gate.cli.errors import Stderr, explain, named_format
from gate.settings import environment


class Group(click.Group):
    """Commands that are declared when one is asked for: `--version` need not wait for any."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        self._declare()
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._declare()
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; of an interrupt click itself writes an empty line, also where each line is to be JSON."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            raise click.Abort from error

    def _declare(self) -> None:
        from gate.cli.commands import COMMANDS  # noqa: PLC0415 - see above

        self.commands.update(COMMANDS)


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="See `dai-gate COMMAND --help`.",
)
@click.version_option(__version__, prog_name="dai-gate")
def dai_gate() -> None:
    """Make a pipeline wait for an Eggplant DAI test run, and stop it unless the run passed."""


def main() -> NoReturn:
    """Run the command line and end the process with its code."""
    # Nearly everything that is made at the start stays: searching it for garbage would take a tenth of the time.
    gc.set_threshold(50_000)
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # Not sys.exit: a request that hangs may not hold the process up, and taking down an interpreter that has loaded
    # an HTTP library costs as much as loading it.
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (default: this process's own) and return its exit code."""
    signals.exit_on_stop()
    stderr = Stderr()
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = dai_gate.main(words, prog_name="dai-gate", standalone_mode=False, obj=stderr)
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - every error ends here, none with 0
        if stderr.format is None:
            stderr.use(named_format(words, environment.current()))
        return explain(error, stderr)
    return code if isinstance(code, int) else 0
