"""What tests among real parts start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Give the command, in an empty folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Command(folder, patience_s=120)
