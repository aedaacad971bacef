"""The pieces that the HTML page is made of. What is given as `str | None` is foreign text; the rest is HTML already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from gate.core.verdict import Verdict
from gate.reports.facts import clock
from gate.reports.text import html_text, link

_MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗"}
_OTHER_MARK = "!"
_LONGEST_WORD = 200


def colour(verdict: Verdict) -> str:
    """Return the class of the style sheet that colours a verdict; no reader needs the colour to know it."""
    return str(verdict) if verdict in {Verdict.PASSED, Verdict.FAILED} else "other"


def mark(verdict: Verdict) -> str:
    return f'<span aria-hidden="true">{_MARKS.get(verdict, _OTHER_MARK)}</span>'


def section(name: str, title: str, content: str) -> str:
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{title}</h2>\n{content}\n</section>'


def pairs(content: Iterable[tuple[str, str]]) -> str:
    """Return a list of names and values, without those that have no value."""
    rows = "\n".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in content if value)
    return f"<dl>\n{rows}\n</dl>"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, which a small screen shows as cards; the roles keep it a table for a screen reader."""
    head = "".join(f'<th role="columnheader" scope="col">{name}</th>' for name in columns)
    body = "\n".join(f'<tr role="row">{_cells(columns, row)}</tr>' for row in rows)
    return (
        f'<table role="table">\n<thead role="rowgroup">\n<tr role="row">{head}</tr>\n</thead>\n'
        f'<tbody role="rowgroup">\n{body}\n</tbody>\n</table>'
    )


def _cells(columns: Sequence[str], row: Sequence[str]) -> str:
    named = zip(columns, row, strict=True)
    return "".join(f'<td role="cell" data-label="{name}"><span>{value}</span></td>' for name, value in named)


def more(total: int, most: int) -> str:
    """Say how many are not shown."""
    return f'<p class="quiet">And {total - most} more.</p>' if total > most else ""


def word(text: str | None) -> str:
    return html_text(text or "-", _LONGEST_WORD)


def code(text: str | None) -> str:
    return f"<code>{html_text(text, _LONGEST_WORD)}</code>" if text else ""


def time(moment: datetime) -> str:
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{clock(moment)} UTC</time>'


def anchor(url: str | None, words: str = "", name: str = "") -> str:
    """Return a link, or nothing where it leads nowhere; `name` is for those who hear many with the same words."""
    address = link(url)
    if not address:
        return ""
    label = f' aria-label="{html_text(name)}"' if name else ""
    return f'<a href="{html_text(address, len(address))}" rel="noreferrer"{label}>{words or html_text(address)}</a>'
