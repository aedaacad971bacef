"""Tables of a terminal: their columns, and what is cut of them where there is no room."""

from __future__ import annotations

import pytest

from gate.reports.columns import cells, distinct, fitted, in_columns, within

ID, OTHER_ID = "cecaf3f5-c071-46b2-8918-924420e3f954", "6a1dd3c0-4b6f-4f0c-9b51-0d0f6f0c2b11"
HEBREW = "בדיקה של קופה"


def test_columns_are_as_wide_as_a_terminal_shows_them() -> None:
    """Wide letters take two columns, combining and invisible ones none; what a longer row has more is not aligned."""
    rows = [["Passed", "結帳", "30s"], ["Running", "Che\u0301ck\u200eout", "5s", "a link"]]
    assert in_columns(rows) == ["Passed   結帳      30s", "Running  Che\u0301ck\u200eout  5s   a link"]


@pytest.mark.parametrize(
    ("text", "columns"), [("한글", 4), ("\u1112\u1161\u11ab", 2), ("❤\ufe0f x", 4), ("👍🏽", 2), ("e\u0301", 1)]
)
def test_what_is_composed_takes_the_columns_of_one(text: str, columns: int) -> None:
    """Letters and emoji that are composed of several characters are as wide as a terminal shows them."""
    assert cells(text) == columns


@pytest.mark.parametrize("name", ["Checkout", "検査検査検査", "e\u0301" * 20, "x" * 5000, HEBREW])
@pytest.mark.parametrize("width", [1, 2, 5, 8, 12])
def test_a_name_is_cut_to_its_columns(name: str, width: int) -> None:
    """However wide its letters are, a name takes no more columns, and shows that something is missing."""
    cut = fitted(name, width)
    assert cells(cut) <= width
    assert (cut.rstrip("\u200e") == name) is (cells(name) <= width)
    assert ("…" in cut) is (cells(name) > width)


def test_a_name_from_right_to_left_is_followed_by_a_mark() -> None:
    """The mark keeps what follows such a name in its place; where nothing is written so there is none."""
    assert fitted(HEBREW, 60) == f"{HEBREW}\u200e"
    assert fitted(HEBREW, 5).endswith("…\u200e")
    assert fitted("Checkout", 60) == "Checkout"


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (80, [["failed", "Checkout of the shop", ID, "Agent 7", "link"], ["passed", "Login", OTHER_ID, "-", "link"]]),
        (
            60,
            [
                ["failed", "Checkout of the shop", ID[:8], "Agent 7", "link"],
                ["passed", "Login", OTHER_ID[:8], "-", "link"],
            ],
        ),
        (37, [["failed", "Checkout …", ID[:8], "Agent 7", "link"], ["passed", "Login", OTHER_ID[:8], "-", "link"]]),
        (10, [["failed", "Checkou…", ID[:8], "Agent 7", "link"], ["passed", "Login", OTHER_ID[:8], "-", "link"]]),
    ],
)
def test_ids_are_shortened_before_names_are_cut(width: int, expected: list[list[str]]) -> None:
    """Where there is no room, ids lose first, then the widest name, which keeps eight columns; links do not count."""
    rows = [["failed", "Checkout of the shop", ID, "Agent 7", "link"], ["passed", "Login", OTHER_ID, "-", "link"]]
    assert within(rows, width, columns=4, run_id=2, names=(3, 1)) == expected


def test_no_rows_are_no_table() -> None:
    """Where there is nothing to show, nothing is laid out."""
    assert within([], 80, columns=4, run_id=2, names=(1,)) == []


def test_the_widest_name_is_cut_first() -> None:
    """Of two names the widest is cut until it is no wider than the other, and then both."""
    rows = [["Running", "A model's name", "r1", "an agent's long name"]]
    assert within(rows, 40, columns=4, run_id=2, names=(1, 3)) == [["Running", "A model's n…", "r1", "an agent's l…"]]
    assert within(rows, 33, columns=4, run_id=2, names=(1, 3)) == [["Running", "A model'…", "r1", "an agent…"]]


def test_ids_that_begin_alike_are_distinct() -> None:
    """Short ids differ where the ids do, by as much of beginning or end as it takes."""
    same = [ID, f"{ID[:-1]}5"]
    assert distinct([*same, "-", "-"]) == ["…0e3f954", "…0e3f955", "-", "-"]
    assert distinct([ID, OTHER_ID]) == [ID[:8], OTHER_ID[:8]]
    assert distinct(["abcdefgh1xyzabcd", "abcdefgh2xyzabcd"]) == ["…1xyzabcd", "…2xyzabcd"]
    assert distinct(["a", "b"]) == ["a", "b"]
    assert distinct([ID, "no-such-run-1234"]) == [ID[:8], "no-such…"]
    assert distinct([]) == []
    assert distinct(["build-2026-11-25-nightly-checkout-01"]) == ["build-2…"]  # as long as a UUID
    assert distinct(["same-same-same"] * 2) == ["same-sa…"] * 2
