"""What the learned schedule is held to, and whether it was."""

from __future__ import annotations

import math
from collections.abc import Iterator

from schedules.figures import LONG_SERIES, cost, delay, early, pooled, requests, worst
from schedules.half import SHARES, Half
from schedules.tables import number, table

# What was measured, what it may be, what it is, and whether that is within; None if there was nothing to measure.
Row = tuple[str, str, str, bool | None]


def bars(half: Half, step_ms: float) -> str:
    """Return what learned is held to, measured on this half."""
    rows = [*_news(half), *_requests(half), *_asked(half), *_quantiles(half)]
    rows.append(_row("planning the next poll", "1 ms", step_ms, 1, f"{number(step_ms)} ms"))
    said = {True: "yes", False: "**no**", None: "-"}
    return table(("", "bar", "measured", "held"), [(what, bar, found, said[held]) for what, bar, found, held in rows])


def _row(what: str, bar: str, value: float, most: float, found: str) -> Row:
    return what, bar, found, None if math.isnan(value) else value <= most


def _news(half: Half) -> Iterator[Row]:
    whole = pooled(half.learned, delay)
    yield _row("mean delay / default's", "1.00", whole, 1, number(whole))
    named = half.sources[1:] or half.sources
    late, source = max((pooled(half.of(half.learned, name), delay), name or "all") for name in named)
    yield _row("the same, worst source", "1.00", late, 1, f"{number(late)} ({source})")
    late, series = worst(half.learned, delay, LONG_SERIES)
    yield _row(f"the same, worst series of {LONG_SERIES} runs", "1.30", late, 1.3, f"{number(late)} ({series})")
    late, count = early(half.early)
    yield _row(f"delay of {count} early failures / default's", "1.80", late, 1.8, number(late))


def _requests(half: Half) -> Iterator[Row]:
    ratio = pooled(half.learned, requests)
    yield _row("fewer requests", "45 %", ratio, 0.55, f"{1 - ratio:.1%}")
    ratio, name = worst(half.learned, requests)
    yield _row("requests / default's, worst series", "1.00", ratio, 1, f"{number(ratio)} ({name})")
    for kind, chosen in half.wrong.items():
        ratio, name = worst(chosen, cost)
        what = f"cost / default's, history {kind}, worst series"
        yield _row(what, "1.15", ratio, 1.15, f"{number(ratio)} ({name})")


def _asked(half: Half) -> Iterator[Row]:
    for asked in (0.75, 1.25, 1.5):
        got = pooled(half.curve[asked], delay)
        off = got / asked - 1
        yield _row(f"delay for `--learned-delay {asked:g}`", "10 % off", abs(off), 0.1, f"{number(got)} ({off:+.1%})")


def _quantiles(half: Half) -> Iterator[Row]:
    for share, hit in zip(SHARES, half.calibration(None), strict=True):
        what = f"runs that end by the {share:g}-quantile"
        yield _row(what, "5 points off", abs(hit - share), 0.05, number(hit, ".3f"))
