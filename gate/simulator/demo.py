"""The scenarios of `dai-gate demo`: one run of Checkout that lasts six seconds and ends as asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gate.simulator.scenario import Scenario, parse_scenario

_AGENT: Final = "Windows 11 - Chrome"


def _scenario(outcome: str, duration: str) -> Scenario:
    return parse_scenario(
        {
            "starts_at": "first-request",
            "runs": [{"model": "Checkout", "agent": _AGENT, "outcome": outcome, "duration": duration}],
            "history": [
                {
                    "model": "Checkout",
                    "agent": _AGENT,
                    "every": "24h",
                    "durations": [5.8, 6.4, 5.5, 6.1, 5.9, 7.2, 6.0, 6.3],
                    "outcomes": ["Passed", "Passed", "Failed", "Passed", "Passed", "Passed", "Passed", "Passed"],
                }
            ],
            "faults": [{"requests": 3, "status": 503}],
        },
        origin="demo",
    )


DEMO: Final[Mapping[str, Scenario]] = {
    "passed": _scenario("Passed", "6s"),
    "failed": _scenario("Failed", "6s"),
    "incomplete": _scenario("Incomplete", "6s"),
    "timed-out": _scenario("Passed", "never"),
}
"""By outcome. The third poll is answered with a 503, to show a retry; the run of `timed-out` never ends."""
