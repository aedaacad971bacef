"""What a run looks like in an answer: the documented keys and times, the variants that were seen, and other APIs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timezone
from typing import Any, Final

from gate.core.api import RUN_PROGRESS
from gate.core.description import AnswerPaths, Status
from gate.simulator.answers import Answer
from gate.simulator.runs import Phase, PlannedRun
from gate.simulator.scenario import Scenario
from gate.simulator.timeline import Timeline


def _documented(local: datetime) -> str:
    text = f"{local:%Y-%m-%d %H:%M:%S.%f%z}"
    return text.removesuffix("00") if text.endswith("00") else f"{text[:-2]}:{text[-2:]}"


_FORMATS: Final[Mapping[str, Callable[[datetime], str]]] = {
    "documented": _documented,  # 2018-05-31 17:00:01.366412+01
    "iso": lambda local: local.isoformat(timespec="microseconds"),  # 2018-05-31T17:00:01.366412+01:00
    "colon": lambda local: local.isoformat(" ", timespec="microseconds"),  # 2018-05-31 17:00:01.366412+01:00
    "compact": lambda local: f"{local:%Y-%m-%dT%H:%M:%S.%f%z}",  # 2018-05-31T17:00:01.366412+0100
    "zulu": lambda local: f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",  # 2018-05-31T16:00:01.366412Z
}
_CASES: Final[Mapping[str, Callable[[str], str]]] = {"as-is": str, "upper": str.upper, "lower": str.lower}


class Records:
    """Writes runs as the server would. What was written of a run is kept until its status changes."""

    def __init__(self, scenario: Scenario, timeline: Timeline) -> None:
        self._scenario, self._timeline, self._api = scenario, timeline, scenario.api
        self._zone = timezone(scenario.clock.offset)
        self._written: dict[str, tuple[PlannedRun, Phase | None, str]] = {}

    def run_id(self, run: PlannedRun) -> str | int:
        """Return a run's id as answers hold it."""
        return int(run.id) if self._scenario.numeric_ids and run.id.isdecimal() else run.id

    def answer(self, runs: Sequence[PlannedRun], now: float, *, by_model: bool) -> Answer:
        """Return the answer: by id an object (documented), by model an array (inferred, no page shows one)."""
        texts, shape = [self._text(run, now) for run in runs], self._scenario.shape
        if shape == "object" or (shape == "by-query" and not by_model):
            body = texts[0] if texts else "null"
        else:
            body = f"[{', '.join(texts)}]"
        wrapper = self._api.answer.runs or ("items" if shape == "items" else "")
        for name in reversed(wrapper.split(".") if wrapper else ()):
            body = f"{{{json.dumps(name)}: {body}}}"
        return Answer(200, body.encode())

    def _text(self, run: PlannedRun, now: float) -> str:
        phase = run.phase(now)
        kept = self._written.get(run.id)
        if kept is None or kept[0] is not run or kept[1] is not phase:
            kept = (run, phase, json.dumps(self._record(run, phase)))
            self._written[run.id] = kept
        return kept[2]

    def _record(self, run: PlannedRun, phase: Phase | None) -> dict[str, Any]:
        is_lie = self._scenario.clock.end_time == "lying"
        facts: dict[str, Any] = {
            "id": self.run_id(run),
            "model": run.model,
            "username": run.template.username,
            "started_at": self._time(run.start),
            "ended_at": self._time(run.start + phase.at, lies=is_lie) if phase and run.has_ended(phase) else None,
            "type": run.template.type,
            "agent": run.template.agent,
            "initiator": "api",
            "status": self._word(phase.status) if phase else None,
            "process_id": str(run.processid),
        }
        record: dict[str, Any] = {}
        for name, value in facts.items():
            _put(record, getattr(self._api.answer, name) if name in _PATHS else name, value)
        if self._scenario.extra_keys:
            record |= {"runid": run.processid, "is_paused": False, "runs": []}
        return record | dict(run.template.answer)

    def _word(self, word: str) -> str:
        """Return the word of this API for a word of the documented one, where it has another."""
        api, meaning = self._api, RUN_PROGRESS.status_of(word)
        if api.status_of(word) is Status.UNRECOGNISED and meaning is not Status.UNRECOGNISED:
            word = next(iter(getattr(api.words, meaning.value)), word)
        return _CASES[self._scenario.status_case](word)

    def _time(self, seconds: float, *, lies: bool = False) -> str:
        """Return a time as text. The lie (seen): the UTC clock, with the local offset written behind it."""
        moment = self._timeline.moment(seconds)
        local = moment.replace(tzinfo=self._zone) if lies else moment.astimezone(self._zone)
        return _FORMATS[self._scenario.time_format](local)


_PATHS: Final = frozenset(AnswerPaths.__dataclass_fields__)


def _put(record: dict[str, Any], path: str, value: Any) -> None:
    """Set a value at a dotted path; an empty path is a fact that this API does not have."""
    *outer, last = path.split(".")
    for name in outer:
        record = record.setdefault(name, {})
    if last:
        record[last] = value
