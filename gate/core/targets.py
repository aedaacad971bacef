"""What is watched: run ids, and models whose newest runs are pinned at the first good answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
