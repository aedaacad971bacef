"""The terms of a wait: how long, how many must pass, how often to ask."""

from __future__ import annotations

from collections.abc import Callable

from gate.core.backoff import Exponential
from gate.core.forecast import Forecast
from gate.core.record import record
from gate.core.schedule import Plan
from gate.core.verdict import Require


@record(kw_only=True)
class Limits:
    """The lengths that bound a wait, in seconds."""

    timeout: float
    contact_timeout: float
    not_found_grace: float
    request_timeout: float


@record(kw_only=True)
class Rules:
    """When several runs are enough, or cannot be any more."""

    require: Require = Require.ALL
    fail_fast: bool = False


@record(kw_only=True)
class Pace:
    """When to ask again: a fresh schedule of polls and one of retries for each group of runs asked about together.

    `plan` makes the learned schedule of what a model's earlier runs predict. `history` asks for earlier runs even
    without it, for what they show a person.
    """

    make_schedule: Callable[[], Exponential]
    make_retries: Callable[[], Exponential]
    plan: Callable[[Forecast], Plan | None] | None = None
    history: bool = False
