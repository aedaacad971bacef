"""Runs every benchmark and writes RESULTS.md: `make bench`. It takes about ten minutes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import scale
import startup

HERE = Path(__file__).parent


def machine() -> str:
    """Return the date and the machine's shape, in one line."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    shape = f"{os.cpu_count()} cores, {pages / 2**30:.0f} GiB, {platform.system()} {platform.machine()}"
    return f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {shape}."


def main() -> None:
    subprocess.run([sys.executable, str(HERE / "schedules.py"), *sys.argv[1:]], check=True)
    schedules = (HERE / "schedules.md").read_text(encoding="utf-8")
    parts = [
        "# Results",
        "",
        "Written by `make bench`; every figure comes from a script in this folder. The machine is noisy: medians and",
        "ratios of pairs count, single times do not.",
        "",
        machine(),
        "",
        startup.main(),
        scale.main(),
        schedules,
    ]
    (HERE / "RESULTS.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
