"""What a wait of the campaign meets: drawn from the seed and its number, and told what must come of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

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

REQUEST_TIMEOUT = 0.5
PATIENCE = 6.0  # contact time-out and grace: so many faults in a row do not come by chance
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
    (1, {"kind": "slow", "delay": "200ms"}),
    (1, {"kind": "slow", "delay": "2s"}),
    (1, {"kind": "huge", "size": 9_000_000}),
    (1, {"kind": "gzip-bomb", "size": 20_000_000}),
)


@dataclass(frozen=True)
class Plan:
    """One wait: the server's scenario, the command's arguments, and what must come of each run, in order."""

    number: int
    scenario: dict[str, Any]
    arguments: tuple[str, ...]
    verdicts: tuple[str, ...]
    timeout: float
    token: str = TOKEN
    interrupt_at: float | None = None

    @property
    def verdict(self) -> str:
        return "interrupted" if self.interrupt_at else next(each for each in ORDER if each in self.verdicts)


def draw(seed: int, number: int) -> Plan:
    """Return the wait of that number: the same for the same seed."""
    chance = random.Random(f"{seed} {number}")
    occasion = chance.choices(("plain", "never", "interrupt", "denied", "missing"), (80, 7, 5, 3, 5))[0]
    by_model = occasion != "missing" and chance.random() < 0.25
    count = chance.choices((1, 2, 3, 4), (6, 2, 1, 1))[0]
    word = "never" if occasion in {"never", "interrupt"} else ""
    runs = [_run(chance, index, never=bool(word), by_model=by_model) for index in range(count)]
    verdicts = [ENDS[run["outcome"]] if run["duration"] != "never" else "timed-out" for run in runs]
    timeout = chance.uniform(2, 4) if occasion == "never" else 30.0
    arguments = ["--model", "Checkout", "--limit", str(count)] if by_model else [run["id"] for run in runs]
    if occasion == "missing":
        arguments.append("00000000-0000-4000-8000-000000000000")
        verdicts.append("unknown")
    if by_model:
        verdicts.reverse()  # a model's runs are listed newest first
    if occasion == "denied":
        verdicts = ["denied"] * (1 if by_model else count)
    if occasion == "interrupt":
        verdicts = ["interrupted"] * count
    return Plan(
        number=number,
        scenario={**_looks(chance), "runs": runs, "faults": _faults(chance, number, by_model=by_model)},
        arguments=(*arguments, "--timeout", f"{timeout}s"),
        verdicts=tuple(verdicts),
        timeout=timeout,
        token="wrong" if occasion == "denied" else TOKEN,
        interrupt_at=chance.uniform(1, 2) if occasion == "interrupt" else None,
    )


def _run(chance: random.Random, index: int, *, never: bool, by_model: bool) -> dict[str, Any]:
    outcome = chance.choices(list(ENDS), (50, 15, 5, 10, 4, 4, 4, 4))[0]
    earlier = 9 - index if by_model else chance.uniform(0, 1)  # a model's runs start in a known order
    return {
        "id": f"{chance.getrandbits(128):032x}",
        "model": "Checkout" if by_model else chance.choice(("Checkout", "Search")),
        "outcome": outcome,
        "duration": "never" if never else f"{earlier + chance.uniform(-1, 3):.3f}s".lstrip("-"),
        "start": f"-{earlier:.3f}s",
        "visible_after": "0s" if by_model else f"{chance.uniform(0, 1.5):.3f}s",
        "agent": chance.choice((None, "Agent 1", "Agent \x1b[31m\N{SNOWMAN}")),
    }


def _looks(chance: random.Random) -> dict[str, Any]:
    return {
        "auth": {"tokens": [TOKEN]},
        "shape": chance.choice(("by-query", "array", "items")),
        "extra_keys": chance.random() < 0.5,
        "status_case": chance.choice(("as-is", "upper", "lower")),
        "time_format": chance.choice(("documented", "iso", "colon", "compact", "zulu")),
        "unknown_run": chance.choice(("not-found-404", "bad-request-400", "null", "empty-array", "message-200")),
        "clock": {
            "offset": chance.choice(("+00:00", "+01:00", "-08:00", "+05:30")),
            "end_time": chance.choice(("documented", "lying")),
        },
    }


def _faults(chance: random.Random, number: int, *, by_model: bool) -> list[dict[str, Any]]:
    """Return faults that befall a fifth of the requests together.

    Another run in the answer about a model cannot be told from a run of that model, by anyone.
    """
    known = [(weight, fault) for weight, fault in FAULTS if not (by_model and fault.get("kind") == "other-run")]
    drawn = chance.choices([fault for _, fault in known], [weight for weight, _ in known], k=KINDS_AT_ONCE)
    each = 1 - (1 - SHARE) ** (1 / KINDS_AT_ONCE)
    return [
        {**fault, "requests": {"chance": each, "seed": number * KINDS_AT_ONCE + place}}
        for place, fault in enumerate(drawn)
    ]
