"""One page for people that needs nothing from outside: no script, no picture, no font, no request to anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.resources import files

from gate.core.snapshot import Poll
from gate.core.verdict import PRECEDENCE, Verdict
from gate.reports import svg
from gate.reports.elements import NOTHING, Html, anchor, badge, code, colour, escape, folded, joined, named, pairs, time
from gate.reports.facts import MANY, cost, length, next_step, short_ids, standing, timeline, took, worst_first
from gate.reports.report import Report, RunReport
from gate.reports.text import html_text
from gate.reports.wording import counted

# A page is for the eye: what more there is of these stands in the list, and in the other reports.
_MOST_BARS, _MOST_FAULTS = 200, 50
_LONGEST_COMMAND = 20_000


def render(report: Report) -> str:
    style = files("gate.reports").joinpath("report.css").read_text(encoding="utf-8")
    content = joined(part(report) for part in (_runs, _timeline, _durations, _polls, _settings))
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
{_header(report)}
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


def _header(report: Report) -> Html:
    counts = joined(
        Html(f"<li>{badge(verdict, f'{len(runs)} {verdict}')}</li>") for verdict, runs in _by_verdict(report)
    )
    command = Html(f'<code class="command" tabindex="0">{escape(report.resume, _LONGEST_COMMAND)}</code>')
    facts = [
        ("Server", code(report.server)),
        ("Waited", Html(f"{time(report.started_at)} to {time(report.ended_at)}")),
        ("Pipeline job", anchor(report.job_url)),
        # One click selects it; a long one scrolls, also by keyboard.
        ("To resume", command if report.resume else NOTHING),
    ]
    return Html(f"""<header class="{colour(report.verdict)}">
<h1>{badge(report.verdict, report.verdict)}</h1>
<p>{standing(report)}; {cost(report)}.</p>
<ul class="counts">
{counts}
</ul>
{pairs(facts)}
</header>""")


def _by_verdict(report: Report) -> list[tuple[Verdict, list[RunReport]]]:
    """Return the runs of each verdict that there is, the worst first."""
    groups = [(verdict, [run for run in report.runs if run.verdict is verdict]) for verdict in PRECEDENCE]
    return [(verdict, runs) for verdict, runs in groups if runs]


def _runs(report: Report) -> Html:
    ids = dict(zip((run.id for run in report.runs), short_ids(report.runs), strict=True))
    return joined(_group(verdict, runs, ids, next_step(verdict, report)) for verdict, runs in _by_verdict(report))


def _group(verdict: Verdict, runs: Sequence[RunReport], ids: Mapping[str | None, str], advice: str) -> Html:
    """Return the runs of one verdict as a list, with what to do once."""
    shown = f'<p class="advice">{escape(advice, 1000)}</p>\n' if advice else ""
    return Html(f"""<section aria-labelledby="verdict-{verdict}">
<h2 id="verdict-{verdict}">{verdict.capitalize()} ({len(runs)})</h2>
{shown}<ul class="runs">
{joined(_run(run, ids[run.id]) for run in runs)}
</ul>
</section>""")


def _run(run: RunReport, run_id: str) -> Html:
    """Return a run as one line, with its short id, which opens to all that is known of it."""
    model = run.model or "unknown model"
    name = f"open the results of {model} {run.id or ''}".strip()
    attempt = f"attempt {len(run.attempts) + 1}" if run.attempts else ""
    why = [attempt, run.agent or ""] if run.verdict is Verdict.PASSED else [attempt, run.reason or "", run.message]
    details = [
        ("Message", escape(run.message, 2000)),
        ("Reason", escape(run.reason) if run.reason else NOTHING),
        ("Run", code(run.id)),
        ("Status", escape(run.status) if run.status else NOTHING),
        ("Agent", escape(run.agent) if run.agent else NOTHING),
        ("Took", escape(took(run))),
        ("Started", time(run.started_at)),
        ("Ended", time(run.ended_at)),
        ("Seen", joined((Html(f"{escape(status)} at {time(moment)}") for moment, status in run.statuses), ", ")),
        ("Earlier attempts", _attempts(run)),
        ("Last error", escape(run.last_error, 2000) if run.last_error not in run.message else NOTHING),
        ("Results", anchor(run.url)),
    ]
    return Html(f"""<li>
<details>
<summary>{badge(run.verdict, run.verdict)}
{named("model", model, run_id)}
<span class="why">{html_text(": ".join(filter(None, why)), 500)}</span>
<span class="took">{length(run)}</span></summary>
{pairs(details)}
</details>
{anchor(run.url, "open", name)}
</li>""")


def _attempts(run: RunReport) -> Html:
    rows = [
        Html(f"<li>Attempt {number}: {code(each.id)} {each.verdict} - {escape(each.message, 2000)}</li>")
        for number, each in enumerate(run.attempts, 1)
    ]
    return Html(f"<ul>\n{joined(rows)}\n</ul>") if rows else NOTHING


def _timeline(report: Report) -> Html:
    title, drawn = timeline(report)
    if not drawn:
        return NOTHING
    content = Html(svg.timeline(drawn[:_MOST_BARS]) + _more(len(drawn), _MOST_BARS))
    return folded(title, content, is_open=len(drawn) <= MANY)


def _more(total: int, most: int) -> Html:
    """Return how many are not shown."""
    return Html(f'\n<p class="quiet">And {total - most} more.</p>') if total > most else NOTHING


def _durations(report: Report) -> Html:
    runs = worst_first(run for run in report.runs if run.earlier_s)
    if not runs:
        return NOTHING
    content = Html(svg.durations(runs[:_MOST_BARS]) + _more(len(runs), _MOST_BARS))
    return folded("Compared with earlier runs", content)


def _polls(report: Report) -> Html:
    if not report.poll_log:
        return NOTHING
    faults = list(_faults(report.poll_log))
    listed = joined(Html(f"<li>{fault}</li>") for fault in faults[:_MOST_FAULTS])
    without = sum(poll.fault is not None for poll in report.poll_log)
    polls, requests = counted(report.polls, "poll"), counted(report.requests, "request")
    title = f"{polls}, {without} without a usable answer; {requests}"
    rest = Html(f"\n<ul>\n{listed}\n</ul>{_more(len(faults), _MOST_FAULTS)}") if faults else NOTHING
    return folded(title, Html(svg.polls(report) + rest))


def _faults(polls: tuple[Poll, ...]) -> Iterator[Html]:
    """Yield each fault once, with when and how often it came."""
    moments: dict[str, list[datetime]] = {}
    for poll in polls:
        if poll.fault is not None:
            moments.setdefault(poll.fault, []).append(poll.at)
    for fault, (first, *others) in moments.items():
        until = f" to {time(others[-1])}" if others and time(others[-1]) != time(first) else ""
        often = f", {len(others) + 1} times" if others else ""
        yield Html(f"{time(first)}{until}{often}: {escape(fault, 2000)}")


def _settings(report: Report) -> Html:
    if not report.settings:
        return NOTHING
    rows = joined(
        Html(f"<tr><td>{code(name)}</td><td>{code(value) or escape(None)}</td><td>{escape(origin)}</td></tr>")
        for name, value, origin in report.settings
    )
    head = '<th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th>'
    table = Html(f"<table>\n<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>")
    title = f"Settings that are not the default ({len(report.settings)})"
    return folded(title, table)
