"""Hides secrets in text, in every spelling in which a server, a proxy or a library may send one back.

Rather than list the spellings of each secret, the text is decoded step by step (percent signs, entities, backslashes,
in any mixture and letter case), each step is searched, and what was found is replaced where it stood in the text.
"""

from __future__ import annotations

import base64
import contextlib
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from gate.reports.text import cut, without_sequences

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
# One spelled character, in lower case: percent-encoded bytes, an entity, a backslash escape. A sequence that encodes
# its own sign again (%25, &amp;, \\) is taken as a whole. At the end of a text it may be incomplete.
_SPELLED = r"""
      (?P<bytes>(?:%(?:25)*[0-9a-f]{2})+)
    | &(?:amp;)*(?:\#x0*(?P<hex>[0-9a-f]{1,6}+)|\#0*(?P<decimal>[0-9]{1,7}+))(?:;|(?!\Z))
    | &(?:amp;)*(?P<name>[a-z][a-z0-9]{1,30});
    | \\+u(?P<pair>d[89ab][0-9a-f]{2}\\+ud[c-f][0-9a-f]{2})
    | \\+u(?P<hex8>00(?:0[0-9a-f]|10)[0-9a-f]{4})
    | (?:\\+|%(?:25)*)u(?P<hex4>[0-9a-f]{4})
    | \\+x(?P<hex2>[0-9a-f]{2})
    | \\+(?P<escape>[/"'abfnrtv0])
    | (?P<backslash>\\{2,})
    | (?:%(?:25)*[0-9a-f]? | &[\#a-z0-9;]{0,12} | \\+[ux]?[0-9a-f]{0,3})\Z
"""
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "b": "\b", "0": "\0"}
# Blanks of any kind and number count as one, and what nobody sees counts as nothing.
_UNSEEN = (
    r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f"
)
_BLANKS_OR_UNSEEN = rf"[\s{_UNSEEN}]{{2,}}|[^\S ]|[{_UNSEEN}]"


def shortness(secret: str) -> str:
    """Return what to warn of where a secret is too short to be hidden everywhere, or nothing."""
    if len(secret) < SHORTEST_HIDDEN:
        return f"is shorter than {SHORTEST_HIDDEN} characters: it is not hidden in the output"
    if len(secret) < SHORTEST_ANYWHERE:
        return f"is shorter than {SHORTEST_ANYWHERE} characters: only where it is a word of its own is it hidden"
    return ""


class _Step(NamedTuple):
    """A text after one step of decoding, and what was replaced: where it stands now, and where it stood before."""

    text: str
    replaced: list[tuple[int, int, int, int]]

    def before(self, start: int, end: int) -> tuple[int, int]:
        """Return where the characters from `start` to `end` stood in the text before this step."""
        return self._start(start), self._end(end)

    def _start(self, at: int) -> int:
        index = bisect_left(self.replaced, at, key=lambda each: each[1])
        if index < len(self.replaced) and self.replaced[index][0] < at == self.replaced[index][1]:
            index += 1  # it ends where we begin
        if index < len(self.replaced) and self.replaced[index][0] <= at:
            return self.replaced[index][2]
        return at if index == 0 else at - self.replaced[index - 1][1] + self.replaced[index - 1][3]

    def _end(self, at: int) -> int:
        index = bisect_right(self.replaced, at, key=lambda each: each[0]) - 1
        if index >= 0 and self.replaced[index][0] == at < self.replaced[index][1]:
            index -= 1  # it begins where we end
        if index < 0:
            return at
        _, end, _, end_before = self.replaced[index]
        return end_before if at <= end else at - end + end_before


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
        shown, at = [], 0
        for start, end in self._found(text):
            if end > at:
                shown += [text[at:start], _MARK]
                at = end
        return "".join([*shown, text[at:]]) if shown else text

    def _found(self, text: str) -> list[tuple[int, int]]:
        """Return where secrets stand in a text, in order; of those that overlap, the union."""
        note = re.search(_CUT_NOTE, text) if text.endswith(" more characters)") else None
        steps = [_fold(text[: note.start()] if note else text)]
        spans: list[tuple[int, int]] = []
        may_be_cut = note is not None or len(text) >= _MAYBE_CUT
        for _ in range(_STEPS + 1):
            for start, end in self._matches(steps[-1].text, may_be_cut=may_be_cut):
                for step in reversed(steps):
                    start, end = step.before(start, end)  # noqa: PLW2901 - the same place, one step earlier
                spans.append((start, end))
            decoded = _decode(steps[-1].text)
            if not decoded.replaced:
                break
            steps += [decoded, _fold(decoded.text)]
        return list(_merged(sorted(spans)))

    def _matches(self, text: str, *, may_be_cut: bool) -> Iterator[tuple[int, int]]:
        for needle, anywhere in self._needles.items():
            at = text.find(needle)
            while at >= 0:
                end = at + len(needle)
                if anywhere or not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
                    yield at, end
                at = text.find(needle, at + 1)
            if may_be_cut:
                yield from _beginning_at_end(text, needle)


def _beginning_at_end(text: str, needle: str) -> Iterator[tuple[int, int]]:
    """Yield where the end of a text is the beginning of a secret."""
    at = text.find(needle[:_SHORTEST_BEGINNING], max(0, len(text) - len(needle)))
    while at >= 0:
        if needle.startswith(text[at:]):
            yield at, len(text)
            return
        at = text.find(needle[:_SHORTEST_BEGINNING], at + 1)


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    if not spans:
        return
    first, last = spans[0]
    for start, end in spans[1:]:
        if start > last:
            yield first, last
            first, last = start, end
        last = max(last, end)
    yield first, last


def _fold(text: str) -> _Step:
    """Return a text in which letter case, kinds of blanks and invisible characters make no difference."""
    lower = text.lower()
    if len(lower) != len(text):  # a few capitals have two small letters
        lower = "".join(small if len(small := each.lower()) == 1 else each for each in text)
    if lower.isprintable() and "  " not in lower:
        return _Step(lower, [])
    return _replace(re.compile(_BLANKS_OR_UNSEEN), lower, _seen)


def _seen(found: re.Match[str]) -> Iterable[tuple[str, int]]:
    return [(" " if any(map(str.isspace, found[0])) else "", len(found[0]))]


def _decode(text: str) -> _Step:
    """Return a text with each spelled character as itself."""
    if "%" in text or "&" in text or "\\" in text:
        return _replace(_spelled(), text, _meaning)
    return _Step(text, [])


@cache
def _spelled() -> re.Pattern[str]:
    # Compiled where it is needed: most texts need it not, and it takes a noticeable part of the time to start.
    return re.compile(_SPELLED, re.IGNORECASE | re.VERBOSE)


def _replace(
    pattern: re.Pattern[str], text: str, meaning: Callable[[re.Match[str]], Iterable[tuple[str, int]]]
) -> _Step:
    """Replace what a pattern finds by its meaning: characters, each with how many of those found mean it."""
    pieces: list[str] = []
    replaced: list[tuple[int, int, int, int]] = []
    at = length = 0
    for found in pattern.finditer(text):
        start = found.start()
        pieces.append(text[at:start])
        length += start - at
        for characters, width in meaning(found):
            pieces.append(characters)
            replaced.append((length, length + len(characters), start, start + width))
            length += len(characters)
            start += width
        at = found.end()
    return _Step("".join([*pieces, text[at:]]), replaced)


def _meaning(found: re.Match[str]) -> Iterable[tuple[str, int]]:
    spelled, kind = found[0], found.lastgroup or ""
    if kind == "bytes":
        return _percent_decoded(spelled)
    characters = ""
    if kind == "name":
        characters = _entities().get(found[kind], f"&{found[kind]};")
    elif kind == "escape":
        characters = _SIMPLE.get(found[kind], found[kind])
    elif kind == "pair":
        characters = "".join(chr(int(half, 16)) for half in re.findall("[0-9a-f]{4}", found[kind]))
        characters = characters.encode("utf-16", errors="surrogatepass").decode("utf-16")
    elif kind == "backslash":
        characters = "\\"
    elif kind:
        code = int(found[kind], 10 if kind == "decimal" else 16)
        characters = chr(code) if code <= sys.maxunicode else ""
    return [(characters, len(spelled))]


def _percent_decoded(spelled: str) -> Iterator[tuple[str, int]]:
    units = re.findall("%(?:25)*[0-9a-f]{2}", spelled)
    text = bytes(int(unit[-2:], 16) for unit in units).decode("utf-8", errors="surrogateescape")
    at = 0
    for character in text:
        after = at + len(character.encode("utf-8", errors="surrogateescape"))
        yield character, sum(map(len, units[at:after]))
        at = after


@cache
def _entities() -> Mapping[str, str]:
    from html.entities import html5  # noqa: PLC0415 - slow to import, and seldom needed

    return {name.rstrip(";").lower(): character for name, character in sorted(html5.items())}


def _spellings(secret: str) -> Iterator[tuple[str, bool]]:
    """Yield what is searched for, folded, and whether it is hidden also in the middle of a word."""
    raw = secret.encode("utf-8", errors="surrogatepass")
    texts = [
        secret,
        without_sequences(secret),
        secret.upper(),
        secret.lower(),
        raw.decode("utf-8", errors="surrogateescape"),
    ]
    texts += [text.replace(" ", "+") for text in texts]
    with contextlib.suppress(UnicodeEncodeError):
        texts.append(secret.encode("latin-1").decode("utf-8", errors="surrogateescape"))
    for text in dict.fromkeys(texts):
        step = _fold(text.strip())
        for _ in range(_STEPS + 1):
            if len(step.text) >= SHORTEST_HIDDEN:
                yield step.text, len(secret) >= SHORTEST_ANYWHERE
            decoded = _decode(step.text)
            if not decoded.replaced:
                break
            step = _fold(decoded.text)
    if len(secret) >= SHORTEST_HIDDEN:
        yield from ((encoded.lower(), True) for encoded in _in_base64(raw) if len(encoded) >= SHORTEST_ANYWHERE)


def _in_base64(raw: bytes) -> Iterator[str]:
    """Yield a secret in Base64, by itself and whatever stands before and behind it, as in `user:password`."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode()
        for before in range(3):
            first, last = -(-8 * before // 6), 8 * (before + len(raw)) // 6
            yield encode(bytes(before) + raw)[first:last].decode()
