"""The earlier runs of the watched models: they come with a poll of each model, and what they predict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from gate.core.answer import Answer, Fault, FaultKind
from gate.core.description import Status
from gate.core.events import HistoryLearned, HistoryUnknown, SlowRun
from gate.core.forecast import FEWEST_RUNS, MOST_RUNS, Forecast
from gate.core.run import WatchedRun
from gate.core.schedule import FEWEST_TO_PLAN, Pace, Plan
from gate.core.text import ascii_lower

# How often a model's history is asked for. A fault of it must not cost a wait its contact with the server.
_MOST_TRIES = 3

# A run is slow when it has run for longer than this share of the earlier ones.
SLOWER_THAN = 0.95

# A run that was stopped does not show how long it would have taken.
_COMPLETE = frozenset({Status.PASSED, Status.FAILED})


class History:
    """Knows which models' earlier runs are still to be asked for, the forecasts from them, and the plans for polling.

    They are asked for with a poll: a run's second one asks about its model, and so wide that the answer shows both. So
    they cost no request.
    """

    def __init__(self, pace: Pace) -> None:
        self._plan = pace.plan
        self._is_wanted = pace.history or pace.plan is not None
        self._forecasts: dict[str, Forecast] = {}
        self._plans: dict[str, Plan] = {}
        self._settled: set[str] = set()
        self._tries: Counter[str] = Counter()

    def is_due(self, model: str | None) -> bool:
        """Return whether that model's earlier runs are still to be asked for."""
        return self._is_wanted and model is not None and ascii_lower(model) not in self._settled

    def fail(self, model: str, fault: Fault) -> list[HistoryUnknown]:
        """Take note of a fault of a poll that asked for them as well; return that they are given up, if so."""
        key = ascii_lower(model)
        self._tries[key] += 1
        if fault.kind is FaultKind.CONTACT and self._tries[key] < _MOST_TRIES:
            return []
        self._settled.add(key)
        return [HistoryUnknown(model, fault.text)]

    def learn(
        self, model: str, answer: Answer, watched: Collection[str | None]
    ) -> list[HistoryLearned | HistoryUnknown]:
        """Learn from the newest runs of the model that have ended and are not watched; nothing if none are wanted."""
        key = ascii_lower(model)
        if not self.is_due(model):
            return []
        self._settled.add(key)
        durations = [
            seconds
            for run in answer.reading.runs
            if run.status in _COMPLETE and run.id not in watched and ascii_lower(run.model or model) == key
            if (seconds := answer.duration_s(run)) is not None
        ]
        forecast = Forecast.learn(durations[:MOST_RUNS])
        if forecast is None:
            return [HistoryUnknown(model, f"fewer than {FEWEST_RUNS} earlier runs have ended")]
        self._forecasts[key] = forecast
        learned = HistoryLearned(model, forecast.durations_s, forecast.median_s)
        plan = self._plan(forecast) if self._plan else None
        if plan is not None:
            self._plans[key] = plan
            return [learned._replace(polls=plan.polls, default_polls=plan.default_polls)]
        few = len(forecast.durations_s) < FEWEST_TO_PLAN
        return [learned._replace(why="too few to plan polls by" if few else "which save no polls")]

    def forecast(self, model: str | None) -> Forecast | None:
        return self._forecasts.get(ascii_lower(model or ""))

    def wait(self, model: str | None, ages_s: Sequence[float]) -> float | None:
        """Return seconds to the next poll of runs that have been running for so long; None where there is no plan."""
        plan = self._plans.get(ascii_lower(model or ""))
        return plan.wait(ages_s) if plan and ages_s else None

    def note_slow(self, runs: Iterable[WatchedRun], now: float) -> list[SlowRun]:
        """Return each run, once, that has been running for longer than nearly all earlier ones."""
        slow: list[SlowRun] = []
        for run in runs:
            forecast, age = self.forecast(run.model), run.age_s(now)
            if forecast and age is not None and not run.is_slow and forecast.survival(age) <= 1 - SLOWER_THAN:
                run.is_slow = True
                slow.append(SlowRun(run.subject))
        return slow
