"""The summary, read by a real parser of Markdown with tables and HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gate.reports import markdown
from gate.reports.report import Report
from gate.reports.text import link, markdown_text, one_line
from reporting import SERVER, foreign, make_report, make_run, reports

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def kinds(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield what a page is made of: every token, and those within it, but text."""
    for token in tokens:
        if token.type not in {"text", "text_special", "code_inline"}:
            yield f"{token.type} {token.attrGet('href') and 'link'}"
        yield from kinds(token.children or [])


@given(foreign)
def test_foreign_text_is_one_piece_of_text(text: str) -> None:
    """Alone in a paragraph, in a list and in a table, foreign text is nothing but its letters."""
    cleaned = markdown_text(text)
    shown = one_line(text).strip()
    for before in ("", "- ", "| a |\n| --- |\n| "):
        inline = [token for token in PARSER.parse(f"{before}{cleaned}") if token.type == "inline"]
        parts = (inline[-1].children or []) if inline else []
        assert {part.type for part in parts} <= {"text", "text_special", "code_inline"}
        read = "".join(part.content for part in parts).replace("\u2060", "").strip()
        assert read == shown or (before and not shown)


@given(reports)
def test_foreign_text_changes_no_page(report: Report) -> None:
    """Whatever the server said, the page is made of what it is made of where the server said nothing of note."""
    messages, errors = [run.message for run in report.runs], [run.last_error for run in report.runs]
    harmless = [
        replace(
            run,
            model=run.model and "model",
            status=run.status and "status",
            agent=run.agent and "agent",
            message=f"message {messages.index(run.message)}",
            last_error="" if run.last_error in run.message else f"error {errors.index(run.last_error)}",
            url=SERVER if link(run.url) else None,
        )
        for run in report.runs
    ]
    page, calm = (PARSER.parse(markdown.render(each)) for each in (report, replace(report, runs=tuple(harmless))))
    assert list(kinds(page)) == list(kinds(calm))


def test_links_lead_where_they_should() -> None:
    """An address with every mark that means something to Markdown is still the same address."""
    address = f"{SERVER}/a?b=1&lt;c=[2]&amp=*_~#'d'"
    text = markdown.render(make_report(make_run(url=address)))
    hrefs = [
        str(part.attrGet("href"))
        for token in PARSER.parse(text)
        for part in token.children or []
        if part.type == "link_open"
    ]
    assert [href.replace("%5B", "[").replace("%5D", "]") for href in hrefs] == [address]
