"""`simulate`: stand in for a DAI server until it is stopped."""

from __future__ import annotations

import contextlib
import os
import sys

import click

from gate.reports.text import one_line
from gate.simulator import DEMO, Simulator, load_scenario


def simulate(port: int, scenario: str | None) -> int:
    """Serve a scenario file, or one run that passes, on a port (0: any free one) until interrupted.

    Raises UsageError for a scenario that cannot be read, or a port that is taken.
    """

    def log(line: str) -> None:
        """Write past the stream's buffer: its lock would be held as long as nobody reads a pipe."""
        with contextlib.suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), f"{one_line(line)}\n".encode(errors="backslashreplace"))

    with Simulator(load_scenario(scenario) if scenario is not None else DEMO["passed"], port=port, log=log) as server:
        click.echo(f"a simulated DAI server is at {server.url}; stop it with Ctrl-C", err=True)
        for each in server.runs()[:20]:
            cells = (one_line(each.model), one_line(each.id), one_line(each.status or "to come"))
            click.echo(f"  {'  '.join(cells)}", err=True)
        if not server.runs():
            click.echo("  it has no runs: name some in the scenario, or start one with `dai-gate start`", err=True)
        server.serve_forever()
    return 0
