"""Words and columns that several reporters share."""

from __future__ import annotations

from gate.reports.wording import in_columns


def test_columns_are_as_wide_as_a_terminal_shows_them() -> None:
    """Wide letters take two columns and combining ones none; what a longer row holds in addition is not aligned."""
    rows = [["Passed", "結帳", "30s"], ["Running", "Che\u0301ckout", "5s", "a link"]]
    assert in_columns(rows) == ["Passed   結帳      30s", "Running  Che\u0301ckout  5s   a link"]
