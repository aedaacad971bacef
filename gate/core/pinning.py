"""Which of a model's runs are followed: its newest by start time, as the first good answer shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gate.core.description import Status
from gate.core.forecast import MOST_RUNS
from gate.core.progress import AmbiguousError, Progress, Reading, Unreadable, distinct, others
from gate.core.targets import ModelTarget
from gate.core.text import ascii_lower, shorten

_BEGINNING = datetime.min.replace(tzinfo=UTC)

# How many runs more are asked for while pinning, so that entries without a start time are seen; they are the history as
# well. Always the same, so that no other option changes what is pinned.
REACH = MOST_RUNS + 10

# Sorts runs newest first: a queued run before a started one, by start time, before one that ended without any.
_Age = tuple[int, timedelta]


def pin(reading: Reading, target: ModelTarget) -> tuple[Progress, ...]:
    """Return the runs that a target stands for: the newest by start time, newest first.

    A run without a start time that has not ended counts as the newest (it is queued; several in the server's order) and
    as after any `since`. Where no run has a start time, those that have ended follow in the server's order. A run of
    which the server says that it is another model's does not count.

    Raises AmbiguousError where an entry that could be among the newest cannot be read, has ended without a start time,
    or contradicts itself: an older run never stands in for it.
    """
    found = [run for run in reading.runs if _is_of(run.model, target)]
    newest_first = sorted((run for run in found if _is_after(run, target.since)), key=_age)
    by_id = {run.id: run for run in reversed(newest_first)}
    chosen = [by_id[each] for each in distinct([run.id for run in newest_first])[: target.limit]]
    oldest = _age(chosen[-1]) if len(chosen) == target.limit else None
    for entry in reading.unreadable:
        if _could_be_newer(entry, target, oldest):
            raise AmbiguousError(f"One of the newest runs cannot be read: {entry.why}")
    for run in chosen:
        reading.find(run.id)
    if target.since is not None or any(run.started_at for run in found):
        for run in others(found, [each.id for each in chosen]):
            if _may_have_begun_later(run, target, oldest):
                raise AmbiguousError(f"One of the newest runs may be {run.id}, which has ended without a start time")
    return tuple(chosen)


def _is_of(model: str | None, target: ModelTarget) -> bool:
    return model is None or ascii_lower(model) == ascii_lower(shorten(target.model))


def _has_ended(run: Progress) -> bool:
    return run.status is not Status.RUNNING and (run.status is not Status.UNRECOGNISED or run.ended_at is not None)


def _is_after(run: Progress, since: datetime | timedelta | None) -> bool:
    if since is None:
        return True
    assert isinstance(since, datetime)  # noqa: S101 - `ModelTarget.at` turns a length of time into a moment first
    return not _has_ended(run) if run.started_at is None else run.started_at > since


def _age(run: Progress) -> _Age:
    if run.started_at is not None:
        return 1, _BEGINNING - run.started_at
    return (2 if _has_ended(run) else 0), timedelta(0)


def _may_have_begun_later(run: Progress, target: ModelTarget, oldest: _Age | None) -> bool:
    """Return whether a run that does not say when it began may belong to the chosen: it began before its end at least.

    Of the two readings of its end the later counts (see `times.true_end`).
    """
    if run.started_at is not None or not _has_ended(run):
        return False
    if run.ended_at is None:
        return oldest is None or oldest[0] > 0
    return _is_among(max(run.ended_at, run.ended_at.replace(tzinfo=UTC)), target, oldest)


def _could_be_newer(entry: Unreadable, target: ModelTarget, oldest: _Age | None) -> bool:
    """Return whether an entry that cannot be read may be newer than the oldest of the chosen runs."""
    if not _is_of(entry.model, target):
        return False
    return entry.started_at is None or _is_among(entry.started_at, target, oldest)


def _is_among(started_at: datetime, target: ModelTarget, oldest: _Age | None) -> bool:
    if isinstance(target.since, datetime) and started_at <= target.since:
        return False
    return oldest is None or (1, _BEGINNING - started_at) <= oldest
