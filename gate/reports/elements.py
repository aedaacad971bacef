"""The pieces that the HTML page is made of: `Html` is markup already, `str` is text, foreign or not, and is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NewType

from gate.core.verdict import Verdict
from gate.reports.facts import clock
from gate.reports.text import html_text, link

Html = NewType("Html", str)

NOTHING = Html("")
_MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗"}
_LONGEST_WORD = 200


def escape(text: str | None, limit: int = _LONGEST_WORD) -> Html:
    """Return text as markup in one line, cut at `limit` characters; a dash where there is none."""
    return Html(html_text(text or "-", limit))


def joined(parts: Iterable[Html], between: str = "\n") -> Html:
    return Html(between.join(part for part in parts if part))


def colour(verdict: Verdict) -> str:
    """Return the class of the style sheet that colours a verdict; no reader needs the colour to know it."""
    return str(verdict) if verdict in {Verdict.PASSED, Verdict.FAILED} else "other"


def badge(verdict: Verdict, words: str) -> Html:
    """Return words in a verdict's colour, with its mark, which a screen reader leaves out."""
    mark = f'<span aria-hidden="true">{_MARKS.get(verdict, "!")}</span>'
    return Html(f'<span class="verdict {colour(verdict)}">{mark} {escape(words)}</span>')


def named(kind: str, model: str | None, run_id: str) -> Html:
    """Return the name of a run's model, which a page may cut, and a short id, if it is not empty."""
    short = f" <code>{escape(run_id)}</code>" if run_id else ""
    return Html(f'<span class="{kind}"><bdi>{escape(model)}</bdi>{short}</span>')


def folded(title: str, content: Html, *, is_open: bool = False) -> Html:
    """Return a section that opens where its title is chosen."""
    attribute = " open" if is_open else ""
    return Html(
        f'<details class="part"{attribute}>\n<summary><h2>{escape(title)}</h2></summary>\n{content}\n</details>'
    )


def pairs(content: Iterable[tuple[str, Html]]) -> Html:
    """Return a list of names and values, without those that have no value."""
    rows = (Html(f"<dt>{escape(name)}</dt><dd>{value}</dd>") for name, value in content if value)
    return Html(f"<dl>\n{joined(rows)}\n</dl>")


def code(text: str | None) -> Html:
    return Html(f"<code>{html_text(text, _LONGEST_WORD)}</code>") if text else NOTHING


def time(moment: datetime | None) -> Html:
    if moment is None:
        return NOTHING
    return Html(f'<time datetime="{moment.isoformat(timespec="seconds")}">{clock(moment)} UTC</time>')


def anchor(url: str | None, words: str = "", name: str = "") -> Html:
    """Return a link, or nothing where it leads nowhere; `name` is for those who hear many with the same words."""
    address = link(url)
    if not address:
        return NOTHING
    label = f' aria-label="{html_text(name)}"' if name else ""
    shown = escape(words) if words else html_text(address)
    return Html(f'<a href="{html_text(address, len(address))}" rel="noreferrer"{label}>{shown}</a>')
