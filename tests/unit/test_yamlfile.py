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


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: &x {b: 1}\nc:\n  <<: *x\n"])
def test_an_alias_is_refused(tmp_path: Path, text: str) -> None:
    """An alias is refused, merged in or not, and the message names it and its line."""
    with pytest.raises(UsageError, match=r"alias \*x; write the value out \(line [23]\)"):
        read(tmp_path, text)


def test_a_key_that_is_written_twice_is_refused(tmp_path: Path) -> None:
    """Of two equal keys none is taken, also deeper down."""
    with pytest.raises(UsageError, match=r"duplicate key 'x' \(line 3\)"):
        read(tmp_path, "a:\n  x: 1\n  x: 2\n")
