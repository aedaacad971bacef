"""Writes the tables in README.md from the program itself: `python docs/generate.py`. A test finds out what is stale."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from gate.core.verdict import TABLE, USAGE_EXIT_CODE
from gate.settings import DEFAULT_FILE, Settings, options

README = Path(__file__).parents[1] / "README.md"


def exit_codes() -> str:
    rows = [f"| `{row.verdict}` | {row.exit_code} | {row.when} |" for row in TABLE.values()]
    rows.insert(2, f"| - | {USAGE_EXIT_CODE} | bad usage or settings: nothing was asked of the server |")
    return "\n".join(["| verdict | exit code | when |", "| --- | --- | --- |", *rows])


def options_table() -> str:
    sections = dict.fromkeys(each.metadata["section"] for each in fields(Settings) if each.metadata)
    rows = []
    for option in options(*sections):
        names = " / ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
        shown = f"`{option.default}`" if option.show_default else ""
        rows.append(f"| {names} | {shown} | {(option.help or '').replace('|', chr(92) + '|')} |")
    rows.append(f"| `--config` | `{DEFAULT_FILE}` if there | The settings file. |")
    return "\n".join(["| option | default | meaning |", "| --- | --- | --- |", *rows])


BLOCKS: dict[str, Callable[[], str]] = {"exit-codes": exit_codes, "options": options_table}


def fill(text: str) -> str:
    """Return the text with every block between `<!-- name -->` and `<!-- /name -->` made anew."""
    for name, make in BLOCKS.items():
        block = f"<!-- {name} -->\n{make()}\n<!-- /{name} -->"
        text, count = re.subn(
            rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _, block=block: block, text, flags=re.DOTALL
        )
        if count != 1:
            raise ValueError(f"README.md holds the block {name!r} {count} times")
    return text


if __name__ == "__main__":
    README.write_text(fill(README.read_text(encoding="utf-8")), encoding="utf-8")
