"""The one place that cleans foreign text, for each place it goes to."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, quote_plus

# CSI, OSC and other escape sequences of a terminal.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[ -/]*[0-~])", re.DOTALL)
# What moves or hides other text: controls, formats such as bidirectional overrides, surrogates, private line breaks.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LONGEST_LINE = 2000
_LONGEST_BLOCK = 20_000


def one_line(text: str, limit: int = _LONGEST_LINE) -> str:
    """Return text that is one line of a log or terminal: line breaks are blanks, what is unsafe is shown escaped."""
    return cut(_visible(re.sub(r"\s+", " ", _ANSI.sub("", text)), keep=""), limit)


def block(text: str, limit: int = _LONGEST_BLOCK) -> str:
    """Return text that may have several lines, and nothing else that is unsafe."""
    return cut(_visible(_ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t"), limit)


def _visible(text: str, keep: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each in keep or not _is_unsafe(each) else _escaped(each) for each in text)


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, with a note of how many are missing."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text) - limit} more characters)"


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str, limit: int = _LONGEST_BLOCK) -> str:
    """Return text of nothing but what XML 1.0 can hold; the rest is shown escaped."""
    return _NOT_XML.sub(lambda found: _escaped(found[0]), block(text, limit))


class Redactor:
    """Hides secrets in foreign text and messages, in the forms in which they travel. It may learn more on the way.

    It is not applied to the gate's own words, such as verdicts: a secret that equals one of them is not told by them.
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secret: str) -> None:
        if secret:
            self._forms |= _forms(secret)
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def hide(self, text: str) -> str:
        return self._pattern.sub("***", text) if self._pattern else text


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", errors="surrogatepass")
    spellings: list[Callable[[], str]] = [
        lambda: secret,
        lambda: " ".join(secret.split()),
        lambda: _visible(secret, keep=""),
        lambda: quote(raw, safe=""),
        lambda: quote_plus(raw),
        lambda: base64.b64encode(raw).decode(),
        lambda: json.dumps(secret)[1:-1],
        lambda: json.dumps(secret, ensure_ascii=False)[1:-1],
        lambda: repr(secret)[1:-1],
    ]
    return {form for spell in spellings if (form := spell())}
