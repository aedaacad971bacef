"""The tables of the results, as Markdown."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from gate.core.backoff import Exponential, Jitter
from gate.core.forecast import Forecast
from gate.core.schedule import Plan
from schedules.figures import LONG_SERIES, cost, delay, early, pairs, pooled, requests, worst
from schedules.half import SHARES, Half
from schedules.play import DEFAULT, LEARNED, LEARNED_LONGEST_S, Bench
from schedules.runs import Series


def number(value: float, form: str = ".2f") -> str:
    return "-" if math.isnan(value) else format(value, form)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


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
                number(1 - pooled(chosen, requests), ".1%"),
                number(pooled(chosen, delay)),
                f"{number(late)} ({failures})" if failures else "-",
                number(worst(chosen, delay, LONG_SERIES)[0]),
                number(worst(chosen, requests)[0]),
            )
        )
    (ratio, name), (most, wanting) = worst(half.learned, delay, LONG_SERIES), worst(half.learned, requests)
    latest = f"Latest against the default, of {LONG_SERIES} runs and more: `{name}` ({number(ratio)})."
    return table(heads, rows) + f"\n{latest}\nMost requests against it: `{wanting}` ({number(most)}).\n"


def knob(half: Half) -> str:
    rows = [
        (
            f"{asked:g}",
            number(pooled(chosen, delay)),
            number(1 - pooled(chosen, requests), ".0%"),
            number(worst(chosen, delay, LONG_SERIES)[0]),
        )
        for asked, chosen in half.curve.items()
    ]
    return table(("`--learned-delay`", "delay that came out", "fewer requests", "worst series"), rows)


def wrong_histories(half: Half) -> str:
    rows = []
    for name, chosen in half.wrong.items():
        ratio, series = worst(chosen, cost)
        cells = number(pooled(chosen, cost)), f"{number(ratio)} ({series})", number(pooled(chosen, delay))
        rows.append((name, *cells, number(1 - pooled(chosen, requests), ".0%")))
    return table(("history", "cost / default's", "worst series", "delay / default's", "fewer requests"), rows)


def calibration(half: Half) -> str:
    rows = [(source or "all", *(number(share, ".3f") for share in half.calibration(source))) for source in half.sources]
    return table(("ended by the quantile", *map(str, SHARES)), rows)


def laws(bench: Bench) -> str:
    chosen = pairs(bench.play(LEARNED), bench.play(DEFAULT))
    rows = [
        (
            pair.series.name.partition("/")[2],
            f"{1 - pair.ratio(requests):.0%}",
            number(pair.ratio(delay)),
            number(pair.ratio(cost)),
        )
        for pair in chosen
    ]
    return table(("law", "fewer requests", "delay / default's", "cost / default's"), rows)


def planning(series: Sequence[Series]) -> tuple[str, float]:
    """Return a table of the milliseconds that the steps of planning take, and the median for the next poll."""
    times: dict[str, list[float]] = {"learn the law": [], "make the plan, once a model": [], "plan the next poll": []}
    law, whole, step = times.values()
    for each in series:
        started = time.perf_counter()
        forecast = Forecast.learn(each.runs[-1].earlier_s)
        learned = time.perf_counter()
        if forecast is None:
            continue
        default = Exponential(2, 30, 1.5, Jitter(0, lambda: 0.5))
        plan = Plan.make(forecast, default, LEARNED_LONGEST_S, 1.0)
        made = time.perf_counter()
        law.append(learned - started)
        if plan is not None:
            whole.append(made - learned)
            ages = [forecast.median_s * part / 20 for part in range(24)]
            made = time.perf_counter()
            for age in ages:
                plan.after(age)
            step.append((time.perf_counter() - made) / len(ages))
    rows = [(name, f"{_ms(each, median)} ms", f"{_ms(each, max)} ms") for name, each in times.items()]
    return table(("step", "median", "longest"), rows), 1e3 * median(step) if step else math.nan


def _ms(seconds: Sequence[float], fact: Callable[[Sequence[float]], float]) -> str:
    return number(1e3 * fact(seconds)) if seconds else "-"
