"""The live display on a terminal: the runs that need attention at the foot of the screen, the log above them.

The one module that loads the terminal library, and it is loaded on a terminal only.
"""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.control import Control
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.segment import ControlType
from rich.table import Column, Table
from rich.text import Text

from gate.core.duration import format_duration
from gate.core.record import record
from gate.core.snapshot import RunSnapshot, Snapshot
from gate.core.verdict import PRECEDENCE, Verdict
from gate.reports.columns import GAP, cells, distinct, fitted
from gate.reports.text import one_line
from gate.reports.wording import left

# Lines that a terminal keeps free: for the log, a fault, the count of what does not fit, and the footer.
_OTHER_LINES = 5
# The width of a bar, and how much of a long status or model is shown at the most.
_BAR, _LONGEST_STATE, _LONGEST_MODEL = 22, 24, 60
# The widest verdict that a row has while the display stands, `! incomplete`.
_STATE = 12
# A terminal shows ^C behind the footer.
_ECHO = 2
_STYLES = {Verdict.FAILED: "bold red"}
_PLAIN = str.maketrans("✓✗·…", "+x-~")


@record
class Layout:
    """How wide the columns of a table are, and the id that is shown in place of each."""

    state: int
    model: int
    run_id: int
    time: int
    bar: int
    outlook: int
    short: Mapping[str, str]


class Screen:
    """Shows the state of a wait from snapshots, which `take` makes; `hide` takes secrets out of foreign text.

    A context: the display stands from its beginning to its end, and then makes room for the result. Runs that did not
    pass come first, and none is ever left out: where they do not fit, the first of them move up into the log. Runs
    that passed are counted.
    """

    def __init__(self, take: Callable[[], Snapshot], stream: TextIO, hide: Callable[[str], str]) -> None:
        self._take, self._hide = take, hide
        self._console = Console(file=stream, highlight=False)
        self._size = self._console.size
        self._lines: deque[str | list[RunSnapshot]] = deque(maxlen=self._size.height)
        self._moved: set[tuple[str | None, str | None]] = set()
        self._live = self._frame()

    def _frame(self) -> Live:
        return Live(console=self._console, auto_refresh=False, vertical_overflow="crop", transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._live.stop()

    def write(self, line: str) -> None:
        """Write a line of the log above the display."""
        self._lines.append(line)
        self._print(line)

    def _print(self, line: str | list[RunSnapshot], layout: Layout | None = None) -> None:
        if isinstance(line, str):
            self._console.print(Text(line), soft_wrap=True)
        else:
            self._console.print(self._table(line, layout or self._layout(line)))

    def refresh(self) -> None:
        """Draw what is known now; a terminal that is gone is left alone."""
        with contextlib.suppress(OSError, ValueError):
            if self._console.size.width < self._size.width:
                self._start_over()
            self._size = self._console.size
            now = self._take()
            if not any(run.is_open for run in now.runs):
                return  # the result table follows
            self._live.update(self._draw(now), refresh=True)

    def _start_over(self) -> None:
        """Clear the screen, and write the log again: some terminals wrap the rows of before, others cut them.

        Line by line: a terminal that is told to clear the whole screen may keep it above, and show it again when it
        becomes wider.
        """
        self._live.stop()
        lines = [Control((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_DOWN, 1))] * self._console.height
        self._console.control(Control.home(), *lines, Control.home())
        for line in self._lines:
            self._print(line)
        self._live = self._frame()
        self._live.start()

    def _draw(self, now: Snapshot) -> RenderableType:
        room = max(2, self._console.height - _OTHER_LINES)
        bad = [run for run in now.runs if run.verdict not in {None, Verdict.PASSED}]
        bad.sort(key=lambda run: PRECEDENCE.index(run.verdict or Verdict.PASSED))
        ended = [run for run in bad if _key(run) not in self._moved]
        running = sorted((run for run in now.runs if run.is_open), key=lambda run: not run.last_error)
        too_many, ended = ended[: max(0, len(ended) - room + 1)], ended[max(0, len(ended) - room + 1) :]
        shown = running[: room - len(ended)]
        layout = self._layout([*bad, *shown])
        if too_many:
            self._moved.update(map(_key, too_many))
            self._lines.append(too_many)
            self._print(too_many, layout)
        more = len(running) - len(shown)
        return Group(
            self._table([*ended, *shown], layout),
            *([Text(f"and {more} more running", style="dim")] if more else []),
            *self._faults(now),
            self._footer(now),
        )

    def _layout(self, runs: Sequence[RunSnapshot]) -> Layout:
        """Return the columns that rows of these runs have; no two of them have the same short id.

        Where room is short, ids are shortened, then there is no bar, then names are cut.
        """
        ids = [self._clear(run.run_id or "-") for run in runs]
        states = [_STATE if run.verdict else cells(self._state(run).plain) for run in runs]
        models = [cells(self._clear(run.model or "-")) for run in runs]
        state, model = min(max(states), _LONGEST_STATE), min(max(models), _LONGEST_MODEL)
        time, outlook = (max(len(words(run)) for run in runs) for words in (_elapsed, _outlook))
        room = self._console.width - state - time - outlook - 4 * GAP
        bar = _BAR + GAP if any(map(_expected, runs)) else 0
        short = distinct(ids)
        whole, brief = max(map(cells, ids)), max(map(cells, short))
        choices = ((whole, bar), (brief, bar), (brief, 0))
        run_id, bar = next((each for each in choices if model + sum(each) <= room), choices[-1])
        named = dict(zip(ids, ids if run_id == whole else short, strict=True))
        return Layout(state, max(1, min(model, room - run_id)), run_id, time, bar, outlook, named)

    def _table(self, runs: Sequence[RunSnapshot], layout: Layout) -> Table:
        """Return a row a run."""
        table = Table.grid(
            Column(no_wrap=True, overflow="ellipsis", width=layout.state),
            Column(no_wrap=True, width=layout.model),
            Column(no_wrap=True, overflow="ellipsis", width=layout.run_id),
            Column(no_wrap=True, justify="right", width=layout.time),
            *([Column(width=_BAR)] if layout.bar else []),
            Column(no_wrap=True, width=layout.outlook),
            padding=(0, GAP, 0, 0),
        )
        for run in runs:
            model = self._sign(fitted(self._clear(run.model or "-"), layout.model))
            run_id = Text(self._sign(layout.short[self._clear(run.run_id or "-")]), style="dim")
            bars = [_bar(run)] if layout.bar else []
            outlook = Text(_outlook(run), style="dim")
            table.add_row(self._state(run), Text(model), run_id, Text(_elapsed(run)), *bars, outlook)
        return table

    def _state(self, run: RunSnapshot) -> Text:
        if run.verdict is not None:
            mark = self._sign("✗") if run.verdict is Verdict.FAILED else "!"
            return Text(f"{mark} {run.verdict}", style=_STYLES.get(run.verdict, "bold yellow"))
        word = self._clear(run.status) if run.status else "waiting"
        return Text(f"! {word}", style="yellow") if run.last_error else Text(f"{self._sign('·')} {word}", style="cyan")

    def _faults(self, now: Snapshot) -> list[Text]:
        """Return a line on what keeps the gate from an answer, if anything does."""
        first = min(now.outages, key=lambda outage: outage.final_in_s, default=None)
        if first is None:
            return []
        what = "no usable answer" if first.is_lost else "not found"
        words = f"{what} for {left(first.for_s)}, giving up in {left(min(first.final_in_s, now.left_s))}: {first.fault}"
        return [Text(self._clear(words), style="yellow", no_wrap=True, overflow="ellipsis")]

    def _footer(self, now: Snapshot) -> Text:
        """Return how many runs there are of each kind, and what comes next; of a narrow terminal the most of it."""
        counts = Counter(run.verdict for run in now.runs)
        ended = [f"{counts[each]} {each}" for each in (Verdict.PASSED, *PRECEDENCE) if counts[each] and each]
        ended = list(dict.fromkeys(ended))
        bad = sum(counts.values()) - counts[None] - counts[Verdict.PASSED]
        brief = [f"{counts[Verdict.PASSED]} passed", f"{bad} not passed"]
        poll = [f"next poll {left(now.next_poll_s)}" if now.next_poll_s else "polling"]
        timeout = f"timeout in {left(now.left_s)}"
        running = f"{counts[None]} running"
        separator = f" {self._sign('·')} "
        choices = (
            [running, *ended, *poll, timeout],
            [running, *ended, timeout],
            [running, *brief, timeout],
        )
        lines = [separator.join(each) for each in choices]
        line = next((each for each in lines if cells(each) <= self._console.width - _ECHO), lines[-1])
        return Text(line, style="dim", no_wrap=True, overflow="ellipsis")

    def _sign(self, sign: str) -> str:
        """Return a sign, or what stands for it where the terminal knows letters of ASCII only."""
        return sign.translate(_PLAIN) if self._console.options.ascii_only else sign

    def _clear(self, text: str) -> str:
        """Return foreign text as this terminal can show it."""
        line, encoding = one_line(self._hide(text)), self._console.encoding
        return line.encode(encoding, "backslashreplace").decode(encoding)


def _expected(run: RunSnapshot) -> float | None:
    """Return how long a run that has not ended is expected to take, in seconds; None where nothing predicts it.

    A run that is overdue has done all of that: its bar stays full.
    """
    remaining = run.remaining_s
    if remaining is None or run.age_s is None:
        return None
    return run.age_s if _is_overdue(run) else run.age_s + remaining


def _is_overdue(run: RunSnapshot) -> bool:
    return bool(run.earlier_s) and run.age_s is not None and run.age_s > run.earlier_s[-1]


def _bar(run: RunSnapshot) -> RenderableType:
    """Return elapsed over expected, in a calm colour: red is for failures."""
    expected = _expected(run)
    if not expected or run.age_s is None:
        return Text("")
    calm = "cyan"
    return ProgressBar(
        total=expected, completed=run.age_s, width=_BAR, style="bright_black", complete_style=calm, finished_style=calm
    )


def _elapsed(run: RunSnapshot) -> str:
    age = run.age_s
    return "-" if age is None else format_duration(float(int(age)) if run.is_open and age >= 1 else age)


def _outlook(run: RunSnapshot) -> str:
    remaining = run.remaining_s
    if remaining is None:
        return ""
    if run.last_error:
        return "-"
    if _is_overdue(run):
        return "overdue"
    return "slower than usual" if run.is_slow else f"about {left(remaining)} left"


def _key(run: RunSnapshot) -> tuple[str | None, str | None]:
    return run.run_id, run.model
