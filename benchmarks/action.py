"""How long the action takes from the beginning of its step to the first request, as `act` runs it.

    python benchmarks/action.py [FOLDER]...

Each FOLDER is a checkout, with the one file beside action.yml or without; the default is this one. The clock starts
with the last thing that the step before does. `act` comes from where the end-to-end tests install it.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from gate.simulator import Simulator, parse_scenario

TIMES = 20
ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dai-gate-e2e" / "pipelines"
WORKFLOW = """\
on: push
permissions: {}
jobs:
  measured:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: python3 -c 'import time; print("begin", time.time())' > "$OUT"
      - uses: ./
        with: {run-id: ended, url: "${{ vars.URL }}", token: token}
"""


def seconds(folder: Path) -> float:
    """Return how long one job takes from the step's beginning to its first request."""
    scenario = {"runs": [{"id": "ended", "model": "Checkout", "start": "-1m", "duration": "1s"}]}
    first: list[float] = []
    with Simulator(parse_scenario(scenario, origin="benchmark")) as server, tempfile.TemporaryDirectory() as name:
        here = Path(name)
        (here / "act").mkdir()
        (here / "act" / "actrc").touch()
        (here / "workflow.yml").write_text(WORKFLOW, encoding="utf-8")

        def listen() -> None:
            while not server.requests:
                time.sleep(0.001)
            first.append(time.time())

        threading.Thread(target=listen, daemon=True).start()
        command: list[str | Path] = [CACHE / "venv" / "bin" / "act", "push", "--directory", folder]
        command += ["--workflows", here / "workflow.yml"]
        command += ["--platform=ubuntu-latest=-self-hosted", "--no-cache-server", "--action-offline-mode"]
        command += [f"--var=URL={server.url}", f"--env=OUT={here / 'begin'}", f"--action-cache-path={here / 'cache'}"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GITHUB_"))}
        environment |= {"XDG_CONFIG_HOME": str(here), "NO_PROXY": "127.0.0.1"}
        subprocess.run(command, env=environment, check=True, capture_output=True)
        begin = re.search(r"begin ([\d.]+)", (here / "begin").read_text("utf-8"))
        assert begin is not None
        return first[0] - float(begin[1])


def main(folders: list[str]) -> None:
    """Measure each folder in turn, and print medians and extremes."""
    measured: dict[str, list[float]] = {folder: [] for folder in folders}
    for _ in range(TIMES):
        for folder, times in measured.items():
            times.append(seconds(Path(folder)))
    for folder, times in measured.items():
        print(
            f"{folder}: median {statistics.median(times):.2f} s, {min(times):.2f} to {max(times):.2f} s, {TIMES} times"
        )


if __name__ == "__main__":
    if shutil.which("git") is None:
        sys.exit("git is needed")
    main(sys.argv[1:] or [str(ROOT)])
