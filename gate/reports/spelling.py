"""Undoes the spellings in which text travels, one step at a time, and keeps where each character stood before."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

# One spelled character, in lower case: percent-encoded bytes, an entity, a backslash escape. A sequence that encodes
# its own sign again (%25, &amp;, \\) is taken as a whole. Before CUT it may be incomplete.
_SPELLED = r"""
      (?P<bytes>(?:%(?:25)*[0-9a-f]{2})+)
    | &(?:amp;)*(?:\#x0*(?P<hex>[0-9a-f]{1,6}+)|\#0*(?P<decimal>[0-9]{1,7}+))(?:;|(?!CUT))
    | &(?:amp;)*(?P<name>[a-z][a-z0-9]{1,30});
    | \\+u(?P<pair>d[89ab][0-9a-f]{2}\\+ud[c-f][0-9a-f]{2})
    | \\+u(?P<hex8>00(?:0[0-9a-f]|10)[0-9a-f]{4})
    | (?:\\+|%(?:25)*)u(?P<hex4>[0-9a-f]{4})
    | \\+x(?P<hex2>[0-9a-f]{2})
    | \\+(?P<escape>[/"'abfnrtv0])
    | (?P<backslash>\\{2,})
    | (?:%(?:25)*[0-9a-f]? | &[\#a-z0-9;]{0,12} | \\+[ux]?[0-9a-f]{0,3})(?=CUT)
"""
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "b": "\b", "0": "\0"}
# Blanks of any kind and number count as one, and what nobody sees counts as nothing.
_UNSEEN = (
    r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f"
)
_BLANKS_OR_UNSEEN = rf"[\s{_UNSEEN}]{{2,}}|[^\S ]|[{_UNSEEN}]"


class Step(NamedTuple):
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


def fold(text: str) -> Step:
    """Return a text in which letter case, kinds of blanks and invisible characters make no difference."""
    lower = text.lower()
    if len(lower) != len(text):  # a few capitals have two small letters
        lower = "".join(small if len(small := each.lower()) == 1 else each for each in text)
    if lower.isprintable() and "  " not in lower:
        return Step(lower, [])
    return _replace(re.compile(_BLANKS_OR_UNSEEN), lower, _seen)


def _seen(found: re.Match[str]) -> Iterable[tuple[str, int]]:
    return [(" " if any(map(str.isspace, found[0])) else "", len(found[0]))]


def decode(text: str, *, is_whole: bool) -> Step:
    """Return a text with each spelled character as itself. One that is not whole may have been cut."""
    if "%" in text or "&" in text or "\\" in text:
        return _replace(_spelled("(?!)" if is_whole else r"\Z|…"), text, _meaning)
    return Step(text, [])


@cache
def _spelled(cut: str) -> re.Pattern[str]:
    # Compiled where it is needed: most texts need it not, and it takes a noticeable part of the time to start.
    return re.compile(_SPELLED.replace("CUT", cut), re.IGNORECASE | re.VERBOSE)


def _replace(
    pattern: re.Pattern[str], text: str, meaning: Callable[[re.Match[str]], Iterable[tuple[str, int]]]
) -> Step:
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
    return Step("".join([*pieces, text[at:]]), replaced)


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
