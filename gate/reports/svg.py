"""Draws the plots of the HTML page as SVG: in shares of the width, so that they fit any screen, and told in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count

from gate.core.duration import format_duration
from gate.reports.elements import colour
from gate.reports.facts import Span, clock
from gate.reports.report import Report, RunReport
from gate.reports.text import html_text

_LONGEST_NAME = 200
_THINNEST = 0.5


def timeline(spans: Sequence[Span]) -> str:
    """Return a bar a run, with a mark where its status changed, and the axis beneath them."""
    first = min(span.start for span in spans)
    last = max(span.end for span in spans)
    bars = "\n".join(map(_timeline_item, count(1), spans, [first] * len(spans), [last] * len(spans)))
    return f'<ol class="plots">\n{bars}\n</ol>\n{_axis(first, last)}'


def _timeline_item(number: int, span: Span, first: datetime, last: datetime) -> str:
    statuses = span.run.statuses
    start, end = min(_share(span.start, first, last), 100 - _THINNEST), _share(span.end, first, last)
    bar = f'<rect class="bar" x="{start:.2f}%" y="3" width="{max(end - start, _THINNEST):.2f}%" height="10" rx="2"/>'
    marks = (
        f'<circle class="mark" cx="{_share(moment, first, last):.2f}%" cy="8" r="5">'
        f"<title>{clock(moment)} {_name(word)}</title></circle>"
        for moment, word in statuses
    )
    seen = "".join(f"; {_name(word)} seen at {clock(moment)}" for moment, word in statuses)
    story = f"From {clock(span.start)} to {clock(span.end)} UTC{seen}"
    took = format_duration((span.end - span.start).total_seconds())
    return _item(f"bar{number}", span.run, took, story, [bar, *marks])


def durations(runs: Iterable[RunReport]) -> str:
    """Return a line a run: a dot for each earlier duration of its model, and a bar for its own."""
    items = "\n".join(_durations_item(number, run) for number, run in enumerate(runs, 1))
    legend = '<p class="quiet">A dot is an earlier run of the model, the bar is this one.</p>'
    return f'{legend}\n<ol class="plots">\n{items}\n</ol>'


def _durations_item(number: int, run: RunReport) -> str:
    earlier, took = run.earlier_s, run.took_s
    longest = max(*earlier, took, 1.0)
    dots = (f'<circle class="dot" cx="{each / longest * 100:.2f}%" cy="8" r="4"/>' for each in earlier)
    at = min(took / longest * 100, 100 - _THINNEST)
    own = f'<rect class="bar" x="{at:.2f}%" y="0" width="{_THINNEST}%" height="16"/>'
    shortest, most = format_duration(earlier[0]), format_duration(earlier[-1])
    words = f"{format_duration(took)}; {len(earlier)} earlier ones took {shortest} to {most}"
    return _item(f"duration{number}", run, words, words, [*dots, own])


def looks(report: Report) -> str:
    """Return a tick a look at the server; where no usable answer came it is taller, and coloured."""
    first, last = report.timing.started_at, report.timing.ended_at
    faults = sum(poll.fault is not None for poll in report.poll_log)
    ticks = (_tick(_share(poll.at, first, last), failed=poll.fault is not None) for poll in report.poll_log)
    words = f"{len(report.poll_log)} polls, {faults} of them without a usable answer"
    return f"<p>{words}.</p>\n{_picture('ticks', 'quiet', 'Looks', words, ticks)}\n{_axis(first, last)}"


def _tick(share: float, *, failed: bool) -> str:
    kind, top, height = ("fault", 0, 16) if failed else ("look", 4, 8)
    return f'<rect class="{kind}" x="{min(share, 100 - _THINNEST):.2f}%" y="{top}" width="2" height="{height}"/>'


def _item(name: str, run: RunReport, words: str, story: str, shapes: Iterable[str]) -> str:
    kind, model = colour(run.verdict), _name(run.model or "unknown model")
    head = f'<bdi>{model}</bdi> <span class="verdict {kind}">{run.verdict}</span> <span class="quiet">{words}</span>'
    return f"<li>\n{head}\n{_picture(name, kind, f'{model} {run.verdict}', story, shapes)}\n</li>"


def _picture(name: str, kind: str, title: str, story: str, shapes: Iterable[str]) -> str:
    drawn = "\n".join(shapes)
    return (
        f'<svg class="{kind}" role="img" aria-labelledby="{name}" aria-describedby="{name}-story" '
        f'width="100%" height="16">\n<title id="{name}">{title}</title>\n<desc id="{name}-story">{story}</desc>\n'
        f'<rect class="rail" y="6" width="100%" height="4" rx="2"/>\n{drawn}\n</svg>'
    )


def _name(text: str) -> str:
    return html_text(text, _LONGEST_NAME)


def _axis(first: datetime, last: datetime) -> str:
    """Return three times beneath a plot; a day that they share is told once."""
    shared = len("2026-01-01 ") if clock(first)[:10] == clock(last)[:10] else 0
    labels = (clock(first), clock(first + (last - first) / 2)[shared:], clock(last)[shared:])
    return f'<p class="axis quiet" aria-hidden="true">{"".join(f"<span>{label}</span>" for label in labels)}</p>'


def _share(moment: datetime, first: datetime, last: datetime) -> float:
    """Return where a moment lies, from 0 to 100; what is outside lies at the edge."""
    length = max(last - first, timedelta(seconds=1))
    return min(max((moment - first) / length, 0.0), 1.0) * 100
