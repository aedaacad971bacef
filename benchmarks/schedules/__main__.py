"""How many requests each polling schedule takes, and how late it sees that a run has ended.

    python benchmarks/schedules [FOLDER]

FOLDER holds CSV files with the columns `source,series,sequence,started_at,duration_s,outcome`. It prints tables and
writes them to benchmarks/schedules.md, and a picture to benchmarks/schedules.svg, unless `--print` is given. Without a
folder it prints the synthetic laws alone. Time is simulated and chance is seeded: same input, same output, but for the
planning times.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent)]

from schedules.report import SAMPLE, report  # noqa: E402 - the path comes first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="a folder of CSV files")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="runs of each series that are played; 0 plays all")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--print", action="store_true", help="write no files")
    arguments = parser.parse_args()
    text, picture = report(arguments.folder, arguments.sample or sys.maxsize, arguments.jobs)
    print(text)
    if arguments.folder and not arguments.print:
        (HERE.parent / "schedules.md").write_text(text, encoding="utf-8")
        if picture:
            (HERE.parent / "schedules.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
