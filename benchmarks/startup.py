"""How long the gate takes for a run that has ended, against ten lines of `requests` that make the same POST.

Whole processes in turn, the same interpreter, the same server on loopback: the ratio of each pair is what counts. The
peers are command-line tools that wait for a hosted test service, from the npm registry; of them it is their
`--version`, the least that they can do, since their servers are not to be had here.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from gate.simulator import Simulator, parse_scenario

PAIRS = 30
TEN_LINES = Path(__file__).with_name("ten_lines.py")
PEERS = {"@datadog/datadog-ci": ["datadog-ci", "version"], "checkly": ["checkly", "--version"]}
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dai-gate-bench"

# A variable that forbids Python to keep its compiled modules would measure the compiler.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
ENVIRONMENT |= {"DAI_TOKEN": "token", "NO_PROXY": "127.0.0.1"}


def seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)
    return time.perf_counter() - begin


def pairs(one: list[str], other: list[str], count: int = PAIRS) -> list[tuple[float, float]]:
    """Return the seconds of both commands, in turn, after a warm-up of two."""
    return [(seconds(one), seconds(other)) for _ in range(count + 2)][2:]


def row(name: str, measured: list[tuple[float, float]]) -> str:
    ours, theirs = zip(*measured, strict=True)
    ratio = statistics.median(a / b for a, b in measured)
    medians = " | ".join(f"{statistics.median(each) * 1000:.0f} ms" for each in (theirs, ours))
    return f"| {name} | {medians} | {ratio:.2f} |"


def peer(package: str, command: list[str]) -> list[str] | None:
    """Install a peer's tool and return the command that shows its version; None where npm is not there."""
    if shutil.which("npm") is None:
        return None
    folder = CACHE / package.replace("/", "-")
    if not (folder / "node_modules").is_dir():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package]
        subprocess.run(install, check=True, capture_output=True)
    return [str(folder / "node_modules" / ".bin" / command[0]), *command[1:]]


def main() -> str:
    """Measure and return the section of the results."""
    scenario = {"runs": [{"id": "ended", "model": "Checkout", "start": "-1m", "duration": "1s"}]}
    with Simulator(parse_scenario(scenario, origin="benchmark")) as server:
        ours = [sys.executable, "-m", "gate", "wait", "--url", server.url, "ended"]
        theirs = [sys.executable, str(TEN_LINES), server.url, "ended"]
        rows = [row("ten lines of requests", pairs(ours, theirs))]
        for package, command in PEERS.items():
            version = peer(package, command)
            rows.append(
                f"| `{' '.join(command)}` | not measured: npm is not there | | |"
                if version is None
                else row(f"`{' '.join(command)}` ({package})", pairs(ours, version, 10))
            )
    return "\n".join(
        [
            "## Start-up",
            "",
            "A whole `dai-gate wait` for a run that has ended, on loopback, against others; medians, and the median of",
            f"the ratios pair by pair ({PAIRS} pairs; 10 for the peers). `benchmarks/startup.py` measures it.",
            "",
            "| against | theirs | ours | ours / theirs |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    print(main())
