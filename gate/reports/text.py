"""The one place that cleans foreign text, for each place it goes to."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

# CSI, OSC and other escape sequences of a terminal.
_ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)|(?![\[\]PX^_])[ -/]*[0-~])", re.DOTALL
)
# What moves or hides other text: controls, formats such as bidirectional overrides, surrogates, private line breaks.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# GitHub, Azure and TeamCity take commands out of the middle of a line, from every line that a step prints.
_COMMAND = re.compile(r"##(?=(?:vso|teamcity)?\[)", re.IGNORECASE)
# GitHub takes others from the beginning of a line, after blanks.
_COMMAND_AT_START = re.compile(r"^\s*(?:::|##)", re.MULTILINE)
_LONGEST_LINE = 2000
_LONGEST_BLOCK = 20_000
# Of a text much longer than what is kept of it, the rest is not cleaned.
_CLEANED = 10
# Sequences nested deeper are there to deceive.
_DEEPEST = 50


def without_sequences(text: str) -> str:
    """Return text without escape sequences of a terminal, those included that appear once another is taken out."""
    for _ in range(_DEEPEST if "\x1b" in text else 0):
        cleaned = _ANSI.sub("", text)
        if cleaned == text:
            return text
        text = cleaned
    return text.partition("\x1b")[0]


def one_line(text: str, limit: int = _LONGEST_LINE) -> str:
    """Return text that is one line of a log or terminal: line breaks are blanks, what is unsafe is shown escaped."""
    near = without_sequences(text[: _CLEANED * limit])
    return cut(_visible(re.sub(r"\s+", " ", near), keep=""), limit, beyond=len(text) - _CLEANED * limit)


def block(text: str, limit: int = _LONGEST_BLOCK) -> str:
    """Return text that may have several lines, and nothing else that is unsafe."""
    near = without_sequences(text[: _CLEANED * limit]).replace("\r\n", "\n").replace("\r", "\n")
    return cut(_visible(near, keep="\n\t"), limit, beyond=len(text) - _CLEANED * limit)


def _visible(text: str, keep: str) -> str:
    if not text.isprintable():
        unsafe = {each for each in set(text).difference(keep) if unicodedata.category(each) in _UNSAFE}
        text = "".join(_escaped(each) if each in unsafe else each for each in text)
    if "##" in text or "::" in text:
        text = _COMMAND.sub(r"#\\x23", text)
        text = _COMMAND_AT_START.sub(lambda found: found[0][:-1] + _escaped(found[0][-1]), text)
    return text


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def maskable(secret: str) -> list[str]:
    """Return the lines of a secret that may be printed to be masked: none that is blank or holds a command itself."""
    return [line for line in re.split(r"[\r\n]+", secret) if line.strip() and not _COMMAND.search(line)]


def cut(text: str, limit: int, *, beyond: int = 0) -> str:
    """Return at most `limit` characters, with a note of how many are missing, those `beyond` the text among them."""
    missing = max(0, len(text) - limit) + max(0, beyond)
    return f"{text[:limit]}... ({missing} more characters)" if missing else text


# Compiled where it is needed, and kept by `re`: it takes longer than all the others together.
_NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
# What `html.escape` does; its module is dear at start-up, for a table of entities that is not needed.
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def xml_text(text: str) -> str:
    """Return text of nothing but what XML 1.0 can hold; the rest is shown escaped."""
    return re.sub(_NOT_XML, lambda found: _escaped(found[0]), block(text))


def html_text(text: str, limit: int = _LONGEST_LINE) -> str:
    """Return text for an element or a quoted attribute of HTML, in one line."""
    return xml_text(one_line(text, limit)).translate(ENTITIES)


# Invisible and without width. Mentions, references and short codes of pictures are looked for in the text that a page
# shows, whatever was escaped in its source: a joiner inside is what keeps them from being found.
_JOINER = "\u2060"
_REFERENCE = r"(?i)[@#!$%~&^](?=\S)|(?<!\d):(?=[\w+-]+:)|(?:https?|ftp):(?=//)|\bwww(?=\.)|\bGH-(?=\d)"
_MARKUP = r"[\\`*_{}\[\]<>&|~$^=#!@]|^\s*(?:[-+]|\d+[.)])"
# Shown as code, in which nothing is looked for, so that it can be copied as it is.
_ADDRESS = (
    r"(?a)((?i:https?|ftp)://(?:\([^\s`|()]*\)|\[[^\s`|\[\]]*\]|[^\s`|()\[\]])+"
    r"|(?<![\w.@+-])(?:www\.[\w./-]+|[A-Za-z][\w.-]*:\d+|[\w.+-]+@[\w.-]+)(?!\w)"
    r")(?<![.,:;!?}>\"'…”»])"
)


def markdown_text(text: str, limit: int = _LONGEST_LINE) -> str:
    """Return text that is nothing but text to GitHub and GitLab, also in a cell of a table; addresses are code."""
    pieces = re.split(_ADDRESS, one_line(text, limit))
    return "".join(f"`{piece}`" if at % 2 else _plain(piece) for at, piece in enumerate(pieces))


def _plain(text: str) -> str:
    marked = re.sub(_REFERENCE, lambda found: found[0] + _JOINER, text)
    return re.sub(_MARKUP, lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", marked)


def mermaid_text(text: str, limit: int = 60) -> str:
    """Return a name for a task of a Mermaid diagram: of letters, digits, dots and dashes, and never empty."""
    return " ".join(re.sub(r"[^\w.-]+", " ", one_line(text)).split())[:limit].strip() or "-"


def link(url: str | None) -> str | None:
    """Return an address that a page may link to, or None where it is not one of the web."""
    if url is None or not re.match(r"https?://[^/]", url, re.IGNORECASE):
        return None
    unfit = r"[^A-Za-z0-9._~:/?#\[\]@!&'*+,;=%-]"
    quoted = re.sub(unfit, lambda found: quote(found[0], safe="", errors="replace"), url)
    address, mark, fragment = quoted.partition("#")
    return address + mark + fragment.replace("#", "%23")


def shell_word(text: str) -> str:
    """Return text in which a shell, or a file of variables, finds nothing to expand: the rest is percent-encoded."""
    return quote(one_line(text, 500), safe=":,+@/=", errors="replace").replace("~", "%7E")


def workflow_data(text: str) -> str:
    """Return the message of a GitHub workflow command."""
    return block(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Return the value of a property of a GitHub workflow command."""
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")


def azure_value(text: str, limit: int = _LONGEST_BLOCK) -> str:
    """Return the message of an Azure Pipelines logging command."""
    return block(text, limit).replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def teamcity_value(text: str, limit: int = 4000) -> str:
    """Return the value of an attribute of a TeamCity service message."""
    return re.sub(r"[|'\[\]\n]|[^\x00-\x7f]", _teamcity_escape, block(text, limit))


def _teamcity_escape(found: re.Match[str]) -> str:
    if found[0] == "\n":
        return "|n"
    if found[0].isascii():
        return f"|{found[0]}"
    units = found[0].encode("utf-16-be")
    return "".join(f"|0x{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))
