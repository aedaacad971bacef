"""Runs benchmarks and puts their sections together in RESULTS.md: `make bench`.

    python benchmarks/run.py [startup] [scale] [schedules]

Without a name it runs the first two. Of those that are not run the last figures stand, each with its own date.
`schedules` needs traces: `make bench TRACES=FOLDER` plays schedules on them, this puts the last figures in.
"""

from __future__ import annotations

import sys
from pathlib import Path

import scale
import startup
from machine import machine

HERE = Path(__file__).parent
SECTIONS = ("startup", "scale", "schedules")
HEAD = """# Results

Written by `make bench`; every figure comes from a script in this folder. The machine is noisy: medians and ratios of
pairs count, single times do not.
"""


def measure(name: str) -> None:
    """Run one benchmark and write its section."""
    title, rest = {"startup": startup, "scale": scale}[name].main().split("\n", 1)
    (HERE / f"{name}.md").write_text(f"{title}\n\n{machine()}\n{rest}", encoding="utf-8")


def main() -> None:
    for name in sys.argv[1:] or SECTIONS:
        if name != "schedules":
            measure(name)
    sections = [(HERE / f"{name}.md").read_text(encoding="utf-8") for name in SECTIONS]
    (HERE / "RESULTS.md").write_text("\n".join([HEAD, *sections]), encoding="utf-8")


if __name__ == "__main__":
    main()
