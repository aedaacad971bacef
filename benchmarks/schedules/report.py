"""Plays everything and puts the tables together: training and validation apart, never together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from machine import machine

from schedules.bars import bars
from schedules.chart import chart
from schedules.half import SMALL_SAMPLE, Half
from schedules.play import Bench
from schedules.runs import SOURCES, Series, synthetic
from schedules.tables import calibration, comparison, knob, laws, planning, wrong_histories

HOW = f"""\
To repeat: `.venv/bin/python benchmarks/schedules FOLDER`, the folder holding CSV files with the columns
`source,series,started_at,duration_s,outcome`. The traces are other people's and not part of this project; their sources
are named below. Without a folder the synthetic laws are played alone.

Learned is compared with the default (2 s, then 1.5 times as long each time, up to 30 s), both with a jitter of 10 %.
The first poll is when the run starts, the second one after `--interval`; that one asks for the earlier runs as well, so
they are paid for. A run's history is what had ended when it started. An *early failure* failed before half the median.
*Cost* is the delay and 5 s for each request. Delays, costs and requests are those of the default times the figure.

Constants were chosen on the training half only: of the sources {", ".join(f"`{source}`" for source in SOURCES)},
the series where the CRC-32 of the name is even. What a user may expect is the validation half, to which all series of
other sources belong. Means are over all runs. {SMALL_SAMPLE} runs of each series stand for all of it under wrong
histories, and in the training half's table of `--learned-delay`.
"""


def sections(halves: Sequence[Half], synthetic: Bench, jobs: int) -> Iterator[str]:
    """Give each part of the text as soon as it is known."""
    times, step_ms = planning([series for half in halves for series in half.bench.series] or synthetic.series)
    for half in halves:
        yield f"### {half.name} half\n"
        yield comparison(half)
        if not half.is_training:
            yield bars(half, step_ms)
        for title, part in (
            ("How late it may be", knob(half)),
            ("Wrong histories", wrong_histories(half)),
            ("Calibration", calibration(half)),
        ):
            yield f"#### {title}, {half.name.lower()} half\n"
            yield part
    yield "### Synthetic laws\n"
    yield laws(synthetic)
    yield "### Planning\n"
    yield f"Plain Python, from 30 earlier runs; {jobs} processes share the machine.\n"
    yield times


def report(series: Sequence[Series], sample: int, jobs: int) -> tuple[str, str]:
    """Return the section of the results as Markdown, and the picture; none without real runs for validation."""
    runs, played = sum(len(each.runs) for each in series), sum(min(sample, len(each.runs)) for each in series)
    known = f"{machine()}\n{runs:,} runs in {len(series)} series, of which {played:,} were played.\n"
    known = known.replace(f"of which {runs:,} were", "all")
    with ProcessPoolExecutor(jobs) as pool:
        split = {
            name: [s for s in series if s.is_training is (name == "Training")] for name in ("Training", "Validation")
        }
        halves = [Half(name, Bench(pool, chosen, sample)) for name, chosen in split.items() if chosen]
        drawn = Bench(pool, synthetic(), min(sample, SMALL_SAMPLE))
        parts = ["## Schedules\n", known, HOW, *sections(halves, drawn, jobs)]
        picture = chart(halves[-1]) if halves and not halves[-1].is_training else ""
    sources = sorted({each.source for each in series})
    described = [f"* `{source}`: {SOURCES.get(source, 'not described here')}" for source in sources]
    return "\n".join([*parts, *(["### Sources\n", *described, ""] if sources else [])]), picture
