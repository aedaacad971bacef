"""The attack campaign: hostile workspaces, servers and texts in each build system's environment, made by Hypothesis.

Most run in this process with captured streams, some as processes of their own, whose memory is measured. Prints its
figures, and exits with 1 where a rule of `verdicts` does not hold, with the smallest world that breaks it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # it is run as a script

from attack.runner import attack
from attack.verdicts import LARGEST_MB, broken
from attack.worlds import World, worlds

ATTACKS, SHORT = 4000, 150
SAMPLE = 40  # one of so many runs as a process of its own
PROCESSES = 2


@dataclass
class Figures:
    """What is counted."""

    attacks: int = 0
    as_processes: int = 0
    peak_mb: float = 0.0
    codes: Counter[int] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    smallest: str = ""

    def add(self, other: Figures) -> None:
        self.attacks += other.attacks
        self.as_processes += other.as_processes
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.codes += other.codes
        self.broken += other.broken
        self.smallest = self.smallest or other.smallest


def share(number: int, attacks: int, *, shrink: bool = False) -> Figures:
    """Run a share of the campaign in this process."""
    os.environ.pop("PYTHONPATH", None)
    figures = Figures()

    @seed(number)
    @settings(
        max_examples=attacks,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        print_blob=False,
    )
    @given(worlds())
    def attack_all(world: World) -> None:
        as_process = figures.attacks % SAMPLE == 0
        figures.attacks += 1
        figures.as_processes += as_process
        ended = attack(world, as_process=as_process)
        figures.codes[ended.code] += 1
        figures.peak_mb = max(figures.peak_mb, ended.peak_mb)
        found = broken(world, ended)
        figures.broken.update(each[:300] for each in found)
        if found and (shrink or not figures.smallest):
            figures.smallest = f"{world}\n{ended.err[-3000:]}"
        assert not (shrink and found), found

    try:
        attack_all()
    except AssertionError:
        figures.broken["(shrunk)"] += 1
    return figures


def sentence(figures: Figures, seed: int) -> str:
    """Return the figures as README holds them."""
    return (
        f"`make attack`: {figures.attacks:,} attacks by hostile workspaces and servers, in each build "
        f"system's environment. Rules broken: {sum(figures.broken.values())}; peak memory: {figures.peak_mb:.0f} MB "
        f"({datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, seed {seed})."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help=f"{SHORT} attacks instead of {ATTACKS}")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6), help="default: a new one")
    parser.add_argument("--attacks", type=int, help="how many")
    parser.add_argument("--shrink", action="store_true", help="stop at the first that breaks a rule, and make it small")
    parser.add_argument("--figures", type=Path, help="write the figures there as a sentence of Markdown")
    chosen = parser.parse_args()
    attacks = chosen.attacks or (SHORT if chosen.short else ATTACKS)
    began = time.monotonic()
    figures = Figures()
    with ProcessPoolExecutor(PROCESSES) as pool:
        each = attacks // PROCESSES
        done = [pool.submit(share, chosen.seed + number, each, shrink=chosen.shrink) for number in range(PROCESSES)]
        for one in done:
            figures.add(one.result())
    printed = [
        f"{figures.attacks} attacks, {figures.as_processes} of them on processes of their own",
        f"exit codes: {', '.join(f'{code}: {count}' for code, count in sorted(figures.codes.items()))}",
        f"peak memory: {figures.peak_mb:.0f} MB of {LARGEST_MB} MB",
        f"rules broken: {sum(figures.broken.values())}",
        *(f"{count} times {words}" for words, count in figures.broken.most_common(40)),
        figures.smallest,
        f"{time.monotonic() - began:.0f}s; the same again: --attacks {attacks} --seed {chosen.seed}",
    ]
    sys.stdout.write("\n".join(printed) + "\n")
    if chosen.figures:
        chosen.figures.write_text(sentence(figures, chosen.seed) + "\n", encoding="utf-8")
    return 1 if figures.broken or figures.attacks < attacks - PROCESSES else 0


if __name__ == "__main__":
    sys.exit(main())
