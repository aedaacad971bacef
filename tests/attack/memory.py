"""The peak of memory of waits whose every poll gets the largest answer allowed, in the shapes that cost the most."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # it is run as a script

from attack.runner import MEASURED
from attack.texts import TOKEN
from attack.worlds import REPORTS, RUN
from gate.simulator import Simulator, parse_scenario

LARGEST = 8 * 2**20 - 4096  # bytes, a little below the limit of one answer
LIMIT_MB = 150

RUNNING = {"id": RUN, "modelname": "Checkout", "status": "Running"}


def filled(before: str, part: str, after: str) -> str:
    """Return a body as large as allowed that repeats `part`, separated by commas."""
    times = (LARGEST - len(before) - len(after)) // (len(part) + 1)
    return before + ",".join([part] * times) + after


def faults() -> dict[str, list[dict[str, Any]]]:
    """Return what befalls every poll, by name."""
    run = json.dumps(RUNNING)
    keys = ", ".join(f'"{number}": 0' for number in range(LARGEST // 16))
    bodies = {
        "lists": filled("[", "[]", "]"),
        "objects": filled("[", "{}", "]"),
        "runs": filled("[", run, "]"),
        "keys": f"[{run[:-1]}, {keys}}}]",
        "numbers": filled("[", "1e9", "]"),
    }
    texts = ("status", "modelname", "agentname", "id", "starttime")
    found: dict[str, list[dict[str, Any]]] = {}
    found |= {name: [{"kind": "raw", "body": body}] for name, body in bodies.items()}
    found |= {f"long {name}": [{"kind": "long-text", "field": name, "size": LARGEST - 1000}] for name in texts}
    found["blanks"] = [{"kind": "huge", "size": LARGEST - 1000}]
    found["long errors"] = [{"kind": "raw", "status": 503, "body": json.dumps({"message": "x" * (LARGEST - 100)})}]
    found["long page"] = [{"kind": "raw", "status": 502, "content_type": "text/html", "body": "<p>" * (LARGEST // 3)}]
    token: dict[str, Any] = {
        "path": "/auth*",
        "kind": "raw",
        "body": json.dumps({"access_token": "x" * (LARGEST - 100)}),
    }
    found["long token"] = [token, {"status": 401}]
    return found


def peak_mb(name: str, seconds: float, arguments: tuple[str, ...] = (RUN,)) -> float:
    """Return the largest resident memory of one wait, in MB, with every report."""
    scenario = {"runs": [{"model": "Checkout", "id": RUN, "duration": "never"}], "faults": faults()[name]}
    login = {"DAI_CLIENT_ID": "ci", "DAI_CLIENT_SECRET": TOKEN} if name == "long token" else {"DAI_TOKEN": TOKEN}
    with tempfile.TemporaryDirectory() as folder, Simulator(parse_scenario(scenario, origin="test")) as server:
        measured = Path(folder) / "measured"
        reports = [word for option, path in REPORTS.items() for word in (f"--{option}", path)]
        length = f"{seconds}s"
        pace = ["--interval", "100ms", "--max-interval", "200ms", "--timeout", length, "--contact-timeout", length]
        gate = [sys.executable, "-I", "-m", "gate", "wait", "--url", server.url, "--not-found-grace", length]
        subprocess.run(
            [sys.executable, "-I", "-c", MEASURED, str(measured), *gate, *pace, *reports, *arguments],
            cwd=folder,
            env=login,
            capture_output=True,
            timeout=60 + 2 * seconds,
            check=True,
        )
        _, peak_kb = json.loads(measured.read_text())
        return float(peak_kb) / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="the length of each wait")
    parser.add_argument("--figures", type=Path, help="write the largest peak there as a sentence of Markdown")
    parser.add_argument("names", nargs="*", default=list(faults()))
    chosen = parser.parse_args()
    with ThreadPoolExecutor(2) as pool:
        peaks = dict(zip(chosen.names, pool.map(lambda name: peak_mb(name, chosen.seconds), chosen.names), strict=True))
    for name, peak in sorted(peaks.items(), key=lambda each: -each[1]):
        sys.stdout.write(f"{peak:6.0f} MB  {name}{'  TOO MUCH' if peak > LIMIT_MB else ''}\n")
    if chosen.figures:
        chosen.figures.write_text(
            f"The largest answers that are allowed, at each poll of a wait of {chosen.seconds:.0f} s, in {len(peaks)} "
            f"shapes: peak memory at most {max(peaks.values()):.0f} MB ({datetime.now(UTC):%Y-%m-%d}).\n",
            encoding="utf-8",
        )
    return int(max(peaks.values()) > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
