"""The polls under way: which group each is about, and whether it asks for the model's earlier runs as well."""

from __future__ import annotations

from gate.core.group import Group
from gate.core.pinning import REACH
from gate.core.step import Ask
from gate.core.targets import ByModel


class InFlight:
    """Counts the polls, and keeps those without an answer so far. `polls` is how many there were in all."""

    def __init__(self) -> None:
        self.polls = 0
        self._asked: dict[int, tuple[Group, bool]] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, group: Group, *, asks_history: bool) -> Ask:
        """Return the next poll of a group; one that asks for history reaches beyond its runs."""
        self.polls += 1
        self._asked[self.polls] = group, asks_history
        group.in_flight += 1
        wider = ByModel(group.model, len(group.runs) + REACH) if asks_history and group.model is not None else None
        return Ask(number=self.polls, query=wider or group.query)

    def take(self, ask: Ask) -> tuple[Group, bool] | None:
        """Return whose poll was answered, and whether it asked for history; None for one answered before."""
        found = self._asked.pop(ask.number, None)
        if found is not None:
            found[0].in_flight -= 1
        return found
