"""One page for people that needs nothing from outside: no script, no picture, no font, no request to anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.resources import files

from gate.core.duration import format_duration
from gate.core.verdict import Verdict
from gate.reports.facts import clock, not_passed, spans, standing, verdict_words
from gate.reports.report import Report, RunReport
from gate.reports.svg import colour, timeline
from gate.reports.text import html_text, link

# A page is looked at: what more there is of these stands in the table, and in the other reports.
_MOST_CAUSES, _MOST_BARS = 100, 200

_MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗"}
_OTHER_MARK = "!"
_COLUMNS = ("Verdict", "Model", "Run", "Status", "Agent", "Took", "Results")


def render(report: Report) -> str:
    style = files("gate.reports").joinpath("report.css").read_text(encoding="utf-8")
    content = "\n".join([*_causes(report), *_timeline(report), *_runs(report), _facts(report)])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{report.verdict} - dai-gate</title>
<style>{style}</style>
</head>
<body>
<header>
<h1 class="{colour(report.verdict)}"><span aria-hidden="true">{_mark(report.verdict)}</span> {report.verdict}</h1>
<p>{standing(report)} after {format_duration(report.timing.elapsed_s)}, exit code {report.exit_code}.</p>
</header>
<main>
{content}
</main>
</body>
</html>
"""


def _policy(style: str) -> str:
    """Allow this very style sheet, the empty icon, and nothing else, whatever might get into the page."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _mark(verdict: Verdict) -> str:
    return _MARKS.get(verdict, _OTHER_MARK)


def _section(title: str, content: str) -> str:
    name = re.sub("[^a-z]+", "-", title.lower())
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{title}</h2>\n{content}\n</section>'


def _more(total: int, most: int) -> str:
    return f'<p class="quiet">And {total - most} more.</p>' if total > most else ""


def _causes(report: Report) -> Iterator[str]:
    runs = not_passed(report)
    if runs:
        cards = "\n".join(map(_cause, runs[:_MOST_CAUSES]))
        yield _section("What did not pass, and why", cards + _more(len(runs), _MOST_CAUSES))


def _cause(run: RunReport) -> str:
    details = [
        ("Run", _code(run.id)),
        ("Last error", html_text(run.last_error) if run.last_error not in run.message else ""),
        ("Seen", ", ".join(f"{html_text(word)} at {_time(moment)}" for moment, word in run.statuses)),
        ("What to do", run.advice),
        ("Results", _link(run)),
    ]
    return f"""<article class="{colour(run.verdict)}">
<h3><bdi>{_word(run.model)}</bdi> <span class="{colour(run.verdict)}">{verdict_words(run)}</span></h3>
<p>{html_text(run.message)}</p>
{_pairs(details)}
</article>"""


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "\n".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs if value)
    return f"<dl>\n{rows}\n</dl>"


def _timeline(report: Report) -> Iterator[str]:
    drawn = spans(report)
    if drawn:
        yield _section("Time line", timeline(drawn[:_MOST_BARS]) + _more(len(drawn), _MOST_BARS))


def _runs(report: Report) -> Iterator[str]:
    if report.runs:
        head = "".join(f'<th role="columnheader" scope="col">{name}</th>' for name in _COLUMNS)
        rows = "\n".join(map(_row, report.runs))
        # The roles keep it a table for a screen reader where a small screen shows it as cards.
        yield _section(
            "Runs",
            f'<table role="table">\n<thead role="rowgroup">\n<tr role="row">{head}</tr>\n</thead>\n'
            f'<tbody role="rowgroup">\n{rows}\n</tbody>\n</table>',
        )


def _row(run: RunReport) -> str:
    mark = f'<span aria-hidden="true">{_mark(run.verdict)}</span>'
    values = [
        f'<span class="verdict {colour(run.verdict)}">{mark} {verdict_words(run)}</span>',
        f"<bdi>{_word(run.model)}</bdi>",
        _code(run.id) or "-",
        _word(run.status),
        _word(run.agent),
        format_duration(run.took_s),
        _link(run, "open", f"open the results of {run.model or 'unknown model'} {run.id or ''}") or "-",
    ]
    cells = "".join(
        f'<td role="cell" data-label="{name}"><span>{value}</span></td>'
        for name, value in zip(_COLUMNS, values, strict=True)
    )
    return f'<tr role="row">{cells}</tr>'


def _facts(report: Report) -> str:
    facts = [
        ("Server", _code(report.server)),
        ("Began", _time(report.timing.started_at)),
        ("Ended", _time(report.timing.ended_at)),
        ("Looks", str(report.traffic.polls)),
        ("Requests", str(report.traffic.requests)),
    ]
    return _section("This wait", _pairs(facts))


def _word(text: str | None) -> str:
    return html_text(text or "-", 200)


def _code(text: str | None) -> str:
    return f"<code>{html_text(text, 200)}</code>" if text else ""


def _time(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{clock(moment)} UTC</time>'


def _link(run: RunReport, words: str = "", name: str = "") -> str:
    """Link to a run's results; `name` is for those who hear many links with the same words."""
    address = link(run.url)
    if not address:
        return ""
    label = f' aria-label="{html_text(name, 400)}"' if name else ""
    return f'<a href="{html_text(address)}" rel="noreferrer"{label}>{html_text(words or address)}</a>'
