"""Plays everything and writes the tables: training and validation apart, never together."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median

from gate.core.backoff import Exponential, Jitter
from gate.core.forecast import Forecast
from gate.core.schedule import Plan
from schedules.figures import (
    LONG_SERIES,
    Pair,
    cost,
    delay,
    early,
    pairs,
    pooled,
    quantile_hits,
    requests,
    worst,
)
from schedules.picture import Axes, Curve, Point, draw
from schedules.play import DEFAULT, LEARNED, LEARNED_LONGEST_S, Bench, Played, Way
from schedules.runs import Series, load, synthetic

# Runs of each series that are played; fewer for the curve and for wrong histories, of which there are many.
SAMPLE, SMALL_SAMPLE = 300, 24
SHARES = (0.5, 0.8, 0.95)
DELAYS = (0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
WRONG = {"a third as long": Way(delay=1.0, scale=1 / 3), "four times as long": Way(delay=1.0, scale=4.0)}
OTHERS = {
    "fixed": [Way(first=s, longest=s, factor=1) for s in (5.0, 10.0, 15.0, 30.0)],
    "exponential": [Way(longest=s) for s in (10.0, 20.0, 30.0, 60.0)],
}

HOW = """\
To repeat: `python benchmarks/schedules FOLDER`, the folder holding CSV files with the columns
`source,series,sequence,started_at,duration_s,outcome`. The traces are other people's and not part of this project;
their sources are named below. Without a folder the synthetic laws are played alone.

Learned is compared with the default (2 s, then 1.5 times as long each time, up to 30 s), both with a jitter of 10 %.
The first poll is when the run starts, the second one after `--interval`; that one asks for the earlier runs as well, so
they are paid for. A run's history is what had ended when it started. An *early failure* failed before half the median.
*Cost* is the delay and 5 s for each request. Delays, costs and requests are those of the default times the figure.

Constants were chosen on the training half only; a series is in it where the CRC-32 of its name is even. What a user may
expect is the validation half. Means are over all runs, a sample of each series standing for all of it.
"""

SOURCES = """\
* `travistorrent`: Travis CI builds, by CESEL/BatchBuilderResearch @ 0a1e3ee, `RQ3/data/extracted_project_travis`
* `lrts_jenkins`: Jenkins builds of Apache projects, by lrtsuser/LRTS @ d1310e7, `artifact/evaluation/ml_data`
* `julia_buildkite`: Buildkite jobs of Julia, by IanButterworth/julia-ci-timing @ 9d27134, `data/timing_summary.json`
* `hyades_e2e`: Dependency-Track's nightly tests, by DependencyTrack/hyades-e2e @ 6f3dfe0, branch `allure-report`
"""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


class Half:
    """The training or the validation series, and everything that is played on them."""

    def __init__(self, name: str, bench: Bench) -> None:
        self.name, self.bench = name, bench
        default = bench.play(DEFAULT)
        self.learned = pairs(bench.play(LEARNED), default)
        self.early = pairs(bench.play_early(LEARNED), bench.play_early(DEFAULT))
        self._default = bench.play(DEFAULT, SMALL_SAMPLE)
        self.wrong = {name: self.small(way) for name, way in WRONG.items()}
        self.curve = {asked: self.small(Way(delay=asked)) for asked in DELAYS}

    def small(self, way: Way) -> list[Pair]:
        return pairs(self.bench.play(way, SMALL_SAMPLE), self._default)

    def of(self, chosen: Sequence[Pair], source: str | None) -> list[Pair]:
        return [pair for pair in chosen if source in {None, pair.series.source}]

    @property
    def sources(self) -> list[str | None]:
        names: list[str | None] = [*sorted({series.source for series in self.bench.series})]
        return [None, *names] if len(names) > 1 else [None]

    def calibration(self, source: str | None) -> list[float]:
        """Return for each share how many runs ended by the quantile that was predicted."""
        hits = [
            hit
            for series in self.bench.series
            if source in {None, series.source}
            for hit in quantile_hits(series.sample(self.bench.sample), SHARES)
        ]
        return [mean(column) for column in zip(*hits, strict=True)] if hits else [float("nan")] * len(SHARES)


def comparison(half: Half) -> str:
    heads = ("", "series", "fewer requests", "delay", "early failures", "worst series' delay", "most requests")
    rows = []
    for source in half.sources:
        chosen = half.of(half.learned, source)
        late, failures = early(half.of(half.early, source))
        rows.append(
            (
                source or "all",
                f"{len(chosen)}",
                f"{1 - pooled(chosen, requests):.1%}",
                f"{pooled(chosen, delay):.2f}",
                f"{late:.2f} ({failures})" if failures else "-",
                f"{worst(chosen, delay, LONG_SERIES)[0]:.2f}",
                f"{worst(chosen, requests)[0]:.2f}",
            )
        )
    (ratio, name), (most, wanting) = worst(half.learned, delay, LONG_SERIES), worst(half.learned, requests)
    named = f"Latest against the default, of {LONG_SERIES} runs and more: `{name}` ({ratio:.2f}). Most requests against"
    return table(heads, rows) + f"\n{named} it: `{wanting}` ({most:.2f}).\n"


def knob(half: Half) -> str:
    rows = [
        (
            f"{asked:g}",
            f"{pooled(chosen, delay):.2f}",
            f"{1 - pooled(chosen, requests):.0%}",
            f"{worst(chosen, delay, LONG_SERIES)[0]:.2f}",
        )
        for asked, chosen in half.curve.items()
    ]
    return table(("`--learned-delay`", "delay that came out", "fewer requests", "worst series"), rows)


def wrong_histories(half: Half) -> str:
    rows = []
    for name, chosen in half.wrong.items():
        ratio, series = worst(chosen, cost)
        cells = f"{pooled(chosen, cost):.2f}", f"{ratio:.2f} ({series})", f"{pooled(chosen, delay):.2f}"
        rows.append((name, *cells, f"{1 - pooled(chosen, requests):.0%}"))
    return table(("history", "cost / default's", "worst series", "delay / default's", "fewer requests"), rows)


def calibration(half: Half) -> str:
    rows = [(source or "all", *(f"{share:.3f}" for share in half.calibration(source))) for source in half.sources]
    return table(("ended by the quantile", *map(str, SHARES)), rows)


def laws(bench: Bench) -> str:
    chosen = pairs(bench.play(LEARNED), bench.play(DEFAULT))
    rows = [
        (
            pair.series.name.partition("/")[2],
            f"{1 - pair.ratio(requests):.0%}",
            f"{pair.ratio(delay):.2f}",
            f"{pair.ratio(cost):.2f}",
        )
        for pair in chosen
    ]
    return table(("law", "fewer requests", "delay / default's", "cost / default's"), rows)


def planning(series: Sequence[Series]) -> tuple[str, float]:
    """Return a table of the milliseconds that the steps of planning take, and the median for the next poll."""
    times: dict[str, list[float]] = {"learn the law": [], "make the plan, once a model": [], "plan the next poll": []}
    for each in series:
        run = each.runs[-1]
        started = time.perf_counter()
        forecast = Forecast.learn(run.earlier_s)
        learned = time.perf_counter()
        if forecast is None:
            continue
        default = Exponential(2, 30, 1.5, Jitter(0, lambda: 0.5))
        plan = Plan.make(forecast, default, LEARNED_LONGEST_S, 1.0)
        made = time.perf_counter()
        times["learn the law"].append(learned - started)
        if plan is not None:
            times["make the plan, once a model"].append(made - learned)
            ages = [forecast.median_s * part / 20 for part in range(24)]
            made = time.perf_counter()
            for age in ages:
                plan.after(age)
            times["plan the next poll"].append((time.perf_counter() - made) / len(ages))
    rows = [(step, f"{1e3 * median(each):.2f} ms", f"{1e3 * max(each):.2f} ms") for step, each in times.items()]
    return table(("step", "median", "longest"), rows), 1e3 * median(times["plan the next poll"])


def bars(half: Half, step_ms: float) -> str:
    """Return what learned is held to, measured on this half."""
    named = half.sources[1:] or half.sources
    late = max((pooled(half.of(half.learned, source), delay), source or "all") for source in named)
    failures, count = early(half.early)
    rows: list[tuple[str, str, str, bool]] = []

    def hold(what: str, bar: str, found: str, *, held: bool) -> None:
        rows.append((what, bar, found, held))

    whole = pooled(half.learned, delay)
    hold("mean delay / default's", "1.00", f"{whole:.2f}", held=whole <= 1)
    hold("the same, worst source", "1.00", f"{late[0]:.2f} ({late[1]})", held=late[0] <= 1)
    ratio, name = worst(half.learned, delay, LONG_SERIES)
    hold(f"the same, worst series of {LONG_SERIES} runs", "1.30", f"{ratio:.2f} ({name})", held=not ratio > 1.3)
    if count:
        hold(f"delay of {count} early failures / default's", "1.80", f"{failures:.2f}", held=failures <= 1.8)
    fewer = 1 - pooled(half.learned, requests)
    hold("fewer requests", "45 %", f"{fewer:.1%}", held=fewer >= 0.45)
    ratio, name = worst(half.learned, requests)
    hold("requests / default's, worst series", "1.00", f"{ratio:.2f} ({name})", held=ratio <= 1)
    for kind, chosen in half.wrong.items():
        ratio, name = worst(chosen, cost)
        hold(f"cost / default's, history {kind}, worst series", "1.15", f"{ratio:.2f} ({name})", held=ratio <= 1.15)
    for asked in (0.75, 1.25, 1.5):
        got = pooled(half.curve[asked], delay)
        within = abs(got / asked - 1) <= 0.1
        hold(f"delay for `--learned-delay {asked:g}`", "10 % off", f"{got:.2f} ({got / asked - 1:+.1%})", held=within)
    for share, hit in zip(SHARES, half.calibration(None), strict=True):
        hold(f"runs that end by the {share:g}-quantile", "5 points off", f"{hit:.3f}", held=abs(hit - share) <= 0.05)
    hold("planning the next poll", "1 ms", f"{step_ms:.2f} ms", held=step_ms < 1)
    return table(("", "bar", "measured", "held"), [(a, b, c, "yes" if held else "**no**") for a, b, c, held in rows])


def chart(half: Half) -> str:
    """Return the picture of delay against requests, each curve one schedule from eager to patient."""

    def point(chosen: Sequence[Played], label: str) -> Point:
        total = sum(len(one.series.runs) for one in chosen)
        asked, late = (
            sum(len(one.series.runs) * fact(one) for one in chosen if one.requests) / total
            for fact in (requests, delay)
        )
        return Point(asked, late, label)

    curves = []
    for name, ways in OTHERS.items():
        labels = [f"every {way.first:g} s" if name == "fixed" else f"up to {way.longest:g} s" for way in ways]
        labels = ["default (up to 30 s)" if way == DEFAULT else label for way, label in zip(ways, labels, strict=True)]
        points = [point(half.bench.play(w, SMALL_SAMPLE), label) for w, label in zip(ways, labels, strict=True)]
        curves.append(Curve(name, tuple(points), labels_below=name == "fixed"))
    learned = [point([p.mine for p in chosen], f"{asked:g}") for asked, chosen in half.curve.items()]
    curves.append(Curve("learned (delay factor)", tuple(learned)))
    axes = Axes(
        (10, 20, 50, 100, 200),
        (0, 10, 20, 30, 40),
        "requests sent to the server for one run (mean, logarithmic): further left is cheaper",
        "seconds from the end of a run until the gate sees it (mean): lower is sooner",
    )
    runs = sum(len(series.runs) for series in half.bench.series)
    return draw(f"Requests and delay: {runs:,} real runs that were not used for tuning", axes, curves)


def sections(halves: Sequence[Half], others: Sequence[Series], pool: ProcessPoolExecutor, jobs: int) -> Iterator[str]:
    """Give each part of the text as soon as it is known."""
    times, step_ms = planning([series for half in halves for series in half.bench.series] or others)
    for half in halves:
        is_judge = half.name != "Training"
        yield f"### {half.name} half\n"
        yield comparison(half)
        if is_judge:
            yield bars(half, step_ms)
        for title, part in (
            ("How late it may be", knob(half)),
            ("Wrong histories", wrong_histories(half)),
            ("Calibration", calibration(half)),
        ):
            yield f"#### {title}, {half.name.lower()} half\n"
            yield part
    yield "### Synthetic laws\n"
    yield laws(Bench(pool, others, SMALL_SAMPLE))
    yield "### Planning\n"
    yield f"Plain Python, from 30 earlier runs; {jobs} processes share the machine.\n"
    yield times


def report(folder: Path | None, sample: int, jobs: int) -> tuple[str, str]:
    """Return the section of the results as Markdown, and the picture; none without real runs."""
    series = load(folder) if folder else []
    runs = sum(len(each.runs) for each in series)
    played = "all played" if sample >= 300 else f"{sample} evenly spaced runs of each played, and all early failures"
    where = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores."
    known = f"{where} {runs:,} runs in {len(series)} series, {played}.\n"
    with ProcessPoolExecutor(jobs) as pool:
        split = {
            name: [s for s in series if s.is_training is (name == "Training")] for name in ("Training", "Validation")
        }
        halves = [Half(name, Bench(pool, chosen, sample)) for name, chosen in split.items() if chosen]
        parts = ["## Schedules\n", known, HOW, *sections(halves, synthetic(), pool, jobs)]
        picture = chart(halves[-1]) if halves and halves[-1].name == "Validation" else ""
    return "\n".join([*parts, "### Sources\n", SOURCES]), picture
