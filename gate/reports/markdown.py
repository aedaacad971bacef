"""A summary for people, as GitHub and GitLab draw it: the verdict, the runs, why one did not pass, what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from gate.core.verdict import PRECEDENCE, Verdict
from gate.reports.facts import (
    Span,
    clock,
    cost,
    next_step,
    standing,
    telling_ids,
    timeline,
    took,
    verdict_words,
    worst_first,
)
from gate.reports.report import Report, RunReport
from gate.reports.text import link, markdown_text, mermaid_text, one_line

# GitHub takes no summary of more than 1 MiB, and other steps may want room in it.
_LONGEST = 900_000
_LONGEST_WORD, _LONGEST_MESSAGE = 200, 1000
# More tasks than these no diagram shows legibly, and Mermaid refuses more than 50,000 characters.
_MOST_TASKS = 50

_MARKS = {Verdict.PASSED: "✅", Verdict.FAILED: "❌"}
_HEAD = """\
| Verdict | Model | Run | Status | Agent | Took | Results |
| --- | --- | --- | --- | --- | ---: | --- |"""
_MERMAID_TAGS = {Verdict.PASSED: "done", Verdict.FAILED: "crit"}


def render(report: Report) -> str:
    """Return the summary; of a very great number of runs, as many as there is room for."""
    runs = shown = worst_first(report.runs)
    while len((text := _page(report, shown)).encode()) > _LONGEST:
        shown = runs[: len(shown) // 2]
    return text


def _page(report: Report, shown: Sequence[RunReport]) -> str:
    verdicts = sorted({run.verdict for run in report.runs}, key=PRECEDENCE.index)
    steps = {verdict: next_step(verdict, report) for verdict in verdicts}
    left_out = len(report.runs) - len(shown)
    parts = [
        f"# {_mark(report.verdict)} dai-gate: {report.verdict}",
        f"**{standing(report)}**; {cost(report)}. Server: `{link(report.server) or '-'}`",
        _section("What did not pass, and why", _causes(shown)),
        _section("What to do next", [f"- **{verdict}**: {step}" for verdict, step in steps.items() if step]),
        _resume(report),
        _section("Runs", [_HEAD, *map(_row, shown)] if shown else []),
        _section("Earlier attempts", _attempts(shown)),
        f"_{left_out} more runs are not listed here; those that did not pass come first._" if left_out else "",
        _timeline(report),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _section(title: str, lines: Iterable[str]) -> str:
    """Return lines under their title; nothing where there are none."""
    content = "\n".join(lines)
    # Underlined: on a stream a build server would take a line that begins with two number signs for a command.
    return f"{title}\n{'-' * len(title)}\n\n{content}" if content else ""


def _mark(verdict: Verdict) -> str:
    return _MARKS.get(verdict, "⚠️")


def _row(run: RunReport) -> str:
    address = (link(run.url) or "").replace("&", "&amp;")
    cells = [
        f"{_mark(run.verdict)} {verdict_words(run)}",
        _word(run.model),
        _id(run),
        _word(run.status),
        _word(run.agent),
        took(run),
        f"[open](<{address}>)" if address else "-",
    ]
    return f"| {' | '.join(cells)} |"


def _word(text: str | None) -> str:
    return markdown_text(text, _LONGEST_WORD) if text else "-"


def _id(run: RunReport) -> str:
    # In a code span GitHub takes no part of a UUID for a commit.
    return f"`{run.id}`" if run.id and re.fullmatch(r"[A-Za-z0-9-]{1,200}", run.id) else _word(run.id)


def _attempts(runs: Sequence[RunReport]) -> Iterator[str]:
    for run in runs:
        for number, each in enumerate(run.attempts, 1):
            yield f"- Attempt {number}: {_id(each)} {each.verdict} - {markdown_text(each.message, _LONGEST_MESSAGE)}"


def _causes(runs: Sequence[RunReport]) -> Iterator[str]:
    """Yield why runs did not pass, once for those that stand together and have the same reason."""
    bad = (run for run in runs if run.verdict is not Verdict.PASSED)
    for _, group in groupby(bad, lambda run: (verdict_words(run), run.message, run.last_error)):
        alike = list(group)
        run, names = alike[0], ", ".join(map(_name, alike))
        yield f"- **{verdict_words(run)}** {names}: {markdown_text(run.message, _LONGEST_MESSAGE)}"
        if run.last_error and run.last_error not in run.message:
            yield f"  - Last error: {markdown_text(run.last_error, _LONGEST_MESSAGE)}"


def _name(run: RunReport) -> str:
    model = _word(run.model or "unknown model")
    return f"{model} {_id(run)}" if run.id else model


def _resume(report: Report) -> str:
    resume = report.resume or ""
    return f"To resume: `{one_line(resume, len(resume))}`" if resume and "`" not in resume else ""


def _timeline(report: Report) -> str:
    """Return a chart where it says more than the table: of two runs or more."""
    title, every = timeline(report)
    drawn = every[:_MOST_TASKS]
    if len(drawn) < 2:
        return ""
    dates = ["dateFormat YYYY-MM-DD HH:mm:ss", f"axisFormat {_axis(drawn)}", "todayMarker off"]
    tasks = map(_task, range(1, len(drawn) + 1), drawn, telling_ids([span.run for span in drawn]))
    more = [f"\n_And {len(every) - len(drawn)} more._"] if len(every) > len(drawn) else []
    return _section(title, ["```mermaid", "gantt", *dates, "section Runs (UTC)", *tasks, "```", *more])


def _axis(drawn: Sequence[Span]) -> str:
    length = max(span.end for span in drawn) - min(span.start for span in drawn)
    if length < timedelta(minutes=10):
        return "%H:%M:%S"
    return "%H:%M" if length < timedelta(days=1) else "%m-%d %H:%M"


def _task(number: int, span: Span, run_id: str) -> str:
    # The number in front keeps a name from being read as a word of Mermaid's own.
    words = [mermaid_text(span.run.model or "unknown model"), *([mermaid_text(run_id, 20)] if run_id else [])]
    name = " ".join([str(number), *words, span.run.verdict])
    end = max(span.end, span.start + timedelta(seconds=1))
    return f"{name} :{_MERMAID_TAGS.get(span.run.verdict, 'active')}, {clock(span.start)}, {clock(end)}"
