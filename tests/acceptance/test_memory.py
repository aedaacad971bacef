"""The memory of a wait whose every answer is as large as is allowed."""

from __future__ import annotations

import pytest

from attack.memory import LIMIT_MB, peak_mb


@pytest.mark.parametrize("name", ["lists", "keys", "long status"])
def test_the_largest_answers_take_little_memory(name: str) -> None:
    """A wait whose every answer is as large as is allowed, in the shape that costs the most, stays small."""
    assert peak_mb(name, 3) < LIMIT_MB
