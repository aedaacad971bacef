"""Polling schedules on simulated time: how many requests they take, and how late they tell that a run has ended.

    python -m pip install numpy
    python benchmarks/schedules.py [--traces FOLDER] [--sample RUNS_OF_EACH_SERIES]

Prints tables and writes schedules.md and schedules.svg beside itself. The traces are other people's and not part of
the project (their sources are named in schedules.md); without them it runs on synthetic laws alone. Same input, same
output: chance is seeded, and time is simulated. numpy is needed for the optimum.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from schedules_bench import Bench, Result  # noqa: E402 - the path comes first
from schedules_picture import Axes, Curve, Point, draw  # noqa: E402
from schedules_play import (  # noqa: E402
    PRICE_S,
    Contender,
    blind,
    doubling,
    exponential,
    fixed,
    learned,
)
from schedules_runs import SOURCES, load_traces, synthetic  # noqa: E402

from gate.core.forecast import LOOK_COST_S  # noqa: E402

TRACES = HERE.parent.parent / "shared" / "data" / "traces"

REPEAT = """\
To repeat: `python -m pip install numpy`, then `python benchmarks/schedules.py --traces FOLDER`, the folder holding CSV
files with the columns `source,series,sequence,started_at,duration_s,outcome`, made of the sources below. A sample of
each series takes two minutes, `--sample 0` plays every run. Without a folder the synthetic laws are played alone.

Every gate looks at once when the run starts, which counts as a request; so does the one for the history. A run's
history is what had ended when it started. The default and learned have their jitter of 10 %. Cost is the delay and
5 s for each request, as a median over series; "optimum" knows all durations of the series beforehand.
"""

REMARKS = """\
* Cost, delay and early failures pull against each other. Counted at 5 s a request and blind to early failures, the
  optimum itself is later than the default on the average, and several times as late on early failures. So is learned
  when it is made for cost alone (last row of the first table); as it is, it looks more often than that price asks for.
* One more request for the history is a tenth of what the optimum costs altogether; `--model` can have the history with
  its first look, and does not pay it. The rest of the distance to the optimum is the price of not knowing: it lays its
  looks on the very seconds at which these runs ended. Planning every look ahead (Bellman's equation on the forecast)
  instead of the next one alone did no better, nor did weights by age, nor how many earlier runs had failed.
* The constants of the forecast put requests, delay and early failures close to their bars at once, with no margin: the
  two halves of the series lie on either side. They were settled on all series, so that the figures are those of the
  runs they were chosen on.
* A wrong history is cheaper than the default altogether, and for every job of more than a quarter of an hour. It is
  dearer, by up to the worst ratio above, for jobs of a few minutes, where the default has hardly backed off yet.
"""

DEFAULT = exponential()
LEARNED = learned("learned, 10 earlier runs")
FIXED = (fixed(5), fixed(15), doubling(60))
HISTORIES = (
    learned("learned, 2 earlier runs", history=2),
    learned("learned, 5 earlier runs", history=5),
    LEARNED,
    learned("learned, 30 earlier runs", history=30),
)
FRUGAL = learned("learned for cost alone", PRICE_S, change=blind)
WRONG = (
    learned("learned, history x 1/3", factor=1 / 3),
    learned("learned, history x 4", factor=4),
)


# Early failures are few: they are played so often, each time with another draw of the jitter.
DRAWS = 10


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def comparison(results: Sequence[Result], best: Result, default: Result) -> str:
    heads = (
        "schedule",
        "requests",
        "against default",
        "mean delay",
        "95 %",
        "cost / optimum",
        "without history request",
    )
    rows = []
    for result in results:
        history = 1 if result.name.startswith("learned") else 0
        rows.append(
            (
                result.name,
                f"{result.requests:.1f}",
                f"{result.requests / default.requests - 1:+.0%}",
                f"{result.delay:.1f} s",
                f"{result.late:.0f} s",
                f"{median(result.ratios(best)):.2f}",
                f"{median(result.ratios(best, less_requests=1)):.2f}" if history else "",
            )
        )
    return table(heads, rows)


def bars(bench: Bench, default: Result, best: Result, mine: Result, wrong: Sequence[Result]) -> str:
    """Return what learned is held to, and what came out."""

    def play_early(contender: Contender) -> Result:
        return bench.play(contender, lambda series: series.failed_early() * DRAWS)

    early, usual, late = map(play_early, (LEARNED, DEFAULT, FRUGAL))
    runs, frugal = sum(early.weights) // DRAWS, bench.play(FRUGAL)
    rows = [
        ("fewer requests than the default", "60 %", f"{1 - mine.requests / default.requests:.1%}"),
        ("mean delay / default's", "1", f"{mine.delay / default.delay:.2f}"),
        ("cost / optimum, median of series", "1.15", f"{median(mine.ratios(best)):.2f}"),
        ("the same without the history request", "1.15", f"{median(mine.ratios(best, less_requests=1)):.2f}"),
        ("the optimum itself, if it paid for a history", "", f"{median(best.ratios(best, less_requests=-1)):.2f}"),
    ]
    for result in wrong:
        ratios = result.ratios(default)
        worse = sum(ratio > 1.1 for ratio in ratios)
        found = (
            f"{result.cost / default.cost:.2f} (median {median(ratios):.2f}, worst {max(ratios):.2f}, {worse} above)"
        )
        rows.append((f"cost / default's, {result.name}", "1.1", found))
    found = f"{early.delay / usual.delay:.2f} ({early.delay:.1f} s against {usual.delay:.1f} s)"
    rows.append((f"delay on {runs} early failures / default's", "2", found))
    whole, free = (median(frugal.ratios(best, less_requests=less)) for less in (0, 1))
    found = (
        f"cost {whole:.2f}, {free:.2f} without the history request,"
        f" delay {frugal.delay / default.delay:.2f}, on early failures {late.delay / usual.delay:.2f}"
    )
    rows.append((f"learned for cost alone: {PRICE_S:g} s a request, 2 % broad", "", found))
    return table(("", "bar", "measured"), rows)


def halves(bench: Bench) -> str:
    """Return the figures of the series that parameters were chosen on, and of those that only check them."""
    rows = []
    for name, chosen in (("chosen on", True), ("checked on", False)):
        half = Bench([s for s in bench.series if s.is_for_choosing is chosen], bench.sample)
        mine, default, best = half.play(LEARNED), half.play(DEFAULT), half.best()
        fewer, delay = 1 - mine.requests / default.requests, mine.delay / default.delay
        rows.append((name, f"{len(half.series)}", f"{fewer:.1%}", f"{delay:.2f}", f"{median(mine.ratios(best)):.2f}"))
    return table(("half", "series", "fewer requests", "delay / default's", "cost / optimum"), rows)


def by_law(bench: Bench) -> str:
    """Return the cost of each schedule on each law, the optimum being 1."""
    best = bench.best()
    results = map(bench.play, (*FIXED, DEFAULT, *HISTORIES, *WRONG))
    rows = [(result.name, *(f"{ratio:.2f}" for ratio in result.ratios(best))) for result in results]
    return table(("cost / optimum", *(s.name.removeprefix("synthetic/") for s in bench.series)), rows)


def picture(bench: Bench) -> str:
    """Return the chart of delay against requests, each curve one schedule from eager to patient."""

    def curve(name: str, results: Iterable[tuple[Result, str]], *, dashed: bool = False) -> Curve:
        return Curve(name, tuple(Point(r.requests, r.delay, label) for r, label in results), dashed=dashed)

    costs = (0.5, 1, LOOK_COST_S, 3, 5, 10)
    curves = (
        curve("fixed", [(bench.play(fixed(s)), f"{s} s" if s < 30 else "") for s in (5, 15, 30, 60)]),
        curve("doubling", [(bench.play(doubling(s)), "to 60 s" if s == 60 else "") for s in (15, 30, 60)]),
        curve("exponential", [(bench.play(exponential(s)), "default" if s == 30 else "") for s in (10, 20, 30, 60)]),
        curve("learned", [(bench.play(learned("", c)), "learned" if c == LOOK_COST_S else "") for c in costs]),
        curve("optimum (knows all)", [(bench.best(c), "") for c in costs], dashed=True),
    )
    axes = Axes(
        (10, 20, 50, 100, 200, 300), (0, 10, 20, 30, 40), "requests a run (mean, logarithmic)", "delay in s (mean)"
    )
    return draw("How late a run's end is seen, by how often one asks", axes, curves)


def circumstances(bench: Bench) -> str:
    runs = sum(len(s.runs) for s in bench.series)
    played = f"{bench.sample} evenly spaced runs of each played" if bench.sample else "all of them played"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()},"
        f" {os.cpu_count()} cores. {runs:,} runs in {len(bench.series)} series, {played}.\n"
    )


def report(real: Bench, laws: Bench) -> str:
    """Play everything, print it as it comes, and return the Markdown of it."""
    parts: list[str] = []

    def tell(*lines: str) -> None:
        parts.extend(lines)
        print(*lines, sep="\n")

    tell("## Schedules\n", circumstances(real), REPEAT)
    default, best, free, mine = real.play(DEFAULT), real.best(), real.best(bounded=False), real.play(LEARNED)
    histories = [mine if contender is LEARNED else real.play(contender) for contender in HISTORIES]
    wrong = [real.play(contender) for contender in WRONG]
    tell(comparison([*map(real.play, FIXED), default, *histories, *wrong, best, free], best, default))
    tell("### What learned is held to\n", bars(real, default, best, mine, wrong), halves(real), REMARKS)
    tell("### Synthetic laws\n", by_law(laws))
    tell("### Sources\n", SOURCES)
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--traces", type=Path, default=TRACES, help="a folder of CSV files; see SOURCES")
    parser.add_argument("--sample", type=int, default=20, help="runs of each series that are played; 0 plays all")
    arguments = parser.parse_args()
    laws = Bench(synthetic(), arguments.sample)
    series = load_traces(arguments.traces) if arguments.traces.is_dir() else list(laws.series)
    real = Bench(series, arguments.sample)
    (HERE / "schedules.md").write_text(report(real, laws), encoding="utf-8")
    (HERE / "schedules.svg").write_text(picture(real), encoding="utf-8")


if __name__ == "__main__":
    main()
