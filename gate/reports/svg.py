"""Draws the plots of the HTML page as SVG: in shares of the width, so that they fit any screen, and with words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gate.core.duration import format_duration
from gate.reports.elements import Html, colour, escape, joined, named
from gate.reports.facts import Span, clock, lasted_s, telling_ids
from gate.reports.report import Report, RunReport
from gate.reports.wording import counted

_THINNEST = 0.5
# The times beneath a shorter plot would be the same.
_SHORTEST_HALVED = timedelta(seconds=4)
_MIDDLE = 12  # of a row, 24 pixels high


def timeline(spans: Sequence[Span]) -> Html:
    """Return a row a run, its name on the left, a bar with a mark where its status changed, the axis beneath."""
    first = min(span.start for span in spans)
    last = max(span.end for span in spans)
    ids = telling_ids([span.run for span in spans])
    numbered = enumerate(zip(spans, ids, strict=True), 1)
    rows = joined(_span(number, span, run_id, first, last) for number, (span, run_id) in numbered)
    return Html(f'{_legend(spans)}\n<ol class="plots">\n{rows}\n</ol>\n{_axis(first, last)}')


def _legend(spans: Sequence[Span]) -> Html:
    """Return what each colour stands for, and what a dot is."""
    verdicts: dict[str, list[str]] = {}
    for verdict in dict.fromkeys(span.run.verdict for span in spans):
        verdicts.setdefault(colour(verdict), []).append(verdict)
    bars = (
        Html(f'<span class="meaning"><span class="key {kind}"></span> {escape(", ".join(words))}</span>')
        for kind, words in verdicts.items()
    )
    return Html(f'<p class="quiet">{joined(bars, " ")} A dot marks when the gate saw a new status.</p>')


def _span(number: int, span: Span, run_id: str, first: datetime, last: datetime) -> Html:
    statuses = span.run.statuses
    start, end = min(_share(span.start, first, last), 100 - _THINNEST), _share(span.end, first, last)
    bar = f'<rect class="bar" x="{start:.2f}%" y="6" width="{max(end - start, _THINNEST):.2f}%" height="12" rx="3"/>'
    marks = (
        f'<circle class="mark" cx="{_share(moment, first, last):.2f}%" cy="{_MIDDLE}" r="5">'
        f"<title>{clock(moment)} {escape(word)}</title></circle>"
        for moment, word in statuses
    )
    seen = "".join(f"; {escape(word)} seen at {clock(moment)}" for moment, word in statuses)
    story = Html(f"From {clock(span.start)} to {clock(span.end)} UTC{seen}")
    took = f"{span.run.verdict} {format_duration(lasted_s(span.run))}"
    return _row(f"bar{number}", span.run, run_id, took, story, Html("\n".join([bar, *marks])))


def durations(runs: Sequence[RunReport]) -> Html:
    """Return a row a run: a dot for each earlier duration of its model, and a line for its own."""
    rows = joined(_duration(number, *each) for number, each in enumerate(zip(runs, telling_ids(runs), strict=True), 1))
    legend = '<p class="quiet">A dot is an earlier run of the model, the line is this one.</p>'
    return Html(f'{legend}\n<ol class="plots">\n{rows}\n</ol>')


def _duration(number: int, run: RunReport, run_id: str) -> Html:
    earlier, own = run.earlier_s, lasted_s(run)
    longest = max(*earlier, own, 1.0)
    dots = [f'<circle class="dot" cx="{each / longest * 100:.2f}%" cy="{_MIDDLE}" r="4"/>' for each in earlier]
    at = min(own / longest * 100, 100 - _THINNEST)
    line = f'<rect class="bar" x="{at:.2f}%" y="2" width="{_THINNEST}%" height="20"/>'
    shortest, most = format_duration(earlier[0]), format_duration(earlier[-1])
    story = Html(f"{format_duration(own)}; {len(earlier)} earlier ones took {shortest} to {most}")
    return _row(f"duration{number}", run, run_id, format_duration(own), story, Html("\n".join([*dots, line])))


def _row(name: str, run: RunReport, run_id: str, words: str, story: Html, shapes: Html) -> Html:
    kind, model = colour(run.verdict), run.model or "unknown model"
    title = " ".join(filter(None, (escape(model), run_id and escape(run_id), run.verdict)))
    drawn = _picture(name, kind, Html(title), story, shapes)
    took = f'<span class="quiet took">{escape(words)}</span>'
    return Html(f"<li>\n{named('label', model, run_id)}\n{drawn}\n{took}\n</li>")


def polls(report: Report) -> Html:
    """Return a tick a poll; where no usable answer came it is taller, and coloured."""
    first, last = report.started_at, report.ended_at
    faults = sum(poll.fault is not None for poll in report.poll_log)
    ticks = joined(_tick(_share(poll.at, first, last), failed=poll.fault is not None) for poll in report.poll_log)
    words = Html(f"{counted(len(report.poll_log), 'poll')}, {faults} without a usable answer")
    picture = _picture("ticks", "quiet", Html("Polls"), words, ticks)
    row = f'<li>\n<span class="label">Polls</span>\n{picture}\n</li>'
    return Html(f'<ol class="plots">\n{row}\n</ol>\n{_axis(first, last)}')


def _tick(share: float, *, failed: bool) -> Html:
    kind, top, height = ("fault", 2, 20) if failed else ("poll", 7, 10)
    return Html(f'<rect class="{kind}" x="{min(share, 100 - _THINNEST):.2f}%" y="{top}" width="2" height="{height}"/>')


def _picture(name: str, kind: str, title: Html, story: Html, shapes: Html) -> Html:
    return Html(
        f'<svg class="{kind}" role="img" aria-labelledby="{name}" aria-describedby="{name}-story" '
        f'width="100%" height="24">\n<title id="{name}">{title}</title>\n<desc id="{name}-story">{story}</desc>\n'
        f'<rect class="rail" y="10" width="100%" height="4" rx="2"/>\n{shapes}\n</svg>'
    )


def _axis(first: datetime, last: datetime) -> Html:
    """Return three times beneath a plot, whose day is named once; over several days the first and the last alone."""
    shared = len("2026-01-01 ") if clock(first)[:10] == clock(last)[:10] else 0
    middle = clock(first + (last - first) / 2)[shared:] if shared and last - first >= _SHORTEST_HALVED else ""
    labels = (clock(first), middle, f"{clock(last)[shared:]} UTC")
    spans = "".join(f"<span>{label}</span>" for label in labels)
    return Html(f'<div class="axis quiet" aria-hidden="true"><div>{spans}</div></div>')


def _share(moment: datetime, first: datetime, last: datetime) -> float:
    """Return where a moment lies, from 0 to 100; what is outside lies at the edge."""
    length = max(last - first, timedelta(seconds=1))
    return min(max((moment - first) / length, 0.0), 1.0) * 100
