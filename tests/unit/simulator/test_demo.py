from __future__ import annotations

import pytest

from gate.simulator import DEMO, Simulator
from unit.simulator.asking import HandClock, ask


@pytest.mark.parametrize(
    ("outcome", "word"),
    [("passed", "Passed"), ("failed", "Failed"), ("incomplete", "Incomplete"), ("timed-out", "Running")],
)
def test_the_demonstration(outcome: str, word: str) -> None:
    """The run lasts six seconds from the first poll, eight others came before, and the third poll fails."""
    clock = HandClock()
    with Simulator(DEMO[outcome], clock=clock) as simulator:
        runs = ask(simulator, modelName="Checkout").json
        assert len(runs) == 9
        assert runs[0]["agentname"]
        assert all(run["endtime"] for run in runs[1:])
        statuses = []
        for _ in range(3):
            clock.pass_by(2)
            statuses.append(ask(simulator, id=runs[0]["id"]))
    assert [reply.status for reply in statuses] == [200, 503, 200]
    assert statuses[0].json["status"] == "Running"
    assert statuses[2].json["status"] == word
