"""Which groups of runs are still asked about, and when each is due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from gate.core.api import Api
from gate.core.group import Group
from gate.core.patience import Contact
from gate.core.run import WatchedRun
from gate.core.schedule import Pace
from gate.core.targets import ModelTarget


class Agenda:
    """Groups in the order in which they are due, none of them later than `latest` (monotonic seconds)."""

    def __init__(self, latest: float, pace: Pace, api: Api) -> None:
        self._latest, self._pace, self._api = latest, pace, api
        self._groups: dict[Group, None] = {}
        self._entries: list[tuple[float, int, Group]] = []
        self._count = 0
        self._shared: dict[str, Group] = {}
        self._late: dict[str, list[Group]] = {}

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def wake_at(self) -> float:
        """Return when the next group may be due."""
        return self._entries[0][0] if self._entries else self._latest

    def next_poll_s(self, now: float) -> float | None:
        """Return in how many seconds the next poll is due; None after the last."""
        due = min((group.due for group in self._groups if not group.polled_last), default=None)
        return None if due is None else max(0.0, due - now)

    def add(
        self, run: WatchedRun, due: float, contact_at: float, *, target: ModelTarget | None = None, alone: bool = False
    ) -> None:
        """Ask about a run, or about a target, from `due` on; the server was last heard at `contact_at`."""
        group = Group(
            runs=[run],
            schedule=self._pace.make_schedule(),
            retries=self._pace.make_retries(),
            contact=Contact(contact_at),
            target=target,
            alone=alone or not self._api.asks_by_model,
            by_model=not self._api.asks_by_id,
        )
        self.put(group, due)

    def split(self, group: Group, runs: Sequence[WatchedRun], now: float) -> None:
        """Ask for each of these runs of a group by itself from now on."""
        group.runs = [run for run in group.runs if run not in runs]
        for run in runs:
            self.add(run, now, group.contact.at, alone=True)
        if not group.runs:
            self.remove(group)

    def put(self, group: Group, due: float) -> None:
        """Set when a group is due; what was set before does not count any more."""
        self._groups[group] = None
        self._count += 1
        group.due, group.entry = min(due, self._latest), self._count
        heapq.heappush(self._entries, (group.due, group.entry, group))

    def remove(self, group: Group) -> None:
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

    def share(self, group: Group) -> Group:
        """Let a group that was just put in share a query with others of its model; return the one that asks then.

        It is due when those it joins are: their next poll has been announced already, and its own has not.
        """
        if group.model is None or not self._may_join(group):
            return group
        shared = self._shared.get(group.model)
        if shared is None or shared not in self._groups or not shared.is_mergeable():
            shared = self._shared[group.model] = group
        if shared.in_flight:
            self._late.setdefault(group.model, []).append(group)
            return group
        if shared is not group:
            self._merge(group, shared)
            return shared
        late = {each: None for each in self._late.pop(group.model, ()) if each is not group and self._may_join(each)}
        for each in late:
            self._merge(each, group)
        if late:
            self.put(group, min(each.due for each in late))
        return group

    def _may_join(self, group: Group) -> bool:
        return group in self._groups and not group.in_flight and group.is_mergeable()

    def _merge(self, group: Group, other: Group) -> None:
        other.runs += group.runs
        other.limit = max(other.limit, group.limit)
        self.remove(group)
