"""YAML that a person wrote: slips are refused, and what is right is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate import yamlfile
from gate.errors import UsageError


def read(folder: Path, text: str) -> object:
    path = folder / "file.yml"
    path.write_text(text)
    return yamlfile.read(path, origin="--config", right="Write YAML.")


def test_a_key_that_is_merged_in_may_be_overridden(tmp_path: Path) -> None:
    """A key that comes by `<<` and is written as well is there once, however often its mapping is named."""
    text = "outer: {inner: &b {<<: &a {x: 1}, x: 2}}\nderived: {<<: *b}\nagain: *b\n"
    inner = {"x": 2}
    assert read(tmp_path, text) == {"outer": {"inner": inner}, "derived": inner, "again": inner}


def test_a_key_that_is_written_twice_is_refused(tmp_path: Path) -> None:
    """Of two equal keys none is taken, also deeper down."""
    with pytest.raises(UsageError, match=r"the key 'x' stands there twice \(line 3\)"):
        read(tmp_path, "a:\n  x: 1\n  x: 2\n")
