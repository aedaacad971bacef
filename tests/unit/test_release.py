"""What a release is made of, as far as it can be tried without building one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import script

ROOT = Path(__file__).parents[2]
CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.3] - 2030-01-31

### Fixed

- A fault.

## 1.2.2 - 2030-01-01

- An older one.

[1.2.3]: https://git.example.com/compare
"""


def test_notes_are_the_section_of_the_version() -> None:
    """The notes of a release are its section of CHANGELOG, without the heading and the links of the whole file."""
    notes = script("release/check.py").notes
    assert notes("v1.2.3", "1.2.3", CHANGELOG) == "### Fixed\n\n- A fault."
    assert notes("v1.2.2", "1.2.2", CHANGELOG) == "- An older one."


@pytest.mark.parametrize(
    ("tag", "version", "why"),
    [
        ("v1.2.4", "1.2.3", "the tag is v1.2.4"),
        ("1.2.3", "1.2.3", "tagged v1.2.3"),
        ("v1.2.30", "1.2.3", "the tag is v1.2.30"),
        ("v1.2.4", "1.2.4", "has 0 sections"),
        ("v1x2x2", "1x2x2", "has 0 sections"),
    ],
)
def test_wrong_tag_is_refused(tag: str, version: str, why: str) -> None:
    """A tag of another version, or one that CHANGELOG does not describe, is refused, and why is said."""
    with pytest.raises(ValueError, match=why):
        script("release/check.py").notes(tag, version, CHANGELOG)


def test_refused_tag_ends_the_script_with_an_error() -> None:
    """The script ends with 1 for a tag that no version of this project has, so that the workflow stops."""
    command = [sys.executable, "-I", str(ROOT / "release" / "check.py"), "v0.0.0"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("refused: the tag is v0.0.0")


def test_no_file_ends_up_in_the_package_by_mistake() -> None:
    """The package holds modules, its marker of types and its style sheet: whatever lies there is installed."""
    listed = subprocess.run(["git", "ls-files", "gate"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = listed.stdout.split() or [str(path.relative_to(ROOT)) for path in (ROOT / "gate").rglob("*.*")]
    others = {file for file in files if not file.endswith((".py", ".pyc"))}
    assert others == {"gate/py.typed", "gate/reports/report.css"}
