"""What acceptance tests start from: the command in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Give the command, in an empty folder."""
    return Command(tmp_path)
