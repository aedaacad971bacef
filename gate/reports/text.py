"""The one place that cleans foreign text, for each place it goes to."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

# CSI, OSC and other escape sequences of a terminal.
_ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)|(?![\]PX^_])[ -/]*[0-~])", re.DOTALL
)
# What moves or hides other text: controls, formats such as bidirectional overrides, surrogates, private line breaks.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# GitHub, Azure and TeamCity take commands out of the middle of a line, from every line that a step prints.
_COMMAND = re.compile(r"##(?=(?:vso|teamcity)?\[)", re.IGNORECASE)
_LONGEST_LINE = 2000
_LONGEST_BLOCK = 20_000
# Of a text that is a great deal longer than what is kept of it, the rest is not even looked at.
_LOOKED_AT = 10
# Shorter pieces of Base64 are found by chance.
_SHORTEST_CORE = 8


def one_line(text: str, limit: int = _LONGEST_LINE) -> str:
    """Return text that is one line of a log or terminal: line breaks are blanks, what is unsafe is shown escaped."""
    near = _ANSI.sub("", text[: _LOOKED_AT * limit])
    return cut(_visible(re.sub(r"\s+", " ", near), keep=""), limit, beyond=len(text) - _LOOKED_AT * limit)


def block(text: str, limit: int = _LONGEST_BLOCK) -> str:
    """Return text that may have several lines, and nothing else that is unsafe."""
    near = _ANSI.sub("", text[: _LOOKED_AT * limit]).replace("\r\n", "\n").replace("\r", "\n")
    return cut(_visible(near, keep="\n\t"), limit, beyond=len(text) - _LOOKED_AT * limit)


def _visible(text: str, keep: str) -> str:
    if not text.isprintable():
        text = "".join(each if each in keep or not _is_unsafe(each) else _escaped(each) for each in text)
    return _COMMAND.sub(r"#\\x23", text)


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cut(text: str, limit: int, *, beyond: int = 0) -> str:
    """Return at most `limit` characters, with a note of how many are missing, those `beyond` the text among them."""
    missing = max(0, len(text) - limit) + max(0, beyond)
    return f"{text[:limit]}... ({missing} more characters)" if missing else text


# Compiled where it is needed, and kept by `re`: it takes longer than all the others together.
_NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
# What `html.escape` does; its module is dear at start-up, for a table of entities that is not needed.
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def xml_text(text: str, limit: int = _LONGEST_BLOCK) -> str:
    """Return text of nothing but what XML 1.0 can hold; the rest is shown escaped."""
    return re.sub(_NOT_XML, lambda found: _escaped(found[0]), block(text, limit))


def html_text(text: str, limit: int = _LONGEST_LINE) -> str:
    """Return text for an element or a quoted attribute of HTML, in one line."""
    return xml_text(one_line(text, limit)).translate(_HTML)


# Invisible and without width. Mentions, references, short codes of pictures and bare addresses are looked for in the
# text that a page shows, whatever was escaped in its source: a joiner inside is what keeps them from being found.
_JOINER = "\u2060"
_REFERENCE = re.compile(r"[@#!$%~&^:](?=\S)|\bwww(?=\.)|\bGH-(?=\d)", re.IGNORECASE)
_MARKUP = re.compile(r"[\\`*_{}\[\]<>&|~$^=#!@]|^\s*(?:[-+]|\d+[.)])")


def markdown_text(text: str, limit: int = _LONGEST_LINE) -> str:
    """Return text that is nothing but text to GitHub and GitLab, also in a cell of a table."""
    marked = _REFERENCE.sub(lambda found: found[0] + _JOINER, one_line(text, limit))
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", marked)


def mermaid_text(text: str, limit: int = 60) -> str:
    """Return a name for a task of a Mermaid diagram: of letters, digits, dots and dashes, and never empty."""
    return " ".join(re.sub(r"[^\w.-]+", " ", one_line(text)).split())[:limit].strip() or "-"


_NOT_IN_LINK = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!&'*+,;=%-]")


def link(url: str | None) -> str | None:
    """Return an address that a page may link to, or None where it is not one of the web."""
    if url is None or not re.match(r"https?://[^/]", url, re.IGNORECASE):
        return None
    address, mark, fragment = _NOT_IN_LINK.sub(lambda found: quote(found[0], safe="", errors="replace"), url).partition(
        "#"
    )
    return address + mark + fragment.replace("#", "%23")


def dotenv_value(text: str, limit: int = 500) -> str:
    """Return a value for a file of variables without quotes, in which a dollar sign would name another variable."""
    return one_line(text, limit).strip().replace("$", "\\x24")


def workflow_data(text: str) -> str:
    """Return the message of a GitHub workflow command."""
    return block(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Return the value of a property of a GitHub workflow command."""
    return workflow_data(text).replace(":", "%3A").replace(",", "%2C")


def azure_value(text: str) -> str:
    """Return the message of an Azure Pipelines logging command."""
    return block(text).replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def azure_property(text: str) -> str:
    """Return the value of a property of an Azure Pipelines logging command."""
    return azure_value(text).replace(";", "%3B").replace("]", "%5D")


_TEAMCITY = re.compile(r"[|'\[\]\n]|[^\x00-\x7f]")


def teamcity_value(text: str, limit: int = 4000) -> str:
    """Return the value of an attribute of a TeamCity service message."""
    return _TEAMCITY.sub(_teamcity_escape, block(text, limit))


def _teamcity_escape(found: re.Match[str]) -> str:
    if found[0] == "\n":
        return "|n"
    if found[0].isascii():
        return f"|{found[0]}"
    units = found[0].encode("utf-16-be")
    return "".join(f"|0x{units[at : at + 2].hex().upper()}" for at in range(0, len(units), 2))


class Redactor:
    """Hides secrets in foreign text and messages, in the forms in which they travel. It may learn more on the way.

    It is not applied to the gate's own words in reports, such as keys and verdicts: a secret that equals one of them is
    not told by them, and without them a report could not be read.
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str) -> None:
        if secret:
            self._forms |= _forms(secret) | _forms(_ANSI.sub("", secret))
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def knows(self, secret: str) -> bool:
        return secret in self._forms

    def hide(self, text: str) -> str:
        """Return the text without secrets, and without the escape sequences that could stand in the middle of one."""
        return self._pattern.sub("***", _ANSI.sub("", text)) if self._pattern else text


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", errors="surrogatepass")
    spellings: list[Callable[[], str]] = [
        lambda: secret,
        lambda: " ".join(secret.split()),
        lambda: _visible(secret, keep=""),
        lambda: quote(raw, safe=""),
        lambda: quote_plus(raw),
        lambda: base64.b64encode(raw).decode(),
        lambda: base64.urlsafe_b64encode(raw).decode(),
        lambda: secret.translate(_HTML),
        lambda: secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        lambda: json.dumps(secret)[1:-1],
        lambda: json.dumps(secret)[1:-1].replace("/", "\\/"),
        lambda: json.dumps(secret, ensure_ascii=False)[1:-1],
        lambda: repr(secret)[1:-1],
    ]
    return {form for spell in spellings if (form := spell())} | set(_base64_cores(raw))


def _base64_cores(raw: bytes) -> Iterator[str]:
    """Yield what of a secret is the same in Base64 whatever stands before and behind it, as in `user:password`."""
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(raw)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(bytes(before) + raw)[first:last].decode()
            if len(core) >= _SHORTEST_CORE:
                yield core
