"""The rows of the live display: their columns, and what each shows of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from gate.core.duration import format_duration
from gate.core.record import record
from gate.core.snapshot import RunSnapshot
from gate.core.verdict import Verdict
from gate.reports.columns import GAP, cells, distinct, fitted
from gate.reports.text import one_line
from gate.reports.wording import left

# The width of a bar, and how much of a long status or model is shown at the most.
_BAR, _LONGEST_STATE, _LONGEST_MODEL = 22, 24, 60
# The widest verdict that a row has while the display stands, `! incomplete`.
_STATE = 12
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
    is_brief: bool
    short: Mapping[str | None, str]


class Rows:
    """Draws runs on a console; `hide` takes secrets out of foreign text."""

    def __init__(self, console: Console, hide: Callable[[str], str]) -> None:
        self._console, self._hide = console, hide

    def layout(self, runs: Sequence[RunSnapshot], before: Layout | None, *, is_crowded: bool) -> Layout:
        """Return the columns that rows of these runs have; no two of them have the same short id.

        Where room is short, ids are shortened, then there is no bar, then names are cut. Compared with the layout of
        `before`, no column is narrower and no id whole again: rows that were drawn with it may still be seen. Where it
        `is_crowded`, rows move up, and there is room for any verdict from the first of them on.
        """
        ids = [self.clear(run.run_id or "-") for run in runs]
        states = [cells(self._state(run).plain) for run in runs if run.verdict is not Verdict.PASSED]
        models = [cells(self.clear(run.model or "-")) for run in runs]
        state = min(max([*states, *([_STATE] if is_crowded else [])]), _LONGEST_STATE)
        model = min(max(models), _LONGEST_MODEL)
        time, outlook = (max(len(words(run)) for run in runs) for words in (_elapsed, _outlook))
        if before is not None:
            state, time, outlook = max(state, before.state), max(time, before.time), max(outlook, before.outlook)
        room = self._console.width - state - time - outlook - 4 * GAP
        has_bar = any(map(_expected, runs)) or (before is not None and before.bar > 0)
        bar = _BAR + GAP if has_bar else 0
        short = distinct(ids)
        whole, brief = max(map(cells, ids)), max(map(cells, short))
        choices = [(whole, bar), (brief, bar), (brief, 0)]
        if before is not None and before.is_brief:
            choices = choices[1:]
        run_id, bar = next((each for each in choices if model + sum(each) <= room), choices[-1])
        named = dict(zip((run.run_id for run in runs), ids if run_id == whole else short, strict=True))
        return Layout(state, max(1, min(model, room - run_id)), run_id, time, bar, outlook, run_id != whole, named)

    def table(self, runs: Sequence[RunSnapshot], layout: Layout) -> Table:
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
            model = self.sign(fitted(self.clear(run.model or "-"), layout.model))
            run_id = Text(self.sign(layout.short.get(run.run_id, self.clear(run.run_id or "-"))), style="dim")
            bars = [_bar(run)] if layout.bar else []
            outlook = Text(_outlook(run), style="dim")
            table.add_row(self._state(run), Text(model), run_id, Text(_elapsed(run)), *bars, outlook)
        return table

    def _state(self, run: RunSnapshot) -> Text:
        if run.verdict is not None:
            mark, style = (self.sign("✗"), "bold red") if run.verdict is Verdict.FAILED else ("!", "bold yellow")
            return Text(f"{mark} {run.verdict}", style=style)
        word = self.clear(run.status) if run.status else "waiting"
        return Text(f"! {word}", style="yellow") if run.last_error else Text(f"{self.sign('·')} {word}", style="cyan")

    def sign(self, sign: str) -> str:
        """Return a sign, or what stands for it where the terminal knows letters of ASCII only."""
        return sign.translate(_PLAIN) if self._console.options.ascii_only else sign

    def clear(self, text: str) -> str:
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
    return ProgressBar(expected, run.age_s, _BAR, style="bright_black", complete_style="cyan", finished_style="cyan")


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
