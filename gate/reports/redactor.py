"""Hides secrets in text, in every spelling in which a server, a proxy or a library may send one back.

Rather than list the spellings of each secret, the text is decoded step by step (percent signs, entities, backslashes,
in any mixture and letter case), each step is searched, and what was found is replaced where it stood in the text.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from gate.core.text import ELLIPSIS
from gate.reports.spelling import decode, fold
from gate.reports.text import ENTITIES, cut, without_sequences

# Shorter secrets stand in other words by chance: they are not hidden, and the user is warned.
SHORTEST_HIDDEN = 4
# Shorter ones are hidden only where they are a word of their own; in Base64, where nothing ends a word, not at all.
SHORTEST_ANYWHERE = 8
# A token encoded more often than this was encoded to deceive; a server that wants to can deceive in other ways.
_STEPS = 4
# Of a longer text, the rest is left out.
_LONGEST = 100_000
# A text so long may have been cut in the middle of a secret; of one that was, so much of its beginning is recognised.
_MAYBE_CUT, _SHORTEST_BEGINNING = 150, 4

_MARK = "***"
_CUT_NOTE = r"\.\.\. \(\d+ more characters\)\Z"


def shortness(secret: str) -> str:
    """Return what to warn of where a secret is too short to be hidden everywhere, or nothing."""
    if len(secret) < SHORTEST_HIDDEN:
        return f"is shorter than {SHORTEST_HIDDEN} characters: it is not hidden in the output"
    if len(secret) < SHORTEST_ANYWHERE:
        return f"is shorter than {SHORTEST_ANYWHERE} characters: it is hidden only as a word of its own"
    return ""


class Redactor:
    """Replaces secrets in foreign text and messages by `***`. It may learn more of them at any time.

    The gate's own words in reports, such as keys and verdicts, do not pass through it: a secret that equals one of
    them is not revealed by it, and without them a report could not be read.
    """

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._needles: dict[str, bool] = {}

    def learn(self, secret: str) -> None:
        """Hide this secret from now on, if it is long enough for that."""
        self._secrets.add(secret)
        for spelling, anywhere in _spellings(secret):
            self._needles[spelling] = self._needles.get(spelling, False) or anywhere

    def knows(self, secret: str) -> bool:
        return secret in self._secrets

    def hide(self, text: str) -> str:
        """Return the text, cleaned of terminal sequences and cut at 100,000 characters, without secrets."""
        if not self._needles:
            return text
        text = without_sequences(cut(text, _LONGEST))
        shown: list[str] = []
        at = 0
        for start, end in self._found(text):
            if start > at or not shown:  # else it goes on where the one before ended, or overlaps it
                shown += [text[at:start], _MARK]
            at = max(at, end)
        return "".join([*shown, text[at:]])

    def _found(self, text: str) -> list[tuple[int, int]]:
        """Return where secrets stand in a text, in order; they may overlap."""
        note = re.search(_CUT_NOTE, text) if text.endswith(" more characters)") else None
        steps = [fold(text[: note.start()] if note else text)]
        spans: list[tuple[int, int]] = []
        may_be_cut = note is not None or len(text) >= _MAYBE_CUT or ELLIPSIS in text
        for _ in range(_STEPS + 1):
            for start, end in self._matches(steps[-1].text, may_be_cut=may_be_cut):
                for step in reversed(steps):
                    start, end = step.before(start, end)  # noqa: PLW2901 - the same place, one step earlier
                spans.append((start, end))
            decoded = decode(steps[-1].text, is_whole=not may_be_cut)
            if not decoded.replaced:
                break
            steps += [decoded, fold(decoded.text)]
        return sorted(spans)

    def _matches(self, text: str, *, may_be_cut: bool) -> Iterator[tuple[int, int]]:
        for needle, anywhere in self._needles.items():
            for at in _places(needle, text):
                end = at + len(needle)
                if anywhere or not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
                    yield at, end
            if may_be_cut:
                yield from _beginning_at_end(text, needle)
            if ELLIPSIS in text:
                yield from _beginnings_before_ellipsis(text, needle)


def _places(part: str, text: str, at: int = 0) -> Iterator[int]:
    """Yield where a part stands in a text, from `at` on."""
    while (at := text.find(part, at)) >= 0:
        yield at
        at += 1


def _beginning_at_end(text: str, needle: str) -> Iterator[tuple[int, int]]:
    """Yield where the end of a text is the beginning of a secret."""
    for at in _places(needle[:_SHORTEST_BEGINNING], text, max(0, len(text) - len(needle))):
        if needle.startswith(text[at:]):
            yield at, len(text)
            return


def _beginnings_before_ellipsis(text: str, needle: str) -> Iterator[tuple[int, int]]:
    """Yield where a text was cut in the middle of a secret, whatever was written behind it since."""
    for at in _places(needle[:_SHORTEST_BEGINNING], text):
        end = text.find(ELLIPSIS, at, at + len(needle))
        if end > 0 and needle.startswith(text[at:end]):
            yield at, end


def _spellings(secret: str) -> Iterator[tuple[str, bool]]:
    """Yield what is searched for, folded, and whether it is hidden also in the middle of a word."""
    raw = secret.encode("utf-8", errors="surrogatepass")
    texts = [secret, without_sequences(secret), secret.upper(), secret.lower(), raw.decode(errors="surrogateescape")]
    texts += [text.replace(" ", "+") for text in texts]
    with contextlib.suppress(UnicodeEncodeError):
        texts.append(secret.encode("latin-1").decode("utf-8", errors="surrogateescape"))
    for text in dict.fromkeys(texts):
        step = fold(text.strip())
        for _ in range(_STEPS + 1):
            if len(step.text) >= SHORTEST_HIDDEN:
                yield step.text, len(secret) >= SHORTEST_ANYWHERE
            decoded = decode(step.text, is_whole=True)
            if not decoded.replaced:
                break
            step = fold(decoded.text)
    if len(secret) >= SHORTEST_HIDDEN:
        yield from ((fold(spelled).text, len(secret) >= SHORTEST_ANYWHERE) for spelled in _spelled_once(secret))
        yield from ((encoded.lower(), True) for encoded in _in_base64(raw) if len(encoded) >= SHORTEST_ANYWHERE)


def _spelled_once(text: str) -> Iterator[str]:
    """Yield a secret in its usual spellings, since decoding may take one that is full of signs for something else."""
    yield quote(text, errors="surrogatepass")
    yield quote(text, safe="", errors="surrogatepass")
    yield quote_plus(text, errors="surrogatepass")
    yield json.dumps(text)[1:-1]
    yield repr(text)[1:-1]
    yield text.translate(ENTITIES)


def _in_base64(raw: bytes) -> Iterator[str]:
    """Yield a secret in Base64, by itself and whatever stands before and behind it, as in `user:password`."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode()
        for before in range(3):
            first, last = -(-8 * before // 6), 8 * (before + len(raw)) // 6
            yield encode(bytes(before) + raw)[first:last].decode()
