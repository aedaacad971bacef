"""The polls of a wait that are remembered for the reports: bounded, however long it takes."""

from __future__ import annotations

from datetime import datetime

from gate.core.snapshot import Poll

# The most polls that are kept, and the most different texts of faults.
MOST_POLLS, MOST_TEXTS = 2000, 50


class PollLog:
    """Keeps when the server was asked, and what went wrong; of very many polls every other good one is dropped."""

    def __init__(self) -> None:
        self.polls: list[Poll] = []
        self._texts: dict[str, str] = {}

    def add(self, at: datetime, fault: str | None) -> None:
        if fault is not None and fault not in self._texts:
            fault = "Another error." if len(self._texts) >= MOST_TEXTS else self._texts.setdefault(fault, fault)
        if len(self.polls) >= MOST_POLLS:
            self.polls = [poll for number, poll in enumerate(self.polls) if number % 2 or poll.fault]
            self.polls = self.polls[-MOST_POLLS // 2 :]
        self.polls.append(Poll(at, fault and self._texts.get(fault, fault)))
