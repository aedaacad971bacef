"""The picture of delay against requests, each curve one schedule from eager to patient."""

from __future__ import annotations

from collections.abc import Sequence

from schedules.figures import delay, requests
from schedules.half import Half
from schedules.picture import Axes, Curve, Point, draw
from schedules.play import DEFAULT, Played, Way

OTHERS = {
    "fixed": [Way(first=s, longest=s, factor=1) for s in (5.0, 10.0, 15.0, 30.0)],
    "exponential": [Way(longest=s) for s in (10.0, 20.0, 30.0, 60.0)],
}


def chart(half: Half) -> str:
    """Return the picture as the text of an SVG file."""

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
        points = [point(half.bench.play(w), label) for w, label in zip(ways, labels, strict=True)]
        curves.append(Curve(name, tuple(points), labels_below=name == "fixed"))
    learned = [point([p.mine for p in chosen], f"{asked:g}") for asked, chosen in half.curve.items()]
    curves.append(Curve("learned (delay factor)", tuple(learned)))
    axes = Axes(
        (10, 20, 50, 100, 250),
        (0, 10, 20, 30, 40),
        "requests sent to the server for one run (mean, logarithmic): further left is cheaper",
        "seconds from the end of a run until the gate sees it (mean): lower is sooner",
    )
    runs = sum(len(series.runs) for series in half.bench.series)
    return draw(f"Requests and delay: {runs:,} real runs that were not used for tuning", axes, curves)
