"""What many runs cost: requests a tick, CPU, memory, and how soon the gate is done after the last run has ended.

One process of the gate against a simulated server in another, on loopback; the models are pinned with `--model`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

LAST_END_S = 12
SIZES = [(1, 1), (1, 100), (1, 1000), (10, 100), (100, 100)]


def scenario(models: int, runs: int) -> str:
    """Return runs that end between the 4th and the 12th second, nine in ten of them passed."""
    many = {"models": models, "runs": runs, "duration": ["4s", f"{LAST_END_S}s"], "seed": 1}
    outcome = {"Passed": 0.9, "Failed": 0.1} if models * runs > 1 else {"Passed": 1.0}
    return json.dumps({"starts_at": "first-request", "many": {**many, "outcome": outcome}})


def measure(models: int, runs: int, folder: Path) -> dict[str, float]:
    """Return the figures of one wait; raises where a verdict is wrong."""
    path = folder / "scenario.yml"
    path.write_text(scenario(models, runs))
    environment = {**os.environ, "DAI_TOKEN": "token", "NO_PROXY": "127.0.0.1"}
    server = subprocess.Popen(
        [sys.executable, "-m", "gate", "simulate", "--port", "0", "--scenario", str(path)],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert server.stderr is not None
        url = re.search(r"at (http\S+);", server.stderr.readline())[1]  # type: ignore[index]  # or it did not start
        # It logs each request: a pipe that nobody reads would fill, and stop it.
        threading.Thread(target=server.stderr.read, daemon=True).start()
        names = [each for number in range(models) for each in ("--model", f"model-{number + 1:03}")]
        report = folder / "report.json"
        pace = ["--interval", "1s", "--max-interval", "1s", "--limit", str(runs), "--json", str(report)]
        begin = time.monotonic()
        gate = subprocess.Popen(
            [sys.executable, "-m", "gate", "wait", "--url", url, "-q", *pace, *names],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        _, _, used = os.wait4(gate.pid, 0)
        wall = time.monotonic() - begin
    finally:
        server.terminate()
        server.communicate(timeout=30)
    said = json.loads(report.read_text(encoding="utf-8"))
    wrong = [run for run in said["runs"] if run["verdict"] != {"Passed": "passed", "Failed": "failed"}[run["status"]]]
    assert len(said["runs"]) == models * runs
    assert not wrong
    ticks = said["elapsed_s"] / 1.0
    return {
        "requests": said["requests"],
        "per_tick": said["requests"] / ticks / models,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
        "after": wall - max(run["duration_s"] for run in said["runs"]),
    }


def main() -> str:
    """Measure and return the section of the results."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for models, runs in SIZES:
            got = measure(models, runs, Path(folder))
            rows.append(
                f"| {models * runs:,} | {models} | {got['requests']:.0f} | {got['per_tick']:.2f} | {got['cpu']:.1f} s "
                f"| {got['memory']:.0f} MiB | {got['after']:.1f} s |"
            )
    return "\n".join(
        [
            "## Scale",
            "",
            f"Runs that end within {LAST_END_S} s, polled every second; every verdict was checked.",
            "`benchmarks/scale.py` measures it. The last column counts from the server's end of the last run.",
            "",
            "| runs | models | requests | a model and tick | CPU | peak memory | exit after the last end |",
            "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    print(main())
