"""The earlier runs of the watched models: asked for once each, and what they foretell."""

from __future__ import annotations

from collections.abc import Collection

from gate.core.answer import Answer
from gate.core.description import Status
from gate.core.forecast import Forecast
from gate.core.progress import Progress
from gate.core.targets import ByModel
from gate.core.times import run_duration, true_end

# More than ten add little to the forecast; some of the newest may be going on, or stopped before their time.
EARLIER = 10
_SPARE = 10

# A run that was stopped tells nothing of how long it would have taken.
_TELLING = frozenset({Status.PASSED, Status.FAILED})


class History:
    """Collects which models' earlier runs are still to be asked for, and the forecasts that came of them."""

    def __init__(self, *, wanted: bool) -> None:
        self.forecasts: dict[str, Forecast | None] = {}
        self._wanted = wanted
        self._to_ask: list[ByModel] = []

    @property
    def reach(self) -> int:
        """Return how many runs more a question for a model asks for, so that its answer holds the history as well."""
        return EARLIER + _SPARE if self._wanted else 0

    def meet(self, model: str | None, watched: int) -> None:
        """Take note of a model that is watched, `watched` runs of it."""
        if self._wanted and model is not None and model not in self.forecasts:
            self.forecasts[model] = None
            self._to_ask.append(ByModel(model, watched + self.reach))

    def take_queries(self) -> list[ByModel]:
        """Return what is to be asked now; each only once."""
        queries, self._to_ask = self._to_ask, []
        return queries

    def learn(self, model: str, answer: Answer, watched: Collection[str | None]) -> Forecast | None:
        """Learn from the newest runs that have ended and are not watched; None if they are too few."""
        ended = [run for run in answer.reading.runs if run.status in _TELLING and run.id not in watched]
        durations = [seconds for run in ended if (seconds := _duration(run, answer)) is not None]
        self.forecasts[model] = Forecast.learn(durations[:EARLIER])
        return self.forecasts[model]


def _duration(run: Progress, answer: Answer) -> float | None:
    end = true_end(run.started_at, run.ended_at, answered_at=answer.answered_at, running_at=None)
    return run_duration(run.started_at, end)
