"""The runs that are played: traces of real ones, and synthetic laws."""

from __future__ import annotations

import csv
import math
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from statistics import median

from gate.core.forecast import MOST_RUNS

# Where the series come from of which one half chose the constants.
SOURCES = {
    "travistorrent": "Travis CI builds, by CESEL/BatchBuilderResearch @ 0a1e3ee, `RQ3/data/extracted_project_travis`",
    "lrts_jenkins": "Jenkins builds of Apache projects, by lrtsuser/LRTS @ d1310e7, `artifact/evaluation/ml_data`",
    "julia_buildkite": "Buildkite jobs of Julia, IanButterworth/julia-ci-timing @ 9d27134, `data/timing_summary.json`",
    "hyades_e2e": "Dependency-Track's nightly tests, by DependencyTrack/hyades-e2e @ 6f3dfe0, branch `allure-report`",
}

COLUMNS = frozenset({"source", "series", "started_at", "duration_s", "outcome"})


@dataclass(frozen=True)
class Run:
    """One run, and how many seconds those took that had ended when it started, the newest first."""

    number: int
    duration_s: float
    is_early_failure: bool
    earlier_s: tuple[float, ...]


@dataclass(frozen=True)
class Series:
    """The runs of one job, in order of their start. The name begins with the source."""

    name: str
    runs: tuple[Run, ...]

    @property
    def source(self) -> str:
        return self.name.partition("/")[0]

    @property
    def is_training(self) -> bool:
        """Return whether constants were chosen on this series; the others only check the choice."""
        return self.source in SOURCES and zlib.crc32(self.name.encode()) % 2 == 0

    def sample(self, size: int) -> tuple[Run, ...]:
        """Return so many runs, the middle one of each of as many equal parts; all if there are no more."""
        if size >= len(self.runs):
            return self.runs
        return tuple(self.runs[(2 * i + 1) * len(self.runs) // (2 * size)] for i in range(size))


def load(folder: Path) -> tuple[list[Series], list[str]]:
    """Return the series of all CSV files of the folder, and what was left out of them, a line for each file."""
    rows: dict[str, list[tuple[float, float, bool]]] = {}
    left_out = []
    for path in sorted(folder.glob("*.csv")):
        unusable = 0
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            if missing := COLUMNS - set(reader.fieldnames or ()):
                left_out.append(f"{path.name}: no column {', '.join(sorted(missing))}")
                continue
            for row in reader:
                run = _read(row)
                unusable += run is None and any(row.values())
                if run is not None:
                    rows.setdefault(f"{row['source']}/{row['series']}", []).append(run)
        if unusable:
            left_out.append(f"{path.name}: {unusable} rows without a start or a positive duration")
    return [_replay(name, sorted(rows[name], key=lambda run: run[0])) for name in sorted(rows)], left_out


def _read(row: dict[str, str]) -> tuple[float, float, bool] | None:
    """Return when a run started, how many seconds it took, and whether it failed; None if that is not to be had."""
    try:
        started, duration = datetime.fromisoformat(row["started_at"].strip()).timestamp(), float(row["duration_s"])
    except (AttributeError, TypeError, ValueError):  # cells that are missing are None
        return None
    failed = (row["outcome"] or "").strip().lower() == "failed"
    return (started, duration, failed) if 0 < duration < math.inf else None


def _replay(name: str, rows: list[tuple[float, float, bool]]) -> Series:
    """Give each run its history: runs overlap, so that the one before has often not ended yet."""
    half, runs = median(duration for _, duration, _ in rows) / 2, []
    for i, (started, duration, failed) in enumerate(rows):
        earlier = (rows[j] for j in range(i - 1, -1, -1))
        ended = (took for begun, took, _ in earlier if begun + took <= started)
        runs.append(Run(i, duration, failed and duration < half, tuple(islice(ended, MOST_RUNS))))
    return Series(name, tuple(runs))


def synthetic(count: int = 300, seed: int = 1) -> list[Series]:
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
        "drift: 0.5 % longer each run": lambda i: 300 * 1.005**i * chance.lognormvariate(0, 0.05),
        "jump: 10 min, from the middle on 20": lambda i: (1 + (2 * i > count)) * 600 * chance.lognormvariate(0, 0.1),
        "short: log-normal, 20 s, 10 %": lambda _: chance.lognormvariate(3.0, 0.1),
    }
    return [_one_by_one(f"synthetic/{name}", [law(i) for i in range(count)]) for name, law in laws.items()]


def _one_by_one(name: str, durations: list[float]) -> Series:
    starts = [0.0]
    for duration in durations:
        starts.append(starts[-1] + duration)
    half = median(durations) / 2
    return _replay(name, [(start, d, d < half) for start, d in zip(starts[:-1], durations, strict=True)])
