"""The commands: parse, build, run, report, exit. The one place that catches errors and exits.

What a command needs is imported when it runs: `--help` and `--version` shall not wait for an HTTP library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click

from gate import __version__, settings
from gate.core.verdict import TABLE, USAGE_EXIT_CODE, Verdict
from gate.errors import GateError, UsageError
from gate.params import Group, RunId, SectionedCommand, Setting

INTERRUPTED_EXIT_CODE = TABLE[Verdict.INTERRUPTED].exit_code


def exit_codes() -> list[str]:
    """Return the table of verdicts and exit codes, as `--help` prints it."""
    rows = [(str(row.exit_code), row.verdict.value, row.when.replace("`", "")) for row in TABLE.values()]
    rows.insert(2, (str(USAGE_EXIT_CODE), "-", "bad usage or settings: nothing was asked of the server"))
    return ["Exit codes:", *(f"  {code:>3}  {verdict:<11}  {when}" for code, verdict, when in rows)]


def _refuse_secret(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    del ctx
    if value is not None:
        name = param.opts[0].removeprefix("--")
        raise UsageError(
            f"--{name}: a secret on the command line shows in process lists and logs",
            f"Take it off and change it if others could see it; {settings.SECRETS[name]}.",
        )


def _read_settings_file(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    assert isinstance(param, Setting)
    path, values = settings.read_file(value, origin=param.origin(ctx))
    ctx.meta["settings-file"] = path
    ctx.default_map = values


def configured(*sections: str) -> Callable[[click.Command], click.Command]:
    """Give a command the options of these sections, and the settings file."""

    def add(command: click.Command) -> click.Command:
        command.params += settings.options(*sections)
        command.params.append(
            Setting(
                ["--config"],
                section="Other",
                envvar="DAI_CONFIG",
                is_eager=True,
                expose_value=False,
                callback=_read_settings_file,
                metavar="PATH",
                help=f"The settings file.  [default: {settings.DEFAULT_FILE} if there]",
            )
        )
        for name in settings.SECRETS:
            command.params.append(click.Option([f"--{name}"], hidden=True, expose_value=False, callback=_refuse_secret))
        return command

    return add


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="See `dai-gate COMMAND --help`.",
)
@click.version_option(__version__, prog_name="dai-gate")
def dai_gate() -> None:
    """Make a pipeline wait for an Eggplant DAI test run, and stop when it did not pass."""


@configured(
    settings.WATCHING,
    settings.TIMING,
    settings.REPORTS,
    settings.CONNECTION,
    settings.CREDENTIALS,
    settings.OUTPUT,
)
@dai_gate.command(
    cls=SectionedCommand,
    short_help="Wait until every run has ended, then report and exit.",
    example="DAI_TOKEN=... dai-gate wait --url https://dai.example.com:8000 --junit dai.xml RUN_ID",
    footer=exit_codes(),
)
@click.argument("run_ids", metavar="[RUN_ID]...", nargs=-1, type=RunId(), envvar="DAI_RUN_ID")
@click.pass_context
def wait(ctx: click.Context, /, run_ids: tuple[str, ...], **values: Any) -> int:
    """Wait until every run has ended, then report and exit.

    Every option --foo-bar can also be given as the environment variable DAI_FOO_BAR and as the key foo-bar in the
    settings file. A flag wins over the environment, the environment over the file.
    """
    chosen = settings.load(values, ctx)
    ids = _read_run_ids(run_ids)
    if not ids:
        raise UsageError("no run is given", "Name a run id: dai-gate wait RUN_ID, or set DAI_RUN_ID.")
    from gate import wait as trip  # noqa: PLC0415 - see the module's first lines
    from gate.clock import SystemClock  # noqa: PLC0415
    from gate.core.targets import Targets  # noqa: PLC0415
    from gate.signals import Listener  # noqa: PLC0415

    prepared = trip.prepare(chosen, Targets(run_ids=ids), SystemClock())
    listener = Listener()
    listener.listen()
    return trip.run(prepared, listener, _resuming_arguments(run_ids))


def _read_run_ids(run_ids: Sequence[str]) -> tuple[str, ...]:
    """Replace `-` by the ids on standard input, one a line or blank-separated."""
    if "-" not in run_ids:
        return tuple(dict.fromkeys(run_ids))
    read = [RunId().convert(word, None, None) for word in sys.stdin.read().split()]
    return tuple(dict.fromkeys(each for run_id in run_ids for each in (read if run_id == "-" else [run_id])))


def _resuming_arguments(run_ids: Sequence[str]) -> list[str]:
    """Return the flags of this command line without its run ids: secrets are never among them."""
    return [word for word in sys.argv[2:] if word not in run_ids]


@dai_gate.command(cls=SectionedCommand, example="dai-gate simulate --port 8000 --scenario scenario.yml")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 is any free one.")
@click.option("--scenario", type=click.Path(dir_okay=False), metavar="FILE", help="Which runs there are. See docs.")
def simulate(port: int, scenario: str | None) -> int:
    """Stand in for a DAI server, to try a pipeline without a licence.

    It listens on loopback only. Without a scenario any token is let in, and there is one run of six seconds, which
    passes.
    """
    from gate.simulator import DEMO, Simulator, load_scenario  # noqa: PLC0415

    with Simulator(load_scenario(scenario) if scenario else DEMO["passed"], port=port) as server:
        click.echo(f"a simulated DAI server is at {server.url}; stop it with Ctrl-C", err=True)
        for run in server.runs():
            click.echo(f"  {run.model}  {run.id}  {run.status}", err=True)
        server.serve_forever()
    return 0


@dai_gate.command(cls=SectionedCommand, example="dai-gate demo --outcome failed")
@click.option(
    "--outcome",
    type=click.Choice(["passed", "failed", "incomplete", "timed-out"]),
    default="passed",
    show_default=True,
    help="How the run shall end.",
)
def demo(outcome: str) -> int:
    """See the real gate wait for a simulated server.

    It takes about ten seconds, leaves its reports in the folder demo-reports, and exits with the gate's own code.
    """
    from gate.demo import demonstrate  # noqa: PLC0415

    return demonstrate(outcome)


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    try:
        code = dai_gate.main(prog_name="dai-gate", standalone_mode=False)
    except GateError as error:
        fail(str(error), USAGE_EXIT_CODE)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(USAGE_EXIT_CODE)
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "dai-gate"
        fail(f"{error.format_message()}\n  See `{command} --help`.", USAGE_EXIT_CODE)
    except (click.Abort, KeyboardInterrupt):
        fail("interrupted", INTERRUPTED_EXIT_CODE)
    sys.exit(code if isinstance(code, int) else 0)


def fail(text: str, code: int) -> NoReturn:
    """Say on stderr why the command ends, and end it."""
    click.echo(f"dai-gate: error: {text}", err=True)
    sys.exit(code)
