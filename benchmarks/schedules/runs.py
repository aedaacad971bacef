"""The runs that are played: traces of real ones, and synthetic laws."""

from __future__ import annotations

import csv
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from gate.core.forecast import MOST_RUNS


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
        return zlib.crc32(self.name.encode()) % 2 == 0

    def sample(self, size: int) -> tuple[Run, ...]:
        """Return so many runs, the middle one of each of as many equal parts; all if there are no more."""
        if size >= len(self.runs):
            return self.runs
        return tuple(self.runs[(2 * i + 1) * len(self.runs) // (2 * size)] for i in range(size))


def load(folder: Path) -> list[Series]:
    """Read every CSV file of the folder."""
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
    half, runs = median(duration for _, duration, _ in rows) / 2, []
    for i, (started, duration, failed) in enumerate(rows):
        ended = [took for begun, took, _ in reversed(rows[:i]) if begun + took <= started]
        runs.append(Run(i, duration, failed and duration < half, tuple(ended[:MOST_RUNS])))
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
