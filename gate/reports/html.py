"""One page for people that needs nothing from outside: no script, no picture, no font, no request to anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import groupby

from gate.core.duration import format_duration
from gate.core.snapshot import Poll
from gate.core.verdict import PRECEDENCE, TABLE, Verdict
from gate.reports import svg
from gate.reports.elements import (
    NOTHING,
    Html,
    anchor,
    badge,
    code,
    colour,
    escape,
    folded,
    joined,
    more,
    named,
    pairs,
    section,
    table,
    time,
)
from gate.reports.facts import attempt_lines, length, spans, standing, took
from gate.reports.report import Report, RunReport
from gate.reports.text import html_text

# A page is for the eye: what more there is of these stands in the list, and in the other reports.
_MOST_BARS, _MOST_FAULTS = 200, 50
# Of more runs, the time line shows those that did not pass; of more of those, it is folded.
_MOST_IN_SIGHT = 15
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
    duration = format_duration(report.timing.elapsed_s)
    facts = [
        ("Server", code(report.server)),
        ("Waited", Html(f"{time(report.timing.started_at)} to {time(report.timing.ended_at)}")),
        ("Pipeline job", anchor(report.job_url)),
        ("To resume", _command(report.resume)),
    ]
    return Html(f"""<header class="{colour(report.verdict)}">
<h1>{badge(report.verdict, report.verdict)}</h1>
<p>{standing(report)} after {duration}, exit code {report.exit_code}.</p>
<ul class="counts">
{counts}
</ul>
{pairs(facts)}
</header>""")


def _command(resume: str | None) -> Html:
    """Return a command to copy, as one click selects it; a long one scrolls, also by keyboard."""
    if not resume:
        return NOTHING
    return Html(f'<code class="command" tabindex="0">{escape(resume, _LONGEST_COMMAND)}</code>')


def _by_verdict(report: Report) -> list[tuple[Verdict, list[RunReport]]]:
    """Return the runs of each verdict that there is, the worst first."""
    groups = [(verdict, [run for run in report.runs if run.verdict is verdict]) for verdict in PRECEDENCE]
    return [(verdict, runs) for verdict, runs in groups if runs]


def _runs(report: Report) -> Html:
    return joined(_group(verdict, runs) for verdict, runs in _by_verdict(report))


def _group(verdict: Verdict, runs: Sequence[RunReport]) -> Html:
    """Return the runs of one verdict as a list, with what to do once."""
    listed = Html(f'<ul class="runs">\n{joined(map(_run, runs))}\n</ul>')
    if verdict is not Verdict.PASSED:
        listed = Html(f'<p class="advice">{escape(TABLE[verdict].advice, 1000)}</p>\n{listed}')
    return section(f"verdict-{verdict}", f"{verdict.capitalize()} ({len(runs)})", listed)


def _run(run: RunReport) -> Html:
    """Return a run as one line, which opens to all that is known of it."""
    name = f"open the results of {run.model or 'unknown model'} {run.id or ''}".strip()
    reason = f"{run.reason}: " if run.reason else ""
    why = run.agent or "" if run.verdict is Verdict.PASSED else f"{reason}{run.message}"
    details = [
        ("Message", escape(run.message, 2000)),
        ("Run", code(run.id)),
        ("Status", escape(run.status) if run.status else NOTHING),
        ("Agent", escape(run.agent) if run.agent else NOTHING),
        ("Took", escape(took(run))),
        ("Started", time(run.started_at)),
        ("Ended", time(run.ended_at)),
        ("Seen", joined((Html(f"{escape(status)} at {time(moment)}") for moment, status in run.statuses), ", ")),
        ("Earlier attempts", joined((escape(line, 2000) for line in attempt_lines(run)), "; ")),
        ("Last error", escape(run.last_error, 2000) if run.last_error not in run.message else NOTHING),
        ("Results", anchor(run.url)),
    ]
    return Html(f"""<li>
<details>
<summary>{badge(run.verdict, run.verdict)}
{named("model", run.model, _short(run.id))}
<span class="why">{html_text(why, 500)}</span>
<span class="took">{length(run)}</span></summary>
{pairs(details)}
</details>
{anchor(run.url, "open", name)}
</li>""")


def _short(run_id: str | None) -> str:
    return run_id[:8] if run_id and len(run_id) == 36 else run_id or "-"


def _timeline(report: Report) -> Html:
    drawn = spans(report)
    title = "Timeline"
    if len(drawn) > _MOST_IN_SIGHT:
        drawn = [span for span in drawn if span.run.verdict is not Verdict.PASSED]
        title = "Timeline of what did not pass"
    if not drawn:
        return NOTHING
    drawn.sort(key=lambda span: PRECEDENCE.index(span.run.verdict))
    content = Html(svg.timeline(drawn[:_MOST_BARS]) + more(len(drawn), _MOST_BARS))
    return folded(title, content, is_open=len(drawn) <= _MOST_IN_SIGHT)


def _durations(report: Report) -> Html:
    runs = [run for run in report.runs if run.earlier_s]
    if not runs:
        return NOTHING
    content = Html(svg.durations(runs[:_MOST_BARS]) + more(len(runs), _MOST_BARS))
    return folded("Compared with earlier runs", content)


def _polls(report: Report) -> Html:
    if not report.poll_log:
        return NOTHING
    faults = list(_faults(report.poll_log))
    listed = joined(Html(f"<li>{fault}</li>") for fault in faults[:_MOST_FAULTS])
    without = sum(poll.fault is not None for poll in report.poll_log)
    title = f"{report.traffic.polls} polls, {without} without a usable answer; {report.traffic.requests} requests"
    rest = Html(f"\n<ul>\n{listed}\n</ul>{more(len(faults), _MOST_FAULTS)}") if faults else NOTHING
    return folded(title, Html(svg.polls(report) + rest))


def _faults(polls: tuple[Poll, ...]) -> Iterator[Html]:
    """Yield each fault with its time, and how often it came in a row."""
    for fault, group in groupby(polls, key=lambda poll: poll.fault):
        moments = [poll.at for poll in group]
        if fault is not None:
            until = f" to {time(moments[-1])}, {len(moments)} times" if len(moments) > 1 else ""
            yield Html(f"{time(moments[0])}{until}: {escape(fault, 2000)}")


def _settings(report: Report) -> Html:
    if not report.settings:
        return NOTHING
    rows = ([code(name), code(value) or escape(None), escape(origin)] for name, value, origin in report.settings)
    return folded(
        f"Settings that are not the default ({len(report.settings)})", table(("Setting", "Value", "From"), rows)
    )
