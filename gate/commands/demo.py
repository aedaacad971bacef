"""`demo`: a simulated server on a free port, and the real gate against it in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gate
from gate.settings import environment
from gate.simulator import DEMO, Simulator

REPORTS = Path("demo-reports")


def demo(outcome: str) -> int:
    """Run the demonstration and return the gate's own exit code. Its reports are left in `demo-reports`."""
    with Simulator(DEMO[outcome]) as server:
        run = next(run for run in server.runs() if run.started >= 0)
        arguments = [
            "wait",
            *("--url", server.url),
            *("--junit", str(REPORTS / "junit.xml")),
            *("--json", str(REPORTS / "report.json")),
            *("--results-url", "{url}/controller/results/runs/{id}"),
            # A run of six seconds is polled every second or so; a real one lasts minutes and has the default schedule.
            *("--interval", "500ms", "--max-interval", "2s"),
            *(["--timeout", "8s"] if outcome == "timed-out" else []),
            run.id,
        ]
        print(f"$ dai-gate {' '.join(arguments)}", file=sys.stderr, flush=True)  # noqa: T201 - shows what is run
        with subprocess.Popen([*own_command(), *arguments], env=environment.for_demo()) as child:
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:
                    continue  # the gate has had the same Ctrl-C, and ends with its own verdict


def own_command() -> list[str]:
    """Return the words that start this program again, as it was started: installed, from a checkout, or one file.

    `-m gate` would run a folder `gate` of the working directory instead.
    """
    isolation = "-I" if sys.flags.isolated else "-P"
    if archive := getattr(gate.__loader__, "archive", None):
        return [sys.executable, isolation, archive]
    start = "import sys; sys.path.insert(0, sys.argv.pop(1)); import gate.__main__"
    return [sys.executable, isolation, "-c", start, str(Path(gate.__file__).parents[1])]
