"""The commands: parse, build, run, report, exit. The one place that catches errors and exits.

What a command needs is imported when it runs: `--help` and `--version` shall not wait for an HTTP library.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from gate import __version__, settings, signals
from gate.cli.errors import explain
from gate.clock import SystemClock
from gate.commands import start as start_room
from gate.core.verdict import TABLE
from gate.errors import UsageError
from gate.settings.params import Group, RunId, SectionedCommand, Setting


def exit_codes() -> list[str]:
    """Return the table of verdicts and exit codes, as `--help` prints it."""
    rows = (f"  {row.exit_code:>3}  {row.name:<11}  {row.when.replace('`', '')}" for row in TABLE.values())
    return ["Exit codes:", *rows]


def _refuse_secret(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    del ctx
    if value is not None:
        name = param.opts[0].removeprefix("--")
        raise UsageError(
            f"--{name}: a secret on the command line shows in process lists and logs",
            f"Take it off and change it if others could see it; {settings.SECRETS[name]}.",
        )


def _read_settings_file(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    assert isinstance(param, Setting)  # noqa: S101 - for the types
    path, values = settings.read_file(value, origin=param.origin(ctx))
    ctx.meta["settings-file"] = path
    ctx.default_map = values


def configured(*sections: str) -> Callable[[click.Command], click.Command]:
    """Give a command the options of these sections, and the settings file."""

    def add(command: click.Command) -> click.Command:
        command.params += [*settings.options(*sections), *_options_of_all()]
        return command

    return add


@cache
def _options_of_all() -> tuple[click.Option, ...]:
    config = Setting(
        ["--config"],
        section="Other",
        envvar="DAI_CONFIG",
        is_eager=True,
        expose_value=False,
        callback=_read_settings_file,
        metavar="PATH",
        help=f"The settings file.  [default: {settings.DEFAULT_FILE} if there]",
    )
    refused = (
        click.Option([f"--{name}"], hidden=True, expose_value=False, callback=_refuse_secret)
        for name in settings.SECRETS
    )
    return (config, *refused)


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="See `dai-gate COMMAND --help`.",
)
@click.version_option(__version__, prog_name="dai-gate")
def dai_gate() -> None:
    """Make a pipeline wait for an Eggplant DAI test run, and stop when it did not pass."""


@configured(*settings.SECTIONS)
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

    Run ids are arguments, else the lines of DAI_RUN_ID; - stands for those on standard input.

    Every option --foo-bar can also be given as the environment variable DAI_FOO_BAR and as the key foo-bar in the
    settings file. A flag wins over the environment, the environment over the file.
    """
    return _wait_for(settings.load(values, ctx), _read_run_ids(run_ids), _resuming_arguments(ctx))


def _wait_for(chosen: settings.Settings, run_ids: Sequence[str], resuming: Sequence[str]) -> int:
    from gate.commands import wait as trip  # noqa: PLC0415 - see the module's first lines

    prepared = trip.prepare(chosen, run_ids, SystemClock())
    listener = signals.Listener()
    listener.listen()
    return trip.run(prepared, listener, resuming)


@configured(settings.TARGETS, settings.CONNECTION, settings.CREDENTIALS, settings.OUTPUT)
@dai_gate.command(cls=SectionedCommand, example="dai-gate status --model Checkout --limit 5")
@click.argument("run_ids", metavar="[RUN_ID]...", nargs=-1, type=RunId(), envvar="DAI_RUN_ID")
@click.option("--json", "json_path", metavar="PATH", help="Write what is seen as JSON; - is stdout.")
@click.pass_context
def status(ctx: click.Context, /, run_ids: tuple[str, ...], json_path: str | None, **values: Any) -> int:
    """Look once, and print what the server says now.

    The exit code is 0 where all of it could be read, whatever it says.
    """
    from gate.commands.status import show  # noqa: PLC0415 - see the module's first lines

    # The settings file's `json` names the report of a wait, not this one.
    return show(settings.load({**values, "json": json_path}, ctx), _read_run_ids(run_ids), SystemClock())


def _with_parameters(command: click.Command) -> click.Command:
    command.params += [
        Setting(
            [each.option, each.name],
            type=each.kind,
            required=each.required,
            section=start_room.SECTION,
            envvar=None,
            help=each.help,
        )
        for each in start_room.PARAMETERS
    ]
    return command


@configured(
    settings.WATCHING,
    settings.TIMING,
    settings.REPORTS,
    settings.CONNECTION,
    settings.CREDENTIALS,
    settings.OUTPUT,
)
@_with_parameters
@dai_gate.command(
    cls=SectionedCommand,
    example="dai-gate start --model Checkout --group Smoke --wait --junit dai.xml",
    footer=exit_codes(),
)
@click.option("--wait", "waits", is_flag=True, help="Go on as `dai-gate wait`, with its options below.")
@click.pass_context
def start(ctx: click.Context, /, *, waits: bool, **values: Any) -> int:
    """Start a run, and print its id alone on stdout.

    With --wait the id goes to the log, and stdout and exit code are those of `dai-gate wait`.
    """
    chosen = settings.load(values, ctx)
    if waits:
        from gate.commands.wait import check_outputs  # noqa: PLC0415 - see the module's first lines

        check_outputs(chosen)  # before there is a run that nobody waits for
    else:
        _refuse_options_of_a_wait(ctx)
    started = start_room.start(chosen, values, SystemClock())
    if isinstance(started, int):
        return started
    if waits:
        return _wait_for(chosen, [started], _resuming_arguments(ctx, [each.option for each in start_room.PARAMETERS]))
    click.echo(started)
    return 0


def _refuse_options_of_a_wait(ctx: click.Context) -> None:
    """Refuse flags that nobody would heed; the environment and the file may hold them for other commands."""
    for each in settings.options(settings.WATCHING, settings.TIMING, settings.REPORTS):
        if ctx.get_parameter_source(each.name or "") is ParameterSource.COMMANDLINE:
            raise UsageError(
                f"{each.opts[0]} needs --wait", "Add --wait; without it the run is started, and left to itself."
            )


@configured(settings.CONNECTION, settings.CREDENTIALS, settings.OUTPUT)
@dai_gate.command(cls=SectionedCommand, example="dai-gate abort cecaf3f5-c071-46b2-8918-924420e3f954")
@click.argument("run_id", type=RunId(), envvar="DAI_RUN_ID")
@click.pass_context
def abort(ctx: click.Context, /, run_id: str, **values: Any) -> int:
    """Abort a run that is going on.

    A run that belongs to a schedule takes the whole schedule with it.
    """
    from gate.commands.abort import abort_one  # noqa: PLC0415 - see the module's first lines

    return abort_one(settings.load(values, ctx), run_id, SystemClock())


@configured(settings.CONNECTION, settings.CREDENTIALS)
@dai_gate.command(cls=SectionedCommand, example="dai-gate check --url https://dai.example.com:8000")
@click.option("--json", "json_path", metavar="PATH", help="Write what is found as JSON; - is stdout.")
@click.pass_context
def check(ctx: click.Context, /, json_path: str | None, **_: Any) -> int:
    """See whether the gate can work here, and what to change if not.

    Each step has a line: settings and their origins, name, connection, TLS, credentials, clock, and one request that
    changes nothing. The exit code is 0 without a FAIL, 6 where credentials are refused, 5 for any other.
    """
    from gate.commands.check import check as look  # noqa: PLC0415 - see the module's first lines

    settings.complete(ctx)
    return look(settings.load(ctx.params, ctx), SystemClock(), json_path)


def _read_run_ids(run_ids: Sequence[str]) -> tuple[str, ...]:
    """Replace `-` by the ids on standard input, one a line or blank-separated."""
    if "-" not in run_ids:
        return tuple(dict.fromkeys(run_ids))
    read = [RunId().convert(word, None, None) for word in sys.stdin.read().split()]
    if not read:
        raise UsageError("-: standard input holds no run id", "Did the command fail that is piped into dai-gate?")
    return tuple(dict.fromkeys(each for run_id in run_ids for each in (read if run_id == "-" else [run_id])))


def _resuming_arguments(ctx: click.Context, dropped: Sequence[str] = ("--model", "--limit", "--since")) -> list[str]:
    """Return the flags of this command line without what named its runs: secrets are never among them."""
    takes_value = {name for param in ctx.command.params for name in param.opts if not getattr(param, "is_flag", True)}
    kept: list[str] = []
    words = iter(sys.argv[2:])
    for word in words:
        flag = [word, next(words, "")] if word in takes_value else [word]
        if word.startswith("-") and word not in {"-", "--", "--wait"} and word.partition("=")[0] not in dropped:
            kept += flag
    return kept


@dai_gate.command(cls=SectionedCommand, example="dai-gate simulate --port 8000 --scenario scenario.yml")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 is any free one.")
@click.option("--scenario", metavar="FILE", help="Which runs there are, and what goes wrong (YAML).")
def simulate(port: int, scenario: str | None) -> int:
    """Stand in for a DAI server, to try a pipeline.

    No licence is needed. It listens on loopback only. Without a scenario any token is let in, and there is one run of
    six seconds, which passes.
    """
    from gate.commands.simulate import serve  # noqa: PLC0415 - see the module's first lines

    return serve(port, scenario)


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
    from gate.commands.demo import demonstrate  # noqa: PLC0415 - see the module's first lines

    return demonstrate(outcome)


@dai_gate.command(cls=SectionedCommand, example='eval "$(dai-gate completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print what makes a shell complete commands and options."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - for this command only

    maker = get_completion_class(shell)
    assert maker is not None  # noqa: S101 - each choice has one
    click.echo(maker(dai_gate, {}, "dai-gate", "_DAI_GATE_COMPLETE").source())
    return 0


def main() -> NoReturn:
    """Run the command line and end the process with its code."""
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # Not sys.exit: a request that hangs may not hold the process up, and taking down an interpreter that has loaded
    # an HTTP library costs as much as loading it.
    os._exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (default: this process's own) and return its exit code."""
    signals.exit_on_terminate()
    try:
        code = dai_gate.main(arguments, prog_name="dai-gate", standalone_mode=False)
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - the last net, and no pass
        return explain(error)
    return code if isinstance(code, int) else 0
