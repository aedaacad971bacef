"""A stand-in for the Eggplant DAI server: for tests, demonstrations and pipelines without a license."""

from gate.simulator.answers import Request
from gate.simulator.demo import DEMO
from gate.simulator.runs import RunState
from gate.simulator.scenario import Scenario, load_scenario, parse_scenario
from gate.simulator.server import Simulator

__all__ = ["DEMO", "Request", "RunState", "Scenario", "Simulator", "load_scenario", "parse_scenario"]
