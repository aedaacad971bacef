"""The commands as they are typed: parse, call one function of `gate.commands`, return its code.

What a command needs is imported when it runs: `--help` must not wait for an HTTP library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from gate.cli.errors import Stderr
from gate.cli.options import SectionedCommand, SectionedOption
from gate.cli.types import Value
from gate.clock import SystemClock
from gate.core.verdict import TABLE
from gate.errors import UsageError
from gate.settings import environment
from gate.settings.kinds import PATH, TEXT, whole_number
from gate.settings.load import Settings, load
from gate.settings.sections import REACHING, SECTIONS, WATCHING

STATUS_SECTIONS = ("targets", *REACHING)
START_SECTIONS = (*WATCHING, *REACHING)


def exit_codes() -> tuple[str, list[tuple[str, str]]]:
    """Return the table of verdicts and exit codes with its title, as `--help` prints it."""
    rows = [(f"{row.exit_code:>3}  {row.name}", row.when.replace("`", "")) for row in TABLE.values()]
    return "Exit codes", rows


def _load(ctx: click.Context, values: dict[str, Any], sections: Sequence[str]) -> Settings:
    """Return the settings of a command, and let errors be written in the format that they name."""
    return load(values, environment.current(), sections=sections, known=ctx.ensure_object(Stderr).use)


_run_ids = click.argument("run_ids", metavar="[RUN_ID]...", nargs=-1, type=Value(TEXT))
_own_json = click.option("--json", "json_path", type=Value(PATH), help="Write the result as JSON; - is stdout.")


@click.command(
    cls=SectionedCommand,
    sections=tuple(SECTIONS),
    short_help="Wait until every run has ended, then report and exit.",
    example="DAI_TOKEN=... dai-gate wait --url https://dai.example.com:8000 --junit dai.xml RUN_ID",
    footer=exit_codes(),
)
@_run_ids
@click.pass_context
def wait(ctx: click.Context, /, run_ids: tuple[str, ...], **values: Any) -> int:
    """Wait until every run has ended, then report and exit.

    Run ids are arguments, else those in DAI_RUN_ID; - reads them from standard input.

    Every option --foo-bar can also be given as the environment variable DAI_FOO_BAR and as the key foo-bar in the
    settings file that --config names. A flag wins over the environment, the environment over the file.
    """
    settings = _load(ctx, values, tuple(SECTIONS))
    from gate.commands.wait import wait as run_wait  # noqa: PLC0415 - see the module's first lines

    return run_wait(settings, run_ids, SystemClock())


@click.command(cls=SectionedCommand, sections=STATUS_SECTIONS, example="dai-gate status --model Checkout --limit 5")
@_run_ids
@_own_json
@click.pass_context
def status(ctx: click.Context, /, run_ids: tuple[str, ...], json_path: str | None, **values: Any) -> int:
    """Poll once, and print the current status.

    The exit code is 0 if the status of every run could be read, whatever it is.
    """
    settings = _load(ctx, values, STATUS_SECTIONS)
    from gate.commands.status import status as run_status  # noqa: PLC0415 - see the module's first lines

    return run_status(settings, run_ids, json_path, SystemClock())


def _parameters() -> list[click.Parameter]:
    from gate.commands.parameters import PARAMETERS  # noqa: PLC0415 - for this command only

    return [
        SectionedOption(
            [each.flag, each.name],
            type=Value(each.kind),
            section="The run",
            required=each.required,
            help=each.help,
        )
        for each in PARAMETERS
    ]


@click.command(
    cls=SectionedCommand,
    sections=START_SECTIONS,
    others=_parameters,
    example="dai-gate start --model Checkout --group Smoke --wait --junit dai.xml",
    footer=exit_codes(),
    refused={"api"},
)
@click.option("--wait", "waits", is_flag=True, help="Continue as `dai-gate wait`, with its options below.")
@click.option(
    "--retry-incomplete",
    "retries",
    type=Value(whole_number(0, 100)),
    metavar="N",
    help="With --wait, start a run that ends Incomplete again, at most this many times.",
)
@click.pass_context
def start(ctx: click.Context, /, *, waits: bool, retries: str | None, **values: Any) -> int:
    """Start a run, and print only its id on stdout.

    With --wait the id goes to the log, and stdout and exit code are those of `dai-gate wait`. Without it, --json writes
    what the server answered, and other options of a wait are refused.
    """
    from gate.commands.parameters import PARAMETERS  # noqa: PLC0415 - for this command only

    parameters = {each.name: text for each in PARAMETERS if (text := values.pop(each.name)) is not None}
    settings = _load(ctx, values, START_SECTIONS)
    from gate.commands.start import start as run_start  # noqa: PLC0415 - see the module's first lines

    return run_start(settings, parameters, SystemClock(), waits=waits, retries=_retries(retries, waits=waits))


def _retries(text: str | None, *, waits: bool) -> int:
    if text is None:
        return 0
    if not waits:
        raise UsageError("--retry-incomplete needs --wait", "Add --wait; without it nobody sees how the run ends.")
    try:
        return int(whole_number(0, 100).read(text.strip()))
    except ValueError as error:
        raise UsageError(f"--retry-incomplete: {error}", "Give how many times, such as 2.") from error


@click.command(
    cls=SectionedCommand,
    sections=REACHING,
    refused={"api"},
    example="dai-gate abort cecaf3f5-c071-46b2-8918-924420e3f954",
)
@click.argument("run_id", metavar="[RUN_ID]", required=False, type=Value(TEXT))
@click.pass_context
def abort(ctx: click.Context, /, run_id: str | None, **values: Any) -> int:
    """Abort a run.

    Aborting a run that belongs to a schedule aborts the whole schedule.
    """
    settings = _load(ctx, values, REACHING)
    from gate.commands.abort import abort as run_abort  # noqa: PLC0415 - see the module's first lines

    return run_abort(settings, run_id, SystemClock())


@click.command(
    cls=SectionedCommand,
    sections=REACHING,
    example="dai-gate check --url https://dai.example.com:8000",
)
@click.argument("run_id", metavar="[RUN_ID]", required=False, type=Value(TEXT))
@_own_json
@click.pass_context
def check(ctx: click.Context, /, run_id: str | None, json_path: str | None, **values: Any) -> int:
    """Check settings and connection, and print what to fix.

    Each step has a line: settings and their origins, name, connection, TLS, credentials, clock, one request that
    changes nothing, and which generations of the API answer. With a run id (else that of DAI_RUN_ID) it also shows how
    each field of the answer about that run was read. The exit code is 0 without a FAIL, 6 if credentials are refused, 5
    for any other FAIL.
    """
    settings = _load(ctx, values, tuple(SECTIONS))
    from gate.commands.check import check as run_check  # noqa: PLC0415 - see the module's first lines

    return run_check(settings, run_id, json_path, SystemClock())


@click.command(cls=SectionedCommand, example="dai-gate simulate --port 8000 --scenario scenario.yml")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 picks a free one.",
)
@click.option("--scenario", type=Value(PATH), metavar="FILE", help="A YAML file of runs and faults.")
def simulate(port: int, scenario: str | None) -> int:
    """Stand in for a DAI server, to try a pipeline.

    No license is needed. It listens on loopback only. Without a scenario any token is accepted, and there is one run of
    six seconds, which passes.
    """
    from gate.commands.simulate import simulate as run_simulate  # noqa: PLC0415 - see the module's first lines

    return run_simulate(port, scenario)


@click.command(cls=SectionedCommand, example="dai-gate demo --outcome failed")
@click.option(
    "--outcome",
    type=click.Choice(["passed", "failed", "incomplete", "timed-out"]),
    default="passed",
    show_default=True,
    help="How the run ends.",
)
def demo(outcome: str) -> int:
    """Run the real gate against a simulated server.

    It takes about ten seconds, leaves its reports in the folder demo-reports, and exits with the gate's own code.
    """
    from gate.commands.demo import demo as run_demo  # noqa: PLC0415 - see the module's first lines

    return run_demo(outcome)


@click.command(cls=SectionedCommand, example='eval "$(dai-gate completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> int:
    """Print the completion script for a shell."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - for this command only

    maker = get_completion_class(shell)
    assert maker is not None  # noqa: S101 - each choice has one
    click.echo(maker(ctx.find_root().command, {}, "dai-gate", "_DAI_GATE_COMPLETE").source())
    return 0


COMMANDS = {str(each.name): each for each in (wait, status, start, abort, check, simulate, demo, completion)}
