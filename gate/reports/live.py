"""The live display on a terminal: a row a run, kept at the foot of the screen while the log goes on above it.

The one module that loads the terminal library, and it is loaded on a terminal only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TextIO

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from gate.core.duration import format_duration
from gate.core.snapshot import RunSnapshot, Snapshot
from gate.core.verdict import Verdict
from gate.reports.text import one_line

# Rows that a terminal keeps free for the log above and the line below.
_OTHER_LINES = 6
# The columns between two others, the width of a bar, and how much of a long id, status or model is shown at the most.
_GAP, _BAR, _SHORT_ID, _LONGEST_STATE, _LONGEST_MODEL = 2, 22, 8, 24, 60
_STYLES = {Verdict.PASSED: "bold green", Verdict.FAILED: "bold red"}
_MARKS = {Verdict.PASSED: "✓", Verdict.FAILED: "✗"}


class Screen:
    """Shows the state of a wait from snapshots, which `take` makes; `hide` takes secrets out of foreign text.

    A context: the display stands from its beginning, and its last state stays at its end.
    """

    def __init__(self, take: Callable[[], Snapshot], stream: TextIO, hide: Callable[[str], str]) -> None:
        self._take, self._hide = take, hide
        self._console = Console(file=stream, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, vertical_overflow="crop")

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refresh()
        with contextlib.suppress(OSError, ValueError):
            self._live.stop()

    def write(self, line: str) -> None:
        """Write a line of the log above the display."""
        self._console.print(Text(line), soft_wrap=True)

    def refresh(self) -> None:
        """Draw what is known now; a terminal that is gone is left alone."""
        with contextlib.suppress(OSError, ValueError):
            self._live.update(self._draw(self._take()), refresh=True)

    def _draw(self, now: Snapshot) -> RenderableType:
        runs = sorted(now.runs, key=lambda run: not run.is_open)
        room = max(1, self._console.height - _OTHER_LINES)
        shown = runs if len(runs) <= room else runs[: max(1, room - 1)]
        more = [Text(f"and {len(runs) - len(shown)} more", style="dim")] if len(shown) < len(runs) else []
        return Group(self._table(shown), *more, self._foot(now))

    def _table(self, runs: Sequence[RunSnapshot]) -> Table:
        """Return a row a run. Where room is short, ids are shortened, then there is no bar, then names are cut."""
        states = [self._state(run) for run in runs]
        models = [Text(self._clear(run.model or "-")) for run in runs]
        ids = [self._clear(run.run_id or "-") for run in runs]
        times = [Text(self._elapsed(run)) for run in runs]
        outlooks = [Text(self._outlook(run), style="dim") for run in runs]
        state, model = min(_widest(states), _LONGEST_STATE), min(_widest(models), _LONGEST_MODEL)
        others = state + _widest(times) + _widest(outlooks) + 4 * _GAP
        room, bar = self._console.width - others, _BAR + _GAP if any(run.forecast for run in runs) else 0
        whole = max(map(cell_len, ids))
        short = min(whole, _SHORT_ID)
        choices = ((whole, bar), (short, bar), (short, 0))
        id_width, bar = next((each for each in choices if model + sum(each) <= room), choices[-1])
        table = Table.grid(
            Column(no_wrap=True, overflow="ellipsis", width=state),
            Column(no_wrap=True, overflow="ellipsis", width=max(1, min(model, room - id_width))),
            Column(no_wrap=True, width=id_width),
            Column(no_wrap=True, justify="right", width=_widest(times)),
            *([Column(width=_BAR)] if bar else []),
            Column(no_wrap=True, width=_widest(outlooks)),
            padding=(0, _GAP, 0, 0),
        )
        for run, *cells, name, time, outlook in zip(runs, states, models, ids, times, outlooks, strict=True):
            bars = [self._bar(run)] if bar else []
            table.add_row(*cells, Text(name[:id_width], style="dim"), time, *bars, outlook)
        return table

    def _state(self, run: RunSnapshot) -> Text:
        if run.verdict is not None:
            mark = _MARKS.get(run.verdict, "!")
            return Text(f"{mark} {run.verdict}", style=_STYLES.get(run.verdict, "bold yellow"))
        word = self._clear(run.status) if run.status else "waiting"
        return Text(f"! {word}", style="yellow") if run.last_error else Text(f"· {word}", style="cyan")

    def _elapsed(self, run: RunSnapshot) -> str:
        age = run.age_s
        return "-" if age is None else format_duration(float(int(age)) if run.is_open and age >= 1 else age)

    def _bar(self, run: RunSnapshot) -> RenderableType:
        age = run.age_s
        if run.forecast is None or age is None or not run.is_open:
            return Text("")
        return ProgressBar(total=1.0, completed=1 - run.forecast.survival(age), width=22)

    def _outlook(self, run: RunSnapshot) -> str:
        age = run.age_s
        left = run.remaining_s
        if left is None or run.forecast is None or age is None:
            return ""
        if run.last_error:
            return "-"
        if age > run.forecast.durations_s[-1]:
            return "overdue"
        if run.is_slow:
            return "slower than usual"
        return f"about {format_duration(max(1.0, float(round(left))))} left"

    def _foot(self, now: Snapshot) -> Text:
        running = sum(run.is_open for run in now.runs)
        parts = [f"{running} of {len(now.runs)} running", f"timeout in {_left(now.left_s)}"]
        if now.contact_s is not None:
            ago = int(now.contact_s)
            parts.append(f"last contact {f'{format_duration(ago)} ago' if ago > 0 else 'just now'}")
        final_in = min((outage.final_in_s for outage in now.outages), default=now.left_s)
        if final_in < now.left_s:
            parts.append(f"giving up in {_left(final_in)}")
        if not running:
            parts = [f"{len(now.runs)} ended"]
        error = next((run.last_error for run in now.runs if run.is_open and run.last_error), "")
        foot = Text("  ".join(parts), style="dim")
        if error:
            foot.append(f"\n{self._clear(error)}", style="yellow")
        return foot

    def _clear(self, text: str) -> str:
        return one_line(self._hide(text))


def _widest(cells: Sequence[Text]) -> int:
    return max(cell.cell_len for cell in cells)


def _left(seconds: float) -> str:
    return format_duration(float(max(1, round(seconds))))
