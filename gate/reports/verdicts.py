"""The lines of the log about verdicts that no status has announced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gate.core.events import Decided
from gate.core.verdict import Verdict
from gate.reports.log import Log, facts_of
from gate.reports.log_events import LogEvent
from gate.reports.wording import counted, listed

# Of one step, so many messages have a line each; the runs of more are counted.
_MOST_LINES = 20
# So many characters of names, so that the message behind them is seen.
_LONGEST_LABELS = 300


class Verdicts:
    """Writes each message once, with the runs that it is about; `repeat` writes that a later run has the same."""

    def __init__(self, log: Log, repeat: Callable[..., None]) -> None:
        self._log, self._repeat = log, repeat
        self._first: dict[str, str] = {}

    def show(self, decided: Sequence[Decided]) -> None:
        """Write what a step has decided: in text what is news, as JSON an object for each run."""
        if self._log.as_json:
            for event in decided:
                self._show([event], _text(event), self._log.note)
            return
        alike: dict[str, list[Decided]] = {}
        for event in decided:
            if event.is_left or event.verdict in {Verdict.UNKNOWN, Verdict.DENIED}:
                alike.setdefault(_text(event), []).append(event)
        news = [text for text in alike if text not in self._first]
        for text, events in alike.items():
            if text in self._first:
                self._show(events, f"{events[0].verdict}, as {self._first[text]}", self._repeat)
        for text in news[:_MOST_LINES]:
            self._first[text] = alike[text][0].run.label
            self._show(alike[text], text, self._log.note)
        if more := sum(len(alike[text]) for text in news[_MOST_LINES:]):
            self._log.note(LogEvent.RUN_VERDICT, f"and {counted(more, 'more run')}")

    def _show(self, events: Sequence[Decided], text: str, write: Callable[..., None]) -> None:
        first, labels = events[0], listed([event.run.label for event in events], 5)
        labels = labels if len(labels) <= _LONGEST_LABELS else counted(len(events), "run")
        facts = facts_of(first.run if len(events) == 1 else None, verdict=first.verdict, reason=first.reason)
        write(LogEvent.RUN_VERDICT, f"{labels}: {text}", **facts)
        self._log.trace(first.trace)


def _text(decided: Decided) -> str:
    return decided.message if decided.verdict is Verdict.INTERRUPTED else f"{decided.verdict} - {decided.message}"
