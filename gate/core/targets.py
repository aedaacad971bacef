"""What is watched: run ids, and models whose newest runs are pinned at the first good answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gate.core.record import record
from gate.core.times import earlier


@record
class ById:
    """Ask for one run."""

    run_id: str


@record
class ByModel:
    """Ask for a model's newest runs, `limit` of them."""

    model: str
    limit: int


Query = ById | ByModel


@record
class ModelTarget:
    """The newest `limit` runs of a model, of those started after `since` if that is given.

    A length of time counts back from the moment at which the gate was started, on the server's clock: see `at`.
    """

    model: str
    limit: int = 1
    since: datetime | timedelta | None = None

    def at(self, moment: datetime) -> ModelTarget:
        """Return this target with `since` as a moment, where the gate was started at `moment`."""
        if not isinstance(self.since, timedelta):
            return self
        return replace(self, since=earlier(moment, self.since))


@record
class Targets:
    """Everything one wait watches, in the order of the command line."""

    run_ids: tuple[str, ...] = ()
    models: tuple[ModelTarget, ...] = ()
