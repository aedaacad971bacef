"""The live display on a terminal: the runs that need attention at the foot of the screen, the log above them.

It loads the terminal library, and is loaded on a terminal only.
"""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from collections.abc import Callable
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from gate.core.snapshot import RunSnapshot, Snapshot
from gate.core.verdict import PRECEDENCE, Verdict
from gate.reports.columns import cells
from gate.reports.rows import Layout, Rows
from gate.reports.wording import left

# Lines that a terminal keeps free: for the log, a fault, the count of what does not fit, and the footer.
_OTHER_LINES = 5
# A terminal shows ^C behind the footer.
_ECHO = 2


class Screen:
    """Shows the state of a wait from snapshots, which `take` makes; `hide` takes secrets out of foreign text.

    A context: the display stands from its beginning to its end, and then makes room for the result. Runs that did not
    pass come first, and none is ever left out: where they do not fit, the first of them move up into the log. Runs
    that passed are counted.
    """

    def __init__(self, take: Callable[[], Snapshot], stream: TextIO, hide: Callable[[str], str]) -> None:
        self._take = take
        self._console = Console(file=stream, highlight=False)
        self._rows = Rows(self._console, hide)
        self._size = self._console.size
        self._lines: deque[str | list[RunSnapshot]] = deque(maxlen=self._size.height)
        self._layout: Layout | None = None
        self._moved: set[tuple[str | None, str | None]] = set()
        self._live = self._frame()

    def _frame(self) -> Live:
        # A standard output that is closed would not be given back.
        return Live(
            console=self._console, auto_refresh=False, vertical_overflow="crop", transient=True, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._live.stop()

    def write(self, line: str) -> None:
        """Write a line of the log above the display."""
        self._lines.append(line)
        self._console.print(Text(line), soft_wrap=True)

    def refresh(self) -> None:
        """Draw what is known now; a terminal that is gone is left alone."""
        with contextlib.suppress(OSError, ValueError):
            now = self._take()
            if not any(run.is_open for run in now.runs):
                return  # the result table follows
            # Read once: a window that changes while this is drawn is noticed the next time.
            before, self._size = self._size.width, self._console.size
            width = self._size.width
            is_crowded = len(_ended(now)) >= self._room
            same = self._layout if width == before else None
            self._layout = self._rows.layout(now.runs, same, is_crowded=is_crowded)
            if width < before or (width > before and self._moved):
                self._start_over(self._layout)
            self._live.update(self._draw(now, self._layout), refresh=True)

    def _start_over(self, layout: Layout) -> None:
        """Clear the screen, and write the log again: some terminals wrap the rows of before, others cut them.

        Line by line: a terminal that is told to clear the whole screen may keep it above, and show it again when it
        becomes wider.
        """
        self._live.stop()
        lines = [Control((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_DOWN, 1))] * self._console.height
        self._console.control(Control.home(), *lines, Control.home())
        for line in self._lines:
            if isinstance(line, str):
                self._console.print(Text(line), soft_wrap=True)
            else:
                self._console.print(self._rows.table(line, layout))
        self._live = self._frame()
        self._live.start()

    @property
    def _room(self) -> int:
        return max(2, self._console.height - _OTHER_LINES)

    def _draw(self, now: Snapshot, layout: Layout) -> RenderableType:
        room = self._room
        ended = [run for run in _ended(now) if _key(run) not in self._moved]
        ended.sort(key=lambda run: PRECEDENCE.index(run.verdict or Verdict.PASSED))
        running = sorted((run for run in now.runs if run.is_open), key=lambda run: not run.last_error)
        too_many, ended = ended[: max(0, len(ended) - room + 1)], ended[max(0, len(ended) - room + 1) :]
        shown = running[: room - len(ended)]
        if too_many:
            self._moved.update(map(_key, too_many))
            self._lines.append(too_many)
            self._console.print(self._rows.table(too_many, layout))
        more = len(running) - len(shown)
        return Group(
            self._rows.table([*ended, *shown], layout),
            *([Text(f"and {more} more running", style="dim")] if more else []),
            *self._faults(now),
            self._footer(now),
        )

    def _faults(self, now: Snapshot) -> list[Text]:
        """Return a line on what keeps the gate from an answer, if anything does."""
        first = min(now.outages, key=lambda outage: outage.final_in_s, default=None)
        if first is None:
            return []
        what = "no usable answer" if first.is_lost else "not found"
        words = f"{what} for {left(first.for_s)}, giving up in {left(min(first.final_in_s, now.left_s))}: {first.fault}"
        return [Text(self._rows.clear(words), style="yellow", no_wrap=True, overflow="ellipsis")]

    def _footer(self, now: Snapshot) -> Text:
        """Return how many runs there are of each kind, and what comes next; of a narrow terminal the most of it."""
        counts = Counter(run.verdict for run in now.runs)
        ended = [f"{counts[each]} {each}" for each in dict.fromkeys((Verdict.PASSED, *PRECEDENCE)) if counts[each]]
        bad = sum(counts.values()) - counts[None] - counts[Verdict.PASSED]
        brief = [f"{counts[Verdict.PASSED]} passed", f"{bad} not passed"]
        poll = f"next poll {left(now.next_poll_s)}" if now.next_poll_s else "polling"
        timeout = f"timeout in {left(now.left_s)}"
        running = f"{counts[None]} running"
        separator = f" {self._rows.sign('·')} "
        choices = ([running, *ended, poll, timeout], [running, *ended, timeout], [running, *brief, timeout])
        lines = [separator.join(each) for each in choices]
        line = next((each for each in lines if cells(each) <= self._console.width - _ECHO), lines[-1])
        return Text(line, style="dim", no_wrap=True, overflow="ellipsis")


def _ended(now: Snapshot) -> list[RunSnapshot]:
    """Return the runs that have ended otherwise than passed."""
    return [run for run in now.runs if run.verdict not in {None, Verdict.PASSED}]


def _key(run: RunSnapshot) -> tuple[str | None, str | None]:
    return run.run_id, run.model
