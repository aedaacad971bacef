"""What a wait of the campaign meets, drawn from the seed and its number, and what must come of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from soak.conditions import DEAD_FIRST, REFUSED_FIRST

# Verdicts from best to worst are not taken from the product: this is the contract's own order.
ORDER = ("failed", "denied", "unknown", "timed-out", "incomplete", "interrupted", "passed")
EXIT_CODES = {"passed": 0, "failed": 1, "incomplete": 3, "timed-out": 4, "unknown": 5, "denied": 6, "interrupted": 143}
ENDS = {
    "Passed": "passed",
    "Failed": "failed",
    "Error": "failed",
    "Incomplete": "incomplete",
    "Cancelled": "incomplete",
    "Aborted": "incomplete",
    "Stopped": "incomplete",
    "Exploded": "unknown",
}
TOKEN = "t0p-s3cret"
MODELS = ("Checkout", "Search")

SHARE = 0.2  # of the requests meet a fault
KINDS_AT_ONCE = 4

_MARKS = ("0", "1", "-1", "Thu, 01 Jan 1970 00:00:00 GMT", "soon")
# Every fault of the simulator, drawn by its weight, but for two that are final by design: a redirect, and a status that
# nobody knows in an answer with an end time (it is an outcome here).
FAULTS: tuple[tuple[int, dict[str, Any]], ...] = (
    *((2, {"status": status, "body": "json"}) for status in (400, 404, 408, 425, 429, 500, 502, 503, 504, 599)),
    *((2, {"status": status, "body": "html"}) for status in (502, 503)),
    *((1, {"status": 503, "retry_after": mark}) for mark in _MARKS),
    *((1, {"status": 200, "retry_after": mark}) for mark in _MARKS),
    *((2, {"kind": kind}) for kind in ("close", "reset", "truncate", "wrong-length", "not-http", "html-200")),
    *((2, {"kind": kind}) for kind in ("invalid-json", "wrong-type", "null", "empty-array", "empty-object")),
    *((2, {"kind": kind}) for kind in ("duplicate-keys", "other-run", "unexpected-encoding")),
    (1, {"kind": "deep-nesting"}),
    *((1, {"kind": "wrong-charset", "charset": charset}) for charset in ("utf-16", "latin-1")),
    *((1, {"kind": kind}) for kind in ("hang", "hang-body", "drip", "drip-headers")),
    *((2, {"kind": "interim", "status": status, "times": 2}) for status in (100, 102, 103)),
    *((2, {"kind": "extra-answer", "status_word": "Passed", "late": late}) for late in (False, True)),
    (2, {"kind": "previous-answer"}),
    (1, {"kind": "long-text", "field": "agentname", "size": 1_000_000}),
    (1, {"kind": "slow", "delay": "200ms"}),
    (1, {"kind": "slow", "delay": "2s"}),
    (1, {"kind": "huge", "size": 9_000_000}),
    (1, {"kind": "gzip-bomb", "size": 20_000_000}),
)


@dataclass(frozen=True)
class Pace:
    """Limits of a wait, in seconds: of one request, and of the time without a good answer or without a known run.

    So many faults in a row that the second is reached do not come by chance. `slack` is what a busy machine may add to
    the bound of a wait.
    """

    request_timeout: float
    patience: float
    slack: float
    stretch: float
    """How much longer a wait takes that is interrupted or times out."""

    def to(self, host: str) -> Pace:
        """Return the limits of a wait for that host: a request to a dead address first has to try the next one too."""
        return replace(self, request_timeout=2 * self.request_timeout) if host == DEAD_FIRST else self


QUICK = Pace(0.5, 6.0, 3.0, 1.0)
PATIENT = Pace(2.0, 15.0, 60.0, 4.0)


@dataclass(frozen=True)
class Plan:
    """One wait: the server's scenario, the command's arguments, and what must come of each run, in order."""

    number: int
    scenario: dict[str, Any]
    arguments: tuple[str, ...]
    verdicts: tuple[str, ...]
    timeout: float
    pace: Pace = QUICK
    token: str = TOKEN
    interrupt_at: float | None = None
    host: str = "127.0.0.1"
    refused_threads: float = 0.0
    """The share of threads that the machine refuses to the wait."""
    durations: dict[str, float] = field(default_factory=dict)
    """How long each run lasts that ends, in seconds."""

    @property
    def verdict(self) -> str:
        return "interrupted" if self.interrupt_at else next(each for each in ORDER if each in self.verdicts)


def draw(seed: int, number: int, pace: Pace = QUICK) -> Plan:
    """Return the wait of that number: the same for the same seed."""
    chance = random.Random(f"{seed} {number}")
    occasion = chance.choices(("plain", "never", "interrupt", "denied", "missing"), (80, 7, 5, 3, 5))[0]
    by_model = occasion != "missing" and chance.random() < 0.25
    count = chance.choices((1, 2, 3, 4), (6, 2, 1, 1))[0]
    models = MODELS[: chance.choice((1, 2))] if by_model else ("",)
    never = occasion in {"never", "interrupt"}
    runs = [_run(chance, index, model, never=never) for model in models for index in range(count)]
    timeout = chance.uniform(2, 4) * pace.stretch if occasion == "never" else 60.0
    arguments = [f"--model={model}" for model in models] if by_model else [run["id"] for run in runs]
    arguments += ["--limit", str(count)] if by_model else []
    verdicts = [ENDS[run["outcome"]] if run["duration"] != "never" else "timed-out" for run in runs]
    if occasion == "missing":
        arguments.append("00000000-0000-4000-8000-000000000000")
        verdicts.append("unknown")
    if occasion == "denied":
        verdicts = ["denied"] * (len(models) if by_model else count)
    if occasion == "interrupt":
        verdicts = ["interrupted"] * len(runs)
    host = chance.choices(("127.0.0.1", DEAD_FIRST, REFUSED_FIRST), (80, 10, 10))[0]
    return Plan(
        number=number,
        pace=pace.to(host),
        scenario={**_answers(chance), "runs": runs, "faults": _faults(chance, number, by_model=by_model)},
        arguments=(*arguments, "--timeout", f"{timeout}s"),
        verdicts=tuple(verdicts),
        timeout=timeout,
        token="wrong" if occasion == "denied" else TOKEN,
        interrupt_at=chance.uniform(1, 2) * pace.stretch if occasion == "interrupt" else None,
        host=host,
        refused_threads=chance.choices((0.0, 0.2), (80, 20))[0],
        durations={run["id"]: float(run["duration"].rstrip("s")) for run in runs if run["duration"] != "never"},
    )


def _run(chance: random.Random, index: int, model: str, *, never: bool) -> dict[str, Any]:
    """Return a run; those of one model start one second apart, the newest first, as they are listed."""
    outcome = chance.choices(list(ENDS), (50, 15, 5, 10, 4, 4, 4, 4))[0]
    earlier = 6 + index if model else chance.uniform(0, 1)
    return {
        "id": f"{chance.getrandbits(128):032x}",
        "model": model or chance.choice(MODELS),
        "outcome": outcome,
        "duration": "never" if never else f"{earlier + chance.uniform(-1, 3):.3f}s".lstrip("-"),
        "start": f"-{earlier:.3f}s",
        "visible_after": "0s" if model else f"{chance.uniform(0, 1.5):.3f}s",
        "agent": chance.choice((None, "Agent 1", "Agent \x1b[31m\N{SNOWMAN}")),
    }


def _answers(chance: random.Random) -> dict[str, Any]:
    lying = chance.random() < 0.5
    return {
        "auth": {"tokens": [TOKEN]},
        "shape": chance.choice(("by-query", "array", "items")),
        "extra_keys": chance.random() < 0.5,
        "status_case": chance.choice(("as-is", "upper", "lower")),
        "time_format": chance.choice(("documented", "iso", "colon", "compact", *(() if lying else ("zulu",)))),
        "unknown_run": chance.choice(("not-found-404", "bad-request-400", "null", "empty-array", "message-200")),
        "clock": {
            "offset": chance.choice(("+00:00", "+01:00", "-08:00", "+05:30")),
            "end_time": "lying" if lying else "documented",
            "ahead": f"{chance.choice((0, 0, 900, -900))}s",
            "date_ahead": f"{chance.choice((0, 0, 10, -10))}s",
        },
    }


def _faults(chance: random.Random, number: int, *, by_model: bool) -> list[dict[str, Any]]:
    """Return faults that befall a fifth of the requests together.

    Another run in the answer about a model cannot be distinguished from a run of that model.
    """
    known = [(weight, fault) for weight, fault in FAULTS if not (by_model and fault.get("kind") == "other-run")]
    drawn = chance.choices([fault for _, fault in known], [weight for weight, _ in known], k=KINDS_AT_ONCE)
    each = 1 - (1 - SHARE) ** (1 / KINDS_AT_ONCE)
    return [
        {**fault, "requests": {"chance": each, "seed": number * KINDS_AT_ONCE + place}}
        for place, fault in enumerate(drawn)
    ]
