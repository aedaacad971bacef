"""What the server said of a run: status words, the shapes of an answer, and times that lie.

The facts are those of the endpoint `POST /api/run/progress`, documented by the vendor up to 6.0; what goes beyond the
documentation was seen in logs and in the vendor's own client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cached_property
from typing import Any


class Status(Enum):
    """What a status word means for a wait."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    UNRECOGNISED = "unrecognised"


# Documented: Running, Passed, Failed, Incomplete. Seen besides: Error as the end of a run, and the others on
# sibling endpoints and on the vendor's screens. Compared without regard to case.
STATUS_WORDS: Mapping[str, Status] = {
    "running": Status.RUNNING,
    "pending": Status.RUNNING,
    "in progress": Status.RUNNING,
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "error": Status.FAILED,
    "incomplete": Status.INCOMPLETE,
    "cancelled": Status.INCOMPLETE,
    "canceled": Status.INCOMPLETE,
    "aborted": Status.INCOMPLETE,
    "stopped": Status.INCOMPLETE,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """One run as one answer described it. Times are as the server wrote them: see `true_end`."""

    id: str
    word: str
    model: str | None = None
    type: str | None = None
    agent: str | None = None
    process_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def status(self) -> Status:
        return STATUS_WORDS.get(self.word.strip().casefold(), Status.UNRECOGNISED)


@dataclass(frozen=True)
class Reading:
    """The runs that an answer described, and what in it could not be read."""

    runs: tuple[Progress, ...]
    unreadable: tuple[str, ...] = ()

    @cached_property
    def _by_id(self) -> Mapping[str, Sequence[Progress]]:
        runs: dict[str, list[Progress]] = {}
        for run in self.runs:
            runs.setdefault(run.id.casefold(), []).append(run)
        return runs

    def find(self, run_id: str) -> Progress | None:
        """Return what was said of that run. Raises ContradictoryError if the answer says two things of it."""
        said = {run.status: run for run in self._by_id.get(run_id.casefold(), ()) if same_id(run.id, run_id)}
        if len(said) > 1:
            raise ContradictoryError(
                f"the answer says {' and '.join(run.word for run in said.values())} of the same run"
            )
        return next(iter(said.values()), None)


class ContradictoryError(ValueError):
    """An answer that says two things of one run."""


def same_id(one: str, other: str) -> bool:
    """Tell whether two ids name the same run: letter for letter, or as UUIDs, whose case does not matter."""
    if one == other:
        return True
    if one.casefold() != other.casefold():
        return False
    from uuid import UUID  # noqa: PLC0415 - hardly ever needed, and dear at start-up

    try:
        return UUID(one) == UUID(other)
    except ValueError:
        return False


# No answer is worth more complaints than this: one of eight megabytes could hold three million bad entries.
_NAMED = 10


def parse(body: Any) -> Reading:
    """Read a decoded JSON answer: an object, an array of them, `{"items": [...]}`, or null for nothing.

    Only `id` and `status` matter; an entry without them is named in `unreadable`. Every other key may be missing,
    null, or of another type.
    """
    if isinstance(body, Mapping) and isinstance(body.get("items"), list) and "status" not in body:
        body = body["items"]
    entries = [] if body is None else body if isinstance(body, list) else [body]
    runs: list[Progress] = []
    unreadable: list[str] = []
    for entry in entries:
        try:
            runs.append(_parse_run(entry))
        except ValueError as error:
            if len(unreadable) < _NAMED:
                unreadable.append(str(error))
    return Reading(tuple(runs), tuple(unreadable))


def _parse_run(entry: Any) -> Progress:
    if not isinstance(entry, Mapping):
        raise ValueError(f"expected a run, found {_kind(entry)}")  # noqa: TRY004 - foreign text, not a caller's mistake
    run_id, word = _text(entry.get("id")), entry.get("status")
    if not run_id:
        raise ValueError(f"a run without an id (keys: {', '.join(map(str, list(entry)[:12])) or 'none'})")
    if not isinstance(word, str):
        raise ValueError(f"a run whose status is {_kind(word)}")  # noqa: TRY004 - as above
    return Progress(
        id=run_id,
        word=word,
        model=_text(entry.get("modelname")),
        type=_text(entry.get("type")),
        agent=_text(entry.get("agentname")),
        process_id=_text(entry.get("processid")),
        started_at=parse_time(entry.get("starttime")),
        ended_at=parse_time(entry.get("endtime")),
    )


def _text(value: Any) -> str | None:
    """Return text, or a number as text (`processid` is either), else nothing."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    return value if isinstance(value, str) and value else None


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", str: "text", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")


_TIME = re.compile(
    r"\s*(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{0,9}))?\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)\s*", re.ASCII
)


def parse_time(text: Any) -> datetime | None:
    """Read `2018-05-31 17:00:01.366412+01` and its seen variants; None for anything else.

    The separator is a blank or `T`, the fraction 0 to 9 digits, the offset `+01`, `+01:00`, `+0100` or `Z`.
    """
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    day, clock, fraction, zulu, sign, hours, minutes = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}")
        offset = timedelta(0) if zulu else timedelta(hours=int(hours), minutes=int(minutes or 0))
        moment = moment.replace(tzinfo=timezone(-offset if sign == "-" else offset))
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


# The server's Date has whole seconds, and its clocks need not agree to the second.
_SLACK = timedelta(seconds=2)


def true_end(
    started_at: datetime | None,
    ended_at: datetime | None,
    *,
    answered_at: datetime | None,
    running_at: datetime | None,
) -> datetime | None:
    """Return when a run ended, repaired, or None where it cannot be known.

    The server writes the end as the UTC clock with the local offset (seen in 12 of 12 runs of one log): east of
    Greenwich the end is before the start, west of it in the future. An end that contradicts what is known - the start,
    the last answer that called it running (`running_at`), or the answer that tells it (`answered_at`, both from the
    server's own Date) - is read as UTC; if that contradicts it too, the end is unknown.
    """
    if ended_at is None:
        return None
    known = [moment for moment in (started_at, running_at and _moved(running_at, -_SLACK)) if moment is not None]
    latest = answered_at and _moved(answered_at, _SLACK)
    for reading in (ended_at, ended_at.replace(tzinfo=UTC)):
        if all(moment <= reading for moment in known) and (latest is None or reading <= latest):
            return reading
    return None


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def run_duration(started_at: datetime | None, ended_at: datetime | None) -> float | None:
    """Return the seconds from start to (repaired) end, never negative; None where either is unknown."""
    if started_at is None or ended_at is None or ended_at < started_at:
        return None
    return (ended_at - started_at).total_seconds()
