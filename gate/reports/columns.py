"""Tables of a terminal: how wide a text is there, and what is cut where there is no room for all of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

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

    def beyond() -> int:
        widths = _widths([row[:columns] for row in shown])
        return max(0, sum(widths) + GAP * (columns - 1) - width)

    shown = [list(row) for row in rows]
    if beyond():
        for row, short in zip(shown, distinct([row[run_id] for row in shown]), strict=True):
            row[run_id] = short
    widths = _widths(shown)
    for column in sorted(names, key=lambda name: widths[name], reverse=True):
        room = max(_NARROWEST, widths[column] - beyond())
        for row in shown:
            row[column] = _cut(row[column], room)
    return [[fitted(cell, cells(cell)) for cell in row] for row in shown]


def distinct(ids: Sequence[str]) -> list[str]:
    """Return the shortest beginnings or ends of ids, eight characters at least, that differ where the ids do."""
    different = len(set(ids))
    for width in range(_SHORT_ID, max(map(len, ids), default=0)):
        beginnings = [each[:width] for each in ids]
        if len(set(beginnings)) == different:
            return beginnings
        ends = [each if len(each) <= width else f"…{each[1 - width :]}" for each in ids]
        if len(set(ends)) == different:
            return ends
    return list(ids)
