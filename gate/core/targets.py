"""What is watched: run ids, and models whose newest runs are pinned at the first good answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.core.progress import Progress

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ById:
    """Ask for one run."""

    run_id: str


@dataclass(frozen=True)
class ByModel:
    """Ask for a model's newest runs, `limit` of them."""

    model: str
    limit: int


Query = ById | ByModel


@dataclass(frozen=True)
class ModelTarget:
    """The newest `limit` runs of a model, of those started after `since` if that is given."""

    model: str
    limit: int = 1
    since: datetime | None = None


@dataclass(frozen=True)
class Targets:
    """Everything one wait watches, in the order of the command line."""

    run_ids: tuple[str, ...] = ()
    models: tuple[ModelTarget, ...] = ()


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
