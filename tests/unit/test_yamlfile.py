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


@pytest.mark.parametrize("value", ["!!python/object/apply:os.system [id]", "!mine M", "!!binary TQ==", "{a: !!set {}}"])
def test_a_tag_of_no_plain_value_is_refused(tmp_path: Path, value: str) -> None:
    """What only its tag explains is not taken for text: the message names the tag and its line."""
    path = tmp_path / "file.yml"
    path.write_text(f"a: 1\nmodel: {value}\n")
    with pytest.raises(ValueError, match=r"the tag '.+'; write the value without it \(line 2\)"):
        yamlfile.read_texts(path)


def test_a_tag_of_a_plain_value_changes_nothing(tmp_path: Path) -> None:
    """Text stays as it is written, whatever plain kind its tag names."""
    path = tmp_path / "file.yml"
    path.write_text("a: !!str 1.10\nb: !!int '5'\nc: 2026-01-01\n=: =\n")
    assert yamlfile.read_texts(path) == {"a": "1.10", "b": "5", "c": "2026-01-01", "=": "="}


def test_a_key_that_is_written_twice_is_refused(tmp_path: Path) -> None:
    """Of two equal keys none is taken, also deeper down."""
    with pytest.raises(UsageError, match=r"duplicate key 'x' \(line 3\)"):
        read(tmp_path, "a:\n  x: 1\n  x: 2\n")
