"""How many requests each polling schedule takes, and how late it finds that a run has ended.

    .venv/bin/python benchmarks/schedules [FOLDER]

FOLDER holds CSV files with the columns `source,series,started_at,duration_s,outcome`, in any order and with others
among them: a start in ISO 8601, a duration in seconds, and `failed` for a run that failed. Other files and rows that
cannot be used are left out, and named on standard error. Without a folder it plays the synthetic laws alone. Time is
simulated and chance is seeded: same input, same output, but for the planning times. 18,000 runs take six minutes on
two cores.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from schedules.half import SAMPLE  # noqa: E402 - the path comes first
from schedules.report import report  # noqa: E402 - as above
from schedules.runs import load  # noqa: E402 - as above


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="a folder of CSV files")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="runs of each series that are played; 0 plays all")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--write", action="store_true", help="also write schedules.md and schedules.svg next to it")
    arguments = parser.parse_args()
    series, left_out = load(arguments.folder) if arguments.folder else ([], [])
    for line in left_out:
        print(f"left out: {line}", file=sys.stderr)
    if arguments.folder and not series:
        parser.error(f"{arguments.folder}: no CSV file with runs")
    text, picture = report(series, arguments.sample or sys.maxsize, arguments.jobs)
    print(text)
    if arguments.write:
        (HERE.parent / "schedules.md").write_text(text, encoding="utf-8")
        if picture:
            (HERE.parent / "schedules.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
