"""Refuses a tag that is not the version's, and prints the release notes: `python release/check.py v1.2.3`.

The exit code is 1 where the tag, `gate.__version__` and CHANGELOG do not agree.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def notes(tag: str, version: str, changelog: str) -> str:
    """Return the section of CHANGELOG for a version. Raises ValueError where the tag is another's or has no section."""
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, but gate.__version__ is {version}: a release of it is tagged v{version}")
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    found = [text for text in sections if re.match(rf"\[?{re.escape(version)}\]? - \d{{4}}-\d\d-\d\d\n", text)]
    if len(found) != 1:
        raise ValueError(f"CHANGELOG.md has {len(found)} sections '## {version} - YYYY-MM-DD', and one is needed")
    text = re.sub(r"^\[[^\]]+\]: .*$", "", found[0].partition("\n")[2], flags=re.MULTILINE).strip()
    if not text:
        raise ValueError(f"CHANGELOG.md says nothing of {version}")
    return text


if __name__ == "__main__":
    stated = re.search(r'^__version__ = "(.+)"$', (ROOT / "gate/__init__.py").read_text("utf-8"), re.MULTILINE)
    assert stated is not None  # noqa: S101 - for the types
    try:
        print(notes(sys.argv[1], stated[1], (ROOT / "CHANGELOG.md").read_text("utf-8")))
    except ValueError as wrong:
        sys.exit(f"refused: {wrong}")
