"""Foreign text, cleaned for each place it goes to."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given

from gate.reports.text import (
    azure_value,
    block,
    cut,
    html_text,
    link,
    markdown_text,
    mermaid_text,
    one_line,
    shell_word,
    teamcity_value,
    workflow_data,
    workflow_property,
    xml_text,
)
from reporting import foreign

UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
COMMAND = re.compile(r"##(vso|teamcity)?\[", re.IGNORECASE)


def categories(text: str) -> set[str]:
    return {unicodedata.category(each) for each in text}


@given(foreign)
def test_a_line_of_the_log_stays_one_line(text: str) -> None:
    """Any text makes one line without controls, hidden marks, turned writing, or a command that a runner would take."""
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not categories(line) & UNSAFE
    assert not COMMAND.search(line)


@given(foreign)
def test_a_block_has_lines_and_nothing_else_unsafe(text: str) -> None:
    """Any text makes lines that end with a line feed alone and hold no other control than tabs."""
    lines = block(text)
    assert not categories(lines.replace("\n", "").replace("\t", "")) & UNSAFE
    assert not COMMAND.search(lines)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain, ünïcode 日本 🙂 - as it is", "plain, ünïcode 日本 🙂 - as it is"),
        ("two\r\nlines\tand  more", "two lines and more"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link", "textlink"),
        ("\x1b]never ended", "\\x1b]never ended"),
        ("\x9b31m \x00 \x7f", "\\x9b31m \\x00 \\x7f"),
        ("\u202eturned \u200bhidden \ud800 \U000e0041", "\\u202eturned \\u200bhidden \\ud800 \\U000e0041"),
        ("##vso[task.complete]", "#\\x23vso[task.complete]"),
        ("###[group]", "#\\x23\\x23[group]"),
        ("##TeamCity[x]", "#\\x23TeamCity[x]"),
        ("a ##[group]", "a #\\x23[group]"),
        (" \t::add-mask::x", " :\\x3aadd-mask::x"),
        ("## heading", "#\\x23 heading"),
        ("a :: b ## c", "a :: b ## c"),
        ("a\x1b\x1b[0m[1mb", "ab"),
    ],
)
def test_what_is_shown(text: str, line: str) -> None:
    """Ordinary text stays; escape sequences go; what is unsafe is shown escaped."""
    assert one_line(text) == line


def test_long_text_is_cut_with_a_note() -> None:
    """The note says how many characters are missing, also of a text so long that its end is not read."""
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 4) == "abcd... (2 more characters)"
    assert one_line("x" * 1000, 10) == f"{'x' * 10}... (990 more characters)"
    assert block("x\n" * 500, 4) == "x\nx\n... (996 more characters)"


@pytest.mark.parametrize(
    "clean", [one_line, block, xml_text, markdown_text, html_text], ids=lambda clean: clean.__name__
)
@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[", "\x1b[0", "\x1bP;", " \t", "\u202e", "##[", "@a", "1."])
def test_no_text_takes_long(clean: Callable[[str], str], piece: str) -> None:
    """A megabyte of what is laborious to clean does not hold the gate up."""
    assert len(clean(piece * 300_000)) < 400_000


@given(foreign)
def test_markup_is_text(text: str) -> None:
    """In XML and HTML the text holds no character of markup, and reads back as the line it was."""
    markup = html_text(text)
    assert not re.search(r"[<>\"']", markup)
    assert "\n" not in markup
    assert html.unescape(markup) == xml_text(one_line(text))
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", xml_text(text))


@given(foreign)
def test_markdown_shows_text(text: str) -> None:
    """What Markdown shows is the line as it was, but for joiners that nobody sees."""
    shown = html.unescape(markdown_text(text)).replace("\u2060", "")
    assert shown.replace("`", "") == one_line(text).replace("`", "")


@given(foreign)
def test_markdown_has_no_reference(text: str) -> None:
    """Where a page looks for mentions, references, addresses and short codes of pictures, it finds none."""
    shown = html.unescape(re.sub("`[^`]*`", "", markdown_text(text)))
    assert not re.search(r"[@#!~&$%^][\w/\"]|(?<!\d):[\w+-]+:|https?://|www\.|GH-\d", shown, re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("localhost:8125 cannot be reached.", "`localhost:8125` cannot be reached."),
        ("See https://dai.example:8000/a?b=1&c#d.", "See `https://dai.example:8000/a?b=1&c#d`."),
        ("(www.dai.example), me@dai.example", "(`www.dai.example`), `me@dai.example`"),
        ("url=<https://a/runs(1)>, [https://b/ü…]", "url&#61;&#60;`https://a/runs(1)`&#62;, &#91;`https://b/ü`…&#93;"),
        ("a|https://[2001:db8::7]:8000/x!y", "a&#124;`https://[2001:db8::7]:8000/x!y`"),
        ("“https://münchen.example”, mailto:me@x.example", "“`https://münchen.example`”, mailto:`me@x.example`"),
        ("at 12:34:56, version 1.2.3", "at 12:34:56, version 1.2.3"),
    ],
)
def test_an_address_can_be_copied(text: str, markdown: str) -> None:
    """An address is code, in which nothing is escaped and nothing invisible stands; a time is no address."""
    assert markdown_text(text) == markdown


@given(foreign)
def test_a_label_of_a_drawing(text: str) -> None:
    """A label for Mermaid holds nothing of its language, and is never empty."""
    assert re.fullmatch(r"[\w. -]{1,60}", mermaid_text(text))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (None, None),
        ("", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//evil.example", None),
        ("https:///path", None),
        ("https://dai.example/runs/1?a=1&b=%20#top", "https://dai.example/runs/1?a=1&b=%20#top"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("https://dai.example/##vso[x]#", "https://dai.example/#%23vso[x]%23"),
        ('HTTPS://dai.example/a b|c<d>"(e)`\\\n', "HTTPS://dai.example/a%20b%7Cc%3Cd%3E%22%28e%29%60%5C%0A"),
        ("https://dai.example/ü\ud800", "https://dai.example/%C3%BC%3F"),
    ],
)
def test_what_may_be_linked_to(url: str | None, address: str | None) -> None:
    """Only an address of the web is a link, and nothing in it ends the link."""
    assert link(url) == address


def unescape(text: str, table: dict[str, str]) -> str:
    """Undo percent escapes as a runner does, the percent sign itself last."""
    for escaped, plain in table.items():
        text = text.replace(escaped, plain)
    return text


GITHUB_DATA = {"%0D": "\r", "%0A": "\n", "%25": "%"}
GITHUB_PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
AZURE_DATA = {"%0D": "\r", "%0A": "\n", "%AZP25": "%"}


@pytest.mark.parametrize(
    ("escape", "table", "forbidden"),
    [
        (workflow_data, GITHUB_DATA, "\r\n"),
        (workflow_property, GITHUB_PROPERTY, "\r\n:,"),
        (azure_value, AZURE_DATA, "\r\n"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
@given(text=foreign)
def test_commands_read_back(escape: Callable[[str], str], table: dict[str, str], forbidden: str, text: str) -> None:
    """A runner reads the cleaned text back, and finds no end of the value in it."""
    written = escape(text)
    assert not set(written) & set(forbidden)
    assert unescape(written, table) == block(text)


@given(foreign)
def test_teamcity_reads_back(text: str) -> None:
    """TeamCity reads the cleaned text back, from ASCII without an unescaped quote or bracket."""
    written = teamcity_value(text)
    assert written.isascii()
    assert "\n" not in written
    assert re.fullmatch(r"(?:[^|'\[\]\n]|\|[|'\[\]n]|\|0x[0-9A-F]{4})*", written)
    assert read_teamcity(written) == block(text, 4000)


def read_teamcity(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code, 0)) if len(code) > 1 else "\n" if code == "n" else code

    read = re.sub(r"\|(0x[0-9A-F]{4}|.)", plain, text)
    return read.encode("utf-16", errors="surrogatepass").decode("utf-16")


@given(foreign)
def test_a_value_for_a_shell(text: str) -> None:
    """A value for a file of variables is one word, in which a shell expands nothing."""
    assert re.fullmatch(r"[A-Za-z0-9_.:,+@/=%-]*", shell_word(text))
    assert shell_word("cecaf3f5-c071:1") == "cecaf3f5-c071:1"
    assert shell_word("~/$HOME `id` !x*?[a]{b}") == "%7E/%24HOME%20%60id%60%20%21x%2A%3F%5Ba%5D%7Bb%7D"
