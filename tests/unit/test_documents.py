"""README says what the program does."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_readme_holds_the_programs_own_tables() -> None:
    """The exit codes and options in README are those of the program: `python docs/generate.py` writes them."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert generate.fill(readme) == readme
