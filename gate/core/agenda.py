"""Which groups of runs are still asked about, and when each is due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from gate.core.group import Group


class Agenda:
    """Groups in the order in which they are due, none of them later than `latest` (monotonic seconds)."""

    def __init__(self, latest: float) -> None:
        self._latest = latest
        self._groups: dict[Group, None] = {}
        self._entries: list[tuple[float, int, Group]] = []
        self._count = 0

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def wake_at(self) -> float:
        """Return when the next group may be due."""
        return self._entries[0][0] if self._entries else self._latest

    def put(self, group: Group, due: float) -> None:
        """Set when a group is due; what was set before does not count any more."""
        self._groups[group] = None
        self._count += 1
        group.due, group.entry = min(due, self._latest), self._count
        heapq.heappush(self._entries, (group.due, group.entry, group))

    def remove(self, group: Group) -> None:
        """Forget a group, if it is there."""
        self._groups.pop(group, None)

    def take_due(self, now: float) -> list[Group]:
        """Return the groups that are due; each is to be put in again when it has been asked about."""
        due: list[Group] = []
        while self._entries and (self._entries[0][0] <= now or self._is_stale(self._entries[0])):
            entry = heapq.heappop(self._entries)
            if not self._is_stale(entry):
                due.append(entry[2])
        return due

    def _is_stale(self, entry: tuple[float, int, Group]) -> bool:
        _, number, group = entry
        return number != group.entry or group not in self._groups

    def merge(self) -> None:
        """Let the runs of one model share a query, once their model is known."""
        by_model: dict[str, list[Group]] = {}
        for group in self._groups:
            if group.is_mergeable():
                by_model.setdefault(group.model or "", []).append(group)
        for first, *others in by_model.values():
            for group in others:
                first.join(group)
                del self._groups[group]
            if others:
                self.put(first, min(group.due for group in (first, *others)))
