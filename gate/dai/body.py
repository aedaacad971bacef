"""Reads the body of an answer: its characters, its JSON, and the server's own words in an error."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from gate.core.text import shorten

# 10,000 runs hold about 120,000 values. More than this would cost more memory than the whole gate may use.
MOST_VALUES = 300_000

# The caller cuts it further, after secrets are hidden.
_LONGEST_QUOTE = 10_000
# Of JSON without a message, so much shows what it is.
_LONGEST_CONTENT = 200

# Encodings that servers use for text. Others that Python knows (`unicode_escape`) run through the text as a program.
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.ASCII | re.IGNORECASE)
_CHARSETS = ("utf-8", "utf-16", "utf-32", "iso8859-", "cp125", "mac-roman", "shift_jis", "euc_", "gb", "big5", "koi8-")


class RepeatedKeyError(ValueError):
    """An object with two values under one key."""


class TooManyValuesError(ValueError):
    """An answer that would take too much memory to read."""


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a body. Raises UnicodeDecodeError.

    JSON is UTF-8, or UTF-16 or -32, which its first bytes show, whatever is declared. Where that fails the declared
    charset counts.
    """
    try:
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        charset = _declared(content_type)
        if charset is None:
            raise
        return body.decode(charset)


def _declared(content_type: str) -> str | None:
    found = _CHARSET.search(content_type)
    try:
        name = codecs.lookup(found[1]).name if found else ""
    except LookupError:
        return None
    return name if name.startswith(_CHARSETS) else None


def load(body: bytes, content_type: str = "", keys: Collection[str] = ("id",)) -> Any:
    """Return the content of a JSON body; no object in it may have one of `keys` twice.

    Raises ValueError or RecursionError for one that cannot be read.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise TooManyValuesError(f"larger than {MOST_VALUES:,} values")
    return json.loads(decode(body, content_type), object_pairs_hook=partial(_distinct, keys))


def _distinct(keys: Collection[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, but not out of two values for one of `keys`: nobody knows which is true."""
    content = dict(pairs)
    if len(content) != len(pairs):
        for name in keys:
            if sum(key == name for key, _ in pairs) > 1:
                raise RepeatedKeyError(f"an object with the key {name!r} twice")
    return content


def is_json(body: bytes, content_type: str = "") -> bool:
    """Return whether a body is JSON, whatever it calls itself."""
    try:
        load(body, content_type)
    except (ValueError, RecursionError):
        return False
    return True


def what_is_wrong(error: Exception) -> str:
    """Return what kept `load` from reading a body, to follow "The answer is"."""
    match error:
        case RecursionError():
            return "nested too deeply"
        case RepeatedKeyError() | TooManyValuesError():
            return str(error)
        case UnicodeDecodeError():
            return f"not in the charset of JSON, {error.encoding}"
        case json.JSONDecodeError() if error.doc.strip() and _breaks_off(error):
            return "JSON that breaks off"
    return "not JSON that can be read"


def _breaks_off(error: json.JSONDecodeError) -> bool:
    return error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")


def quote(body: bytes, content_type: str = "") -> str:
    """Return the server's own words in the body of an error, on one line.

    The shapes seen: `message` and `description`, `title` and `detail`, `detail` as a list of `msg`, OAuth's `error` and
    `error_description`; and HTML from a proxy in front, which is not quoted. Of other JSON the beginning is quoted.
    """
    try:
        words = " - ".join(dict.fromkeys(_words(load(body, content_type, keys=()))))
        if not words.strip():
            words = shorten(" ".join(decode(body, content_type).split()), _LONGEST_CONTENT)
    except (ValueError, RecursionError):
        is_html = is_page(body, content_type)
        words = "an HTML page, as from a proxy or a login page in front" if is_html else _text(body)
    return " ".join(shorten(words, _LONGEST_QUOTE).split()).rstrip(".")


def is_page(body: bytes, content_type: str = "") -> bool:
    """Return whether a body is an HTML page, as no answer of the API is."""
    begins_so = _text(body[:1000])[:200].lower().startswith(("<!doctype", "<html"))
    return begins_so or ("html" in content_type.lower() and not is_json(body, content_type))


def _text(body: bytes) -> str:
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
