"""Tables of a terminal: how wide a text is there, and what is cut where there is no room for all of it."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence

from gate.core.text import is_uuid

# Between two columns.
GAP = 2
# The characters of a run id, and the columns of another cell, that are shown at least.
_SHORT_ID, _NARROWEST = 8, 8
# Invisible: what is written from right to left ends before it, and does not turn what follows.
_TO_THE_RIGHT = "\u200e"


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - few names need it

    return cell_len(text)


def fitted(text: str, width: int) -> str:
    """Return text cut to so many columns. One that is written from right to left does not turn what follows it."""
    cut = _cut(text, width)
    turns = any(unicodedata.bidirectional(each) in {"R", "AL", "AN"} for each in cut)
    return cut + _TO_THE_RIGHT if turns else cut


def _cut(text: str, width: int) -> str:
    if cells(text) <= width:
        return text
    text = text[: 2 * width]
    while cells(text) >= width:
        text = text[:-1]
    return f"{text}…"


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row: its cells in columns two spaces apart, as many as the shortest row has."""
    widths = _widths(rows)
    lines = []
    for row in rows:
        padded = [cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=False)]
        lines.append((" " * GAP).join([*padded, *row[len(widths) :]]).rstrip())
    return lines


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cells, column)) for column in zip(*rows, strict=False)]


def within(
    rows: Sequence[Sequence[str]], width: int, *, columns: int, run_id: int, names: Sequence[int]
) -> list[list[str]]:
    """Return rows for a terminal of so many columns, which a person reads.

    Where the first `columns` cells do not fit, those at `run_id` are shortened, and then those at `names` cut, the
    widest first. What is behind them, such as a link, may be longer than a line.
    """
    if not rows:
        return []
    shown = [list(row) for row in rows]
    widths = _widths([row[:columns] for row in shown])
    room = width - GAP * (columns - 1)
    if sum(widths) > room:
        for row, short in zip(shown, distinct([row[run_id] for row in shown]), strict=True):
            row[run_id] = short
        widths[run_id] = max(cells(row[run_id]) for row in shown)
    while sum(widths) > room and max(widths[name] for name in names) > _NARROWEST:
        widths[max(names, key=lambda name: widths[name])] -= 1
    for row in shown:
        for name in names:
            row[name] = _cut(row[name], widths[name])
    return [[fitted(cell, cells(cell)) for cell in row] for row in shown]


def distinct(ids: Sequence[str]) -> list[str]:
    """Return the shortest beginnings or ends of ids, eight characters at least, that differ where the ids do.

    What was cut is marked, but not in a UUID: its beginning is a name by itself.
    """
    widths, different = range(_SHORT_ID, max(map(len, ids), default=0)), len(set(ids))

    def narrowest(shorten: Callable[[str, int], str]) -> int:
        return bisect_left(widths, True, key=lambda width: len({shorten(each, width) for each in ids}) == different)

    beginning, end = narrowest(_beginning), narrowest(_end)
    if min(beginning, end) == len(widths):
        return list(ids)
    shorten, at = (_beginning, beginning) if beginning <= end else (_end, end)
    return [shorten(each, widths[at]) for each in ids]


def _beginning(run_id: str, width: int) -> str:
    is_whole = len(run_id) <= width or is_uuid(run_id)
    return run_id[:width] if is_whole else f"{run_id[: width - 1]}…"


def _end(run_id: str, width: int) -> str:
    return run_id if len(run_id) <= width else f"…{run_id[1 - width :]}"
