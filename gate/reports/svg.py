"""Draws the time line of the runs as SVG in HTML: a bar a run, in shares of the width, so that it fits any screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gate.core.duration import format_duration
from gate.core.verdict import Verdict
from gate.reports.facts import Span, clock
from gate.reports.text import html_text

_LONGEST_NAME = 200
_THINNEST = 0.5


def colour(verdict: Verdict) -> str:
    """Return the class of the style sheet that colours a verdict; no reader needs the colour to know it."""
    return str(verdict) if verdict in {Verdict.PASSED, Verdict.FAILED} else "other"


def timeline(spans: Sequence[Span]) -> str:
    """Return a list of bars and the axis beneath them."""
    first = min(span.start for span in spans)
    length = max(max(span.end for span in spans) - first, timedelta(seconds=1))
    bars = "\n".join(_item(number, span, first, length) for number, span in enumerate(spans, 1))
    ticks = "".join(f"<span>{clock(first + length * share)}</span>" for share in (0, 0.5, 1))
    return f'<ol class="bars">\n{bars}\n</ol>\n<p class="axis quiet" aria-hidden="true">{ticks}</p>'


def _item(number: int, span: Span, first: datetime, length: timedelta) -> str:
    run = span.run
    model = html_text(run.model or "unknown model", _LONGEST_NAME)
    kind = colour(run.verdict)
    took = format_duration((span.end - span.start).total_seconds())
    return f"""<li>
<bdi>{model}</bdi> <span class="verdict {kind}">{run.verdict}</span> <span class="quiet">{took}</span>
<svg class="{kind}" role="img" aria-labelledby="bar{number}" aria-describedby="story{number}" width="100%" height="16">
<title id="bar{number}">{model} {run.verdict}</title>
<desc id="story{number}">{_story(span)}</desc>
<rect class="rail" y="6" width="100%" height="4" rx="2"/>
{_bar(span, first, length)}
{_marks(span, first, length)}</svg>
</li>"""


def _story(span: Span) -> str:
    seen = "".join(f"; {html_text(word, _LONGEST_NAME)} seen at {clock(moment)}" for moment, word in span.run.statuses)
    return f"From {clock(span.start)} to {clock(span.end)} UTC{seen}"


def _bar(span: Span, first: datetime, length: timedelta) -> str:
    start, end = _share(span.start, first, length), _share(span.end, first, length)
    start = min(start, 100 - _THINNEST)
    return f'<rect class="bar" x="{start:.2f}%" y="3" width="{max(end - start, _THINNEST):.2f}%" height="10" rx="2"/>'


def _marks(span: Span, first: datetime, length: timedelta) -> str:
    return "".join(
        f'<circle class="mark" cx="{_share(moment, first, length):.2f}%" cy="8" r="5">'
        f"<title>{clock(moment)} {html_text(word, _LONGEST_NAME)}</title></circle>\n"
        for moment, word in span.run.statuses
    )


def _share(moment: datetime, first: datetime, length: timedelta) -> float:
    """Return where a moment lies, from 0 to 100; what is outside lies at the edge."""
    return min(max((moment - first) / length, 0.0), 1.0) * 100
