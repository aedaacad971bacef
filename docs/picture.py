"""Draws docs/live.svg: the live display of a real wait on a real terminal, half way. `python docs/picture.py`."""

from __future__ import annotations

import io
import re
import sys
import tempfile
from itertools import groupby
from pathlib import Path

import pyte
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))

from commands import clean_environment  # noqa: E402 - the path comes first
from gate.simulator import Simulator, parse_scenario  # noqa: E402
from terminal import Terminal  # noqa: E402

COLUMNS, ROWS = 136, 15
HISTORY = [2.9, 3.1, 3.0, 3.3, 2.8, 3.2, 3.0]
SCENARIO = {
    "starts_at": "first-request",
    "runs": [
        {"model": "Checkout", "duration": "3100ms", "agent": "Windows 11"},
        {"model": "Search", "duration": "900ms", "outcome": "Failed", "agent": "Windows 11"},
        {"model": "Sign-in", "duration": "4s", "agent": "iPhone 17"},
    ],
    "history": [{"model": model, "durations": HISTORY} for model in ("Checkout", "Search", "Sign-in")],
    "faults": [{"requests": 9, "status": 503}],
}


def draw() -> str:
    """Return the picture as SVG, without a font from elsewhere."""
    with Simulator(parse_scenario(SCENARIO, origin="picture")) as server, tempfile.TemporaryDirectory() as folder:
        models = [each for model in ("Checkout", "Search", "Sign-in") for each in ("--model", model)]
        pace = ["--interval", "300ms", "--max-interval", "600ms"]
        arguments = ["wait", "--url", server.url, *pace, *models]
        terminal = Terminal(arguments, Path(folder), clean_environment(), COLUMNS, ROWS)
        terminal.read_until(lambda text: "✗ failed" in text and "answers again" in text)
        picture = as_text(terminal)
        terminal.close()
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
    console.print(picture)
    svg = console.export_svg(title="dai-gate wait --model Checkout --model Search --model Sign-in")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def as_text(terminal: Terminal) -> Text:
    """Return what stands on the screen, with its colours."""
    lines: list[Text] = []
    for number in range(ROWS):
        row = terminal.screen.buffer[number]
        line = Text()
        for style, cells in groupby((row[column] for column in range(COLUMNS)), key=style_of):
            line.append("".join(cell.data for cell in cells), style)
        line.rstrip()
        lines.append(line)
    return Text("\n").join(lines)


def style_of(cell: pyte.screens.Char) -> str:
    colour = f"#{cell.fg}" if re.fullmatch("[0-9a-f]{6}", cell.fg) else cell.fg.replace("brown", "yellow")
    return " ".join(filter(None, ["bold" if cell.bold else "", "" if cell.fg == "default" else colour]))


if __name__ == "__main__":
    (HERE / "live.svg").write_text(draw(), encoding="utf-8")
