"""Draws docs/live.svg: the live display of a real wait on a real terminal, half way. `make picture`."""

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

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from commands import clean_environment  # noqa: E402 - the path comes first
from gate.simulator import Simulator, parse_scenario  # noqa: E402 - as above
from terminal import Terminal  # noqa: E402 - as above

COLUMNS, ROWS = 112, 12
MODELS = ("Checkout", "Payment", "Search", "Sign-in")
HISTORY = ["296s", "304s", "291s", "310s", "299s", "305s", "300s"]
SCENARIO = {
    "starts_at": "first-request",
    "clock": {"offset": "+00:00"},
    "runs": [
        {"model": "Checkout", "start": "-192s", "duration": "5m"},
        {"model": "Payment", "start": "-300s", "duration": "301s"},
        {"model": "Search", "start": "-130s", "duration": "131s", "outcome": "Failed"},
        {"model": "Sign-in", "start": "-64s", "duration": "5m"},
    ],
    "history": [{"model": model, "durations": HISTORY, "every": "24h"} for model in MODELS],
}


def draw() -> str:
    """Return the picture as SVG, without a font from elsewhere."""
    with Simulator(parse_scenario(SCENARIO, origin="picture")) as server, tempfile.TemporaryDirectory() as folder:
        models = [each for model in MODELS for each in ("--model", model)]
        arguments = ["wait", "--url", server.url, "--timeout", "15m", *models]
        terminal = Terminal(arguments, Path(folder), clean_environment(), COLUMNS, ROWS)
        terminal.read_until(lambda text: "2 running · 1 passed · 1 failed · next poll" in text and "timeout" in text)
        picture = as_text(terminal)
        terminal.process.terminate()
        terminal.close()
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
    console.print(picture, end="\n\n")  # room below the last line
    svg = console.export_svg(title=f"dai-gate wait --timeout 15m {' '.join(models)}")
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
    while not lines[-1].plain:
        lines.pop()
    return Text("\n").join(lines)


def style_of(cell: pyte.screens.Char) -> str:
    colour = (
        f"#{cell.fg}"
        if re.fullmatch("[0-9a-f]{6}", cell.fg)
        else cell.fg.replace("brown", "yellow").replace("bright", "bright_")
    )
    return " ".join(filter(None, ["bold" if cell.bold else "", "" if cell.fg == "default" else colour]))


if __name__ == "__main__":
    (ROOT / "docs" / "live.svg").write_text(draw(), encoding="utf-8")
