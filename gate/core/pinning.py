"""Which of a model's runs are followed: its newest by start time, as the first good answer shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from gate.core.progress import Progress
from gate.core.targets import ModelTarget

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def pin(runs: Iterable[Progress], target: ModelTarget) -> tuple[Progress, ...]:
    """Return the runs that a target stands for: the newest by start time, newest first.

    A run without a start time counts as the oldest; with `since` it does not count, for it cannot be told. Nor does a
    run of which the server says that it is another model's.
    """
    candidates = [
        run
        for run in runs
        if (run.model or target.model).casefold() == target.model.casefold()
        and (target.since is None or (run.started_at is not None and run.started_at > target.since))
    ]
    candidates.sort(key=lambda run: run.started_at or _BEGINNING, reverse=True)
    return tuple(candidates[: target.limit])
