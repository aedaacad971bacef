"""The earlier runs of the watched models: they come with a poll of each model, and what they predict."""

from __future__ import annotations

from collections.abc import Callable, Collection

from gate.core.answer import Answer, Fault, FaultKind
from gate.core.description import Status
from gate.core.events import Foretold
from gate.core.forecast import FEWEST_RUNS, MOST_RUNS, Forecast
from gate.core.progress import Progress
from gate.core.schedule import FEWEST_TO_PLAN, Plan
from gate.core.times import run_duration, true_end

# Some of the newest runs may be running, or were stopped before their time.
_SPARE = 10

# How often a model's history is asked for. A fault of it must not cost a wait its contact with the server.
_MOST_TRIES = 3

# A run that was stopped does not show how long it would have taken.
_WHOLE = frozenset({Status.PASSED, Status.FAILED})


class History:
    """Knows which models' earlier runs are still to be asked for, the forecasts from them, and the plans for polling.

    They are asked for with a poll: a run's second one asks about its model, and so wide that the answer shows both. So
    they cost no request. `plan` makes a plan of a forecast, for the learned schedule.
    """

    def __init__(self, *, wanted: bool, plan: Callable[[Forecast], Plan | None] | None) -> None:
        self.forecasts: dict[str, Forecast] = {}
        self.plans: dict[str, Plan] = {}
        self._plan = plan
        self._wanted = wanted or plan is not None
        self._settled: set[str] = set()
        self._tries: dict[str, int] = {}

    @property
    def reach(self) -> int:
        """Return how many runs more a poll asks for, so that its answer holds the history as well."""
        return MOST_RUNS + _SPARE if self._wanted else 0

    def is_due(self, model: str | None) -> bool:
        """Tell whether that model's earlier runs are still to be asked for."""
        return self._wanted and model is not None and model not in self._settled

    def fail(self, model: str, fault: Fault) -> list[Foretold]:
        """Take note of a fault of a poll that asked for them as well; return that they are given up, if so."""
        self._tries[model] = self._tries.get(model, 0) + 1
        if fault.kind is FaultKind.CONTACT and self._tries[model] < _MOST_TRIES:
            return []
        self._settled.add(model)
        return [Foretold(model, None, why=fault.text)]

    def learn(self, model: str, answer: Answer, watched: Collection[str | None]) -> Foretold:
        """Learn from the newest runs of the model that have ended and are not watched."""
        self._settled.add(model)
        durations = [
            seconds
            for run in answer.reading.runs
            if run.status in _WHOLE and run.id not in watched and (run.model or model).casefold() == model.casefold()
            if (seconds := _duration(run, answer)) is not None
        ]
        forecast = Forecast.learn(durations[:MOST_RUNS])
        if forecast is None:
            return Foretold(model, None, why=f"fewer than {FEWEST_RUNS} earlier runs have ended")
        self.forecasts[model] = forecast
        plan = self._plan(forecast) if self._plan else None
        if plan is not None:
            self.plans[model] = plan
            return Foretold(model, forecast, plan)
        few = len(forecast.durations_s) < FEWEST_TO_PLAN
        return Foretold(model, forecast, why="too few to plan polls by" if few else "they save no polls")


def _duration(run: Progress, answer: Answer) -> float | None:
    end = true_end(run.started_at, run.ended_at, answered_at=answer.answered_at, running_at=None)
    return run_duration(run.started_at, end)
