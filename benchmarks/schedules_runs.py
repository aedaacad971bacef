"""The runs that the benchmark of polling schedules replays: real traces where they are at hand, and synthetic laws."""

from __future__ import annotations

import csv
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

# The most that any schedule learns from.
LONGEST_HISTORY = 30

SOURCES = """\
* `travistorrent`: Travis CI builds, by CESEL/BatchBuilderResearch @ 0a1e3ee, `RQ3/data/extracted_project_travis`
* `lrts_jenkins`: Jenkins builds of Apache projects, by lrtsuser/LRTS @ d1310e7, `artifact/evaluation/ml_data`
* `julia_buildkite`: Buildkite jobs of Julia, by IanButterworth/julia-ci-timing @ 9d27134, `data/timing_summary.json`
* `hyades_e2e`: Dependency-Track's nightly tests, by DependencyTrack/hyades-e2e @ 6f3dfe0, branch `allure-report`
"""


@dataclass(frozen=True)
class Run:
    """One run, and how many seconds those took that had ended when it started, the newest first."""

    duration_s: float
    failed: bool
    earlier_s: tuple[float, ...]


@dataclass(frozen=True)
class Series:
    """The runs of one job, in order of their start."""

    name: str
    runs: tuple[Run, ...]

    @property
    def is_for_choosing(self) -> bool:
        """Tell whether parameters were chosen on this series; the others only check the choice."""
        return zlib.crc32(self.name.encode()) % 2 == 0

    @property
    def median_s(self) -> float:
        return median(run.duration_s for run in self.runs)

    def failed_early(self) -> tuple[Run, ...]:
        """Return the runs that failed before half the median."""
        return tuple(run for run in self.runs if run.failed and run.duration_s < self.median_s / 2)

    def sample(self, size: int) -> tuple[Run, ...]:
        """Return so many runs, the middle one of each of as many equal parts; all of them for 0.

        Not the ends: a sample with every series' first run in it would have too many without a history.
        """
        if not size or size >= len(self.runs):
            return self.runs
        return tuple(self.runs[(2 * i + 1) * len(self.runs) // (2 * size)] for i in range(size))


def load_traces(folder: Path) -> list[Series]:
    """Read every CSV file of the folder: source, series, sequence, started_at, duration_s, outcome."""
    rows: dict[str, list[tuple[float, float, bool]]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                started = datetime.fromisoformat(row["started_at"]).timestamp()
                run = (started, float(row["duration_s"]), row["outcome"] == "failed")
                rows.setdefault(f"{row['source']}/{row['series']}", []).append(run)
    return [_replay(name, sorted(rows[name], key=lambda run: run[0])) for name in sorted(rows)]


def _replay(name: str, rows: list[tuple[float, float, bool]]) -> Series:
    """Give each run its history: runs overlap, so that the one before has often not ended yet."""
    runs = []
    for i, (started, duration, failed) in enumerate(rows):
        ended = [took for begun, took, _ in reversed(rows[:i]) if begun + took <= started]
        runs.append(Run(duration, failed, tuple(ended[:LONGEST_HISTORY])))
    return Series(name, tuple(runs))


def synthetic(runs_of_each: int = 150, seed: int = 1) -> list[Series]:
    """Draw runs from laws whose names say what they are; the same for the same seed."""
    chance = random.Random(seed)
    laws: dict[str, Callable[[int], float]] = {
        "narrow: log-normal, 10 min, 5 %": lambda _: chance.lognormvariate(6.4, 0.05),
        "wide: log-normal, 10 min, 50 %": lambda _: chance.lognormvariate(6.4, 0.5),
        "memoryless: exponential, 5 min": lambda _: chance.expovariate(1 / 300),
        "two paths: 1 min or 15 min": lambda _: chance.lognormvariate(*chance.choice([(4.1, 0.1), (6.8, 0.1)])),
        "early failures: 15 % before half": lambda _: (
            chance.uniform(5, 300) if chance.random() < 0.15 else chance.lognormvariate(6.4, 0.1)
        ),
        "drift: 1 % longer each run": lambda i: 300 * 1.01**i * chance.lognormvariate(0, 0.05),
        "short: log-normal, 20 s, 10 %": lambda _: chance.lognormvariate(3.0, 0.1),
    }
    return [_one_by_one(f"synthetic/{name}", [law(i) for i in range(runs_of_each)]) for name, law in laws.items()]


def _one_by_one(name: str, durations: list[float]) -> Series:
    starts = [0.0]
    for duration in durations:
        starts.append(starts[-1] + duration)
    half = median(durations) / 2
    return _replay(name, [(start, d, d < half) for start, d in zip(starts[:-1], durations, strict=True)])
