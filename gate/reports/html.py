"""One page for people that needs nothing from outside: no script, no picture, no font, no request to anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from itertools import groupby

from gate.core.duration import format_duration
from gate.core.snapshot import Poll
from gate.reports import svg
from gate.reports.elements import anchor, code, colour, mark, more, pairs, section, table, time, word
from gate.reports.facts import not_passed, spans, standing, took, verdict_words
from gate.reports.report import Report, RunReport
from gate.reports.text import html_text

# A page is looked at: what more there is of these stands in the table, and in the other reports.
_MOST_CAUSES, _MOST_BARS, _MOST_FAULTS = 100, 200, 50

_COLUMNS = ("Verdict", "Model", "Run", "Status", "Agent", "Took", "Results")


def render(report: Report) -> str:
    style = files("gate.reports").joinpath("report.css").read_text(encoding="utf-8")
    parts = (_causes, _timeline, _runs, _durations, _looks, _facts, _settings)
    content = "\n".join(each for part in parts for each in part(report))
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
<h1 class="{colour(report.verdict)}">{mark(report.verdict)} {report.verdict}</h1>
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


def _causes(report: Report) -> Iterator[str]:
    runs = not_passed(report)
    if runs:
        cards = "\n".join(map(_cause, runs[:_MOST_CAUSES]))
        yield section("causes", "What did not pass, and why", cards + more(len(runs), _MOST_CAUSES))


def _cause(run: RunReport) -> str:
    kind = colour(run.verdict)
    details = [
        ("Run", code(run.id)),
        ("Last error", html_text(run.last_error) if run.last_error not in run.message else ""),
        ("Seen", ", ".join(f"{html_text(status)} at {time(moment)}" for moment, status in run.statuses)),
        ("What to do", run.advice),
        ("Results", anchor(run.url)),
    ]
    return f"""<article class="{kind}">
<h3><bdi>{word(run.model)}</bdi> <span class="{kind}">{verdict_words(run)}</span></h3>
<p>{html_text(run.message)}</p>
{pairs(details)}
</article>"""


def _timeline(report: Report) -> Iterator[str]:
    drawn = spans(report)
    if drawn:
        yield section("timeline", "Time line", svg.timeline(drawn[:_MOST_BARS]) + more(len(drawn), _MOST_BARS))


def _runs(report: Report) -> Iterator[str]:
    if report.runs:
        yield section("runs", "Runs", table(_COLUMNS, map(_row, report.runs)))


def _row(run: RunReport) -> list[str]:
    name = f"open the results of {run.model or 'unknown model'} {run.id or ''}".strip()
    return [
        f'<span class="verdict {colour(run.verdict)}">{mark(run.verdict)} {verdict_words(run)}</span>',
        f"<bdi>{word(run.model)}</bdi>",
        code(run.id) or "-",
        word(run.status),
        word(run.agent),
        took(run),
        anchor(run.url, "open", name) or "-",
    ]


def _durations(report: Report) -> Iterator[str]:
    runs = [run for run in report.runs if run.earlier_s]
    if runs:
        drawn = svg.durations(runs[:_MOST_BARS])
        yield section("durations", "Compared with earlier runs", drawn + more(len(runs), _MOST_BARS))


def _looks(report: Report) -> Iterator[str]:
    if report.poll_log:
        faults = list(_faults(report.poll_log))
        listed = "\n".join(f"<li>{fault}</li>" for fault in faults[:_MOST_FAULTS])
        told = f"\n<ul>\n{listed}\n</ul>{more(len(faults), _MOST_FAULTS)}" if faults else ""
        yield section("looks", "Looks at the server", svg.looks(report) + told)


def _faults(polls: tuple[Poll, ...]) -> Iterator[str]:
    """Yield each fault with its time, and how often it came in a row."""
    for fault, group in groupby(polls, key=lambda poll: poll.fault):
        moments = [poll.at for poll in group]
        if fault is not None:
            until = f" to {time(moments[-1])}, {len(moments)} times" if len(moments) > 1 else ""
            yield f"{time(moments[0])}{until}: {html_text(fault)}"


def _facts(report: Report) -> Iterator[str]:
    facts = [
        ("Server", code(report.server)),
        ("Began", time(report.timing.started_at)),
        ("Ended", time(report.timing.ended_at)),
        ("Looks", str(report.traffic.polls)),
        ("Requests", str(report.traffic.requests)),
    ]
    yield section("facts", "This wait", pairs(facts))


def _settings(report: Report) -> Iterator[str]:
    if report.settings:
        rows = ([code(name), code(value) or "-", word(origin)] for name, value, origin in report.settings)
        yield section("settings", "Settings that are not the default", table(("Setting", "Value", "From"), rows))
