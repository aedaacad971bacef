"""What tests among real parts start from.

The suites of this folder run side by side; the tests of one suite share what is started for it, so they do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from commands import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Give the command, in an empty folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Command(folder, patience_s=120)


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Give each suite to one worker of pytest-xdist (`--dist loadgroup`)."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.parent.name))
