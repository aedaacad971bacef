"""How a run looks in an answer: the documented keys and times, and the variants that were seen or must be expected."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from gate.simulator.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gate.simulator.runs import Phase, PlannedRun
    from gate.simulator.section import Section
    from gate.simulator.timeline import Timeline

SHAPES: Final = ("by-query", "object", "array", "items")
_OFFSET: Final = re.compile(r"([+-])(\d\d):?(\d\d)?")
_CASES: Final[dict[str, Callable[[str], str]]] = {"as-is": str, "upper": str.upper, "lower": str.lower}


@dataclass(frozen=True)
class Looks:
    """What answers look like; the scenario's reference says what each choice means."""

    offset: timedelta = timedelta(hours=1)
    end_lies: bool = False
    time_format: str = "documented"
    shape: str = "by-query"
    extra_keys: bool = False
    status_case: str = "as-is"


def parse_looks(keys: Section) -> Looks:
    with keys.section("clock") as clock:
        offset = _offset(clock)
        end_lies = clock.choice("end_time", ("documented", "lying"), "documented") == "lying"
    return Looks(
        offset=offset,
        end_lies=end_lies,
        time_format=keys.choice("time_format", FORMATS, "documented"),
        shape=keys.choice("shape", SHAPES, "by-query"),
        extra_keys=keys.flag("extra_keys", default=False),
        status_case=keys.choice("status_case", _CASES, "as-is"),
    )


def _offset(clock: Section) -> timedelta:
    found = clock.value("offset", "+01:00")
    match = _OFFSET.fullmatch(found) if isinstance(found, str) else None
    if match is None:
        raise clock.wrong("offset", 'an offset in quotes, such as "+01:00" or "-05:30"')
    length = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if length >= timedelta(hours=24):
        raise clock.wrong("offset", "less than 24 hours")
    return -length if match[1] == "-" else length


def _documented(local: datetime) -> str:
    text = f"{local:%Y-%m-%d %H:%M:%S.%f%z}"
    return text.removesuffix("00") if text.endswith("00") else f"{text[:-2]}:{text[-2:]}"


FORMATS: Final[dict[str, Callable[[datetime], str]]] = {
    "documented": _documented,  # 2018-05-31 17:00:01.366412+01
    "iso": lambda local: local.isoformat(timespec="microseconds"),  # 2018-05-31T17:00:01.366412+01:00
    "colon": lambda local: local.isoformat(" ", timespec="microseconds"),  # 2018-05-31 17:00:01.366412+01:00
    "compact": lambda local: f"{local:%Y-%m-%dT%H:%M:%S.%f%z}",  # 2018-05-31T17:00:01.366412+0100
    "zulu": lambda local: f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",  # 2018-05-31T16:00:01.366412Z
}


class Records:
    """Writes runs as the server would. What was written of a run is kept until its status changes."""

    def __init__(self, looks: Looks, timeline: Timeline) -> None:
        self._looks = looks
        self._timeline = timeline
        self._zone = timezone(looks.offset)
        self._written: dict[str, tuple[PlannedRun, Phase | None, str]] = {}

    def one(self, run: PlannedRun, now: float) -> Answer:
        """Return the answer to a question by id: one object (documented)."""
        return self._answer([self._text(run, now)], by_model=False)

    def several(self, runs: Sequence[PlannedRun], now: float) -> Answer:
        """Return the answer to a question by model: an array (inferred, the documentation shows none)."""
        return self._answer([self._text(run, now) for run in runs], by_model=True)

    def _answer(self, texts: list[str], *, by_model: bool) -> Answer:
        shape = self._looks.shape
        if shape == "object" or (shape == "by-query" and not by_model):
            body = texts[0] if texts else "null"
        else:
            body = f"[{', '.join(texts)}]"
        return Answer(200, (f'{{"items": {body}}}' if shape == "items" else body).encode())

    def _text(self, run: PlannedRun, now: float) -> str:
        phase = run.phase(now)
        kept = self._written.get(run.id)
        if kept is None or kept[0] is not run or kept[1] is not phase:
            kept = (run, phase, json.dumps(self._record(run, phase)))
            self._written[run.id] = kept
        return kept[2]

    def _record(self, run: PlannedRun, phase: Phase | None) -> dict[str, object]:
        ended = phase is not None and run.has_ended(phase)
        record: dict[str, object] = {
            "id": run.id,
            "modelname": run.model,
            "username": run.username,
            "starttime": self._time(run.start),
            "endtime": self._time(run.start + phase.at, lies=self._looks.end_lies) if phase and ended else None,
            "type": run.type,
            "agentname": run.agent,
            "initiator": "api",
            "status": _CASES[self._looks.status_case](phase.status) if phase else None,
            "processid": str(run.processid),
        }
        if self._looks.extra_keys:
            record |= {"runid": run.processid, "is_paused": False, "runs": []}
        return record

    def _time(self, seconds: float, *, lies: bool = False) -> str:
        """Return a time as text. The lie (seen): the UTC clock, with the local offset written behind it."""
        moment = self._timeline.moment(seconds)
        local = moment.replace(tzinfo=self._zone) if lies else moment.astimezone(self._zone)
        return FORMATS[self._looks.time_format](local)
