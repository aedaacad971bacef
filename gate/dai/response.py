"""One answer of a server: its JSON, the server's own words in an error, its clock, its hint when to ask again."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from gate.core.record import record
from gate.core.text import shorten
from gate.dai.peer import Peer

# 10,000 runs hold about 120,000 values. More than this would cost more memory than the whole gate may use.
MOST_VALUES = 300_000

# The caller cuts it further, after secrets are hidden.
_LONGEST_QUOTE = 10_000
# Of JSON without a message, so much shows what it is.
_LONGEST_CONTENT = 200

# Encodings that servers use for text. Others that Python knows (`unicode_escape`) run through the text as a program.
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.ASCII | re.IGNORECASE)
_CHARSETS = ("utf-8", "utf-16", "utf-32", "iso8859-", "cp125", "mac-roman", "shift_jis", "euc_", "gb", "big5", "koi8-")


class UnreadError(ValueError):
    """JSON that is not read: it has two values under one key, or would take too much memory."""


@record
class Response:
    """An answer, read to its end; `signature` is the Authorization that the request carried."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    peer: Peer
    signature: str = field(default="", repr=False)

    def text(self) -> str:
        """Return the text of the body. Raises UnicodeDecodeError.

        JSON is UTF-8, or UTF-16 or -32, which its first bytes show, whatever is declared. Where that fails the declared
        charset counts.
        """
        try:
            return self.body.decode(json.detect_encoding(self.body))
        except UnicodeDecodeError:
            charset = _declared(self._content_type)
            if charset is None:
                raise
            return self.body.decode(charset)

    def content(self, keys: Collection[str] = ("id",)) -> Any:
        """Return the content of a JSON body; no object in it may have one of `keys` twice.

        Raises ValueError or RecursionError for one that cannot be read.
        """
        if sum(map(self.body.count, (b",", b"[", b"{"))) > MOST_VALUES:
            raise UnreadError(f"larger than {MOST_VALUES:,} values")
        return json.loads(self.text(), object_pairs_hook=partial(_distinct, keys))

    @property
    def is_json(self) -> bool:
        """Return whether the body is JSON, whatever it calls itself."""
        try:
            self.content()
        except (ValueError, RecursionError):
            return False
        return True

    @property
    def is_page(self) -> bool:
        """Return whether the body is an HTML page, as no answer of the API is."""
        begins_so = _as_utf_8(self.body[:1000])[:200].lower().startswith(("<!doctype", "<html"))
        return begins_so or ("html" in self._content_type.lower() and not self.is_json)

    @property
    def words(self) -> str:
        """Return the server's own words in the body of an error, on one line.

        The shapes seen: `message` and `description`, `title` and `detail`, `detail` as a list of `msg`, OAuth's `error`
        and `error_description`; and HTML from a proxy in front, which is not quoted. Of other JSON the beginning is
        quoted.
        """
        try:
            words = " - ".join(dict.fromkeys(_words(self.content(keys=()))))
            if not words.strip():
                words = shorten(" ".join(self.text().split()), _LONGEST_CONTENT)
        except (ValueError, RecursionError):
            words = "an HTML page, as from a proxy or a login page in front" if self.is_page else _as_utf_8(self.body)
        return " ".join(shorten(words, _LONGEST_QUOTE).split()).rstrip(".")

    @property
    def date(self) -> datetime | None:
        """Return the server's Date in UTC; None where it is missing or no date."""
        return _http_date(self.headers.get("Date", ""))

    @property
    def retry_after(self) -> float | None:
        """Return a Retry-After in seconds, never negative; None where it is missing or senseless.

        One that is an HTTP date counts from the server's own Date: the clocks here and there need not agree.
        """
        text = self.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:12])
        moment, now = _http_date(text), self.date
        return None if moment is None or now is None else max(0.0, (moment - now).total_seconds())

    @property
    def _content_type(self) -> str:
        return self.headers.get("Content-Type", "")


def _declared(content_type: str) -> str | None:
    found = _CHARSET.search(content_type)
    try:
        name = codecs.lookup(found[1]).name if found else ""
    except LookupError:
        return None
    return name if name.startswith(_CHARSETS) else None


def _distinct(keys: Collection[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, but not out of two values for one of `keys`: nobody knows which is true."""
    content = dict(pairs)
    if len(content) != len(pairs):
        for name in keys:
            if sum(key == name for key, _ in pairs) > 1:
                raise UnreadError(f"an object with the key {name!r} twice")
    return content


def _as_utf_8(body: bytes) -> str:
    return body.decode("utf-8", errors="replace").strip()


def _words(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for each in content[:3]:
            yield from _words(each)
    elif isinstance(content, dict):
        for key in ("title", "message", "error", "error_description", "description", "detail", "msg"):
            if key in content:
                yield from _words(content[key])


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def what_is_wrong(error: Exception) -> str:
    """Return what kept `content` from reading a body, to follow "The answer is"."""
    match error:
        case RecursionError():
            return "nested too deeply"
        case UnreadError():
            return str(error)
        case UnicodeDecodeError():
            return f"not in the charset of JSON, {error.encoding}"
        case json.JSONDecodeError() if error.doc.strip() and _breaks_off(error):
            return "JSON that breaks off"
    return "not JSON that can be read"


def _breaks_off(error: json.JSONDecodeError) -> bool:
    return error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
