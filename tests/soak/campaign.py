"""The soak campaign: thousands of waits side by side, a fifth of their requests at fault, and none may come out wrong.

Each wait is the product's own, over real HTTP on loopback, against a simulated server of its own. Prints its figures
and its seed, and exits with 1 where a verdict was wrong, a wait exceeded its bound, or a report was missing or stale.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import json
import os
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from threading import Timer

from gate.cli.commands import COMMANDS
from gate.clock import SystemClock
from gate.commands import polling, wait
from gate.commands.context import open_context
from gate.settings.load import load
from gate.settings.watched import read_run_ids, watched
from gate.signals import Interrupt, Listener
from gate.simulator import Simulator, parse_scenario
from gate.simulator.faults import PROGRESS

sys.path.insert(0, str(Path(__file__).parents[1]))  # it is run as a script

from soak import conditions
from soak.plans import EXIT_CODES, PATIENT, QUICK, Pace, Plan, draw

WAITS, SHORT = 4000, 100
PROCESSES, SIDE_BY_SIDE = 2, 32
ROUNDED = 0.002  # seconds: times are written with microseconds, durations with milliseconds
CHILDREN = {"passed": None, "failed": "failure"}


@dataclass
class Figures:
    """What is counted."""

    waits: int = 0
    requests: int = 0
    faults: int = 0
    longest_overrun: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    overran: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        self.waits += other.waits
        self.requests += other.requests
        self.faults += other.faults
        self.longest_overrun = max(self.longest_overrun, other.longest_overrun)
        self.verdicts += other.verdicts
        self.wrong += other.wrong
        self.overran += other.overran
        self.missing += other.missing


STALE = '{"verdict": "passed", "exit_code": 0, "runs": [{"verdict": "passed", "message": "yesterday"}]}'


def take(plan: Plan, folder: Path) -> Figures:
    """Make one wait and check all that it left."""
    junit, report = folder / f"{plan.number}.xml", folder / f"{plan.number}.json"
    junit.write_text("<testsuite><testcase name='yesterday'/></testsuite>")
    report.write_text(STALE)
    lines: list[str] = []
    scenario = parse_scenario(plan.scenario, origin="soak")
    with Simulator(scenario) as server, contextlib.ExitStack() as around:
        url = server.url.replace("127.0.0.1", plan.host)
        if plan.host == conditions.DEAD_FIRST:
            around.enter_context(conditions.dead_address(server.port))
        if plan.refused_threads:
            around.enter_context(conditions.refused_threads(f"{plan.number}", plan.refused_threads))
        began = time.monotonic()
        code = wait_once(plan, ["--url", url, "--junit", str(junit), "--json", str(report)], lines)
        took = time.monotonic() - began
        asked = [request for request in server.requests if request.path == PROGRESS]
    name = f"wait {plan.number}"
    bound = (plan.interrupt_at or plan.timeout) + plan.pace.request_timeout
    figures = Figures(waits=1, requests=len(asked), longest_overrun=took - bound)
    figures.verdicts[plan.verdict] += 1
    figures.faults = sum(
        any(fault.hits(PROGRESS, number, request.at) for fault in scenario.faults)
        for number, request in enumerate(asked, start=1)
    )
    if took > bound + plan.pace.slack:
        figures.overran.append(f"{name}: {took:.1f}s where {bound:.1f}s is the bound")
    figures.missing += [f"{name}: {fault}" for fault in check_reports(plan, junit, report)]
    figures.wrong += [f"{name}: {fault}" for fault in check_verdicts(plan, code, report, lines)]
    return figures


def wait_once(plan: Plan, arguments: list[str], lines: list[str]) -> int:
    """Make the product's own wait with the arguments of a command line, and return its exit code."""
    pace = ("--interval", "100ms", "--max-interval", "400ms", "--verbose", "--no-ci")
    patience = (
        *("--contact-timeout", f"{plan.pace.patience}s", "--not-found-grace", f"{plan.pace.patience}s"),
        *("--request-timeout", f"{plan.pace.request_timeout}s"),
    )
    token = Path(arguments[3]).with_suffix(".token")
    token.write_text(plan.token)
    given = ["--token-file", str(token), *arguments, *pace, *patience, *plan.arguments]
    with COMMANDS["wait"].make_context("wait", given) as parsed:
        settings = load(parsed.params, {})
    clock = SystemClock()
    outputs = polling.check_outputs(settings)
    context = open_context(settings, clock, stderr=None)
    context.log.write = lines.append
    targets = watched(settings, read_run_ids(parsed.params["run_ids"], {}, bytes))
    prepared = polling.prepare(context, targets, outputs, started=clock.monotonic())
    listener = Listener()
    if plan.interrupt_at is not None:
        timer = Timer(plan.interrupt_at, interrupt, [listener])
        timer.daemon = True
        while True:
            with contextlib.suppress(RuntimeError):  # this thread may be among those that are refused
                timer.start()
                break
    return wait.run(prepared, listener)


def interrupt(listener: Listener) -> None:
    """Do what SIGTERM does: a signal comes to a process's first thread only."""
    listener.received = Interrupt(15)
    listener.inbox.put(listener.received)


def check_reports(plan: Plan, junit: Path, report: Path) -> Iterator[str]:
    """Yield what is missing in the reports, or says something else than the plan."""
    try:
        said = json.loads(report.read_text(encoding="utf-8"))
        cases = ET.fromstring(junit.read_text(encoding="utf-8")).findall("testcase")
    except (OSError, ValueError, ET.ParseError) as error:
        yield f"no report: {error}"
        return
    if any(run["message"] == "yesterday" for run in said["runs"]) or any(
        case.get("name") == "yesterday" for case in cases
    ):
        yield "a stale report"
    children = [case[0].tag if len(case) else None for case in cases]
    expected = [CHILDREN.get(run["verdict"], "error") for run in said["runs"]]
    if children != expected:
        yield f"JUnit has {children}, JSON {expected}"
    if not all(run["message"] for run in said["runs"]):
        yield "a run without a message"


def check_verdicts(plan: Plan, code: int, report: Path, lines: list[str]) -> Iterator[str]:
    """Yield what came out otherwise than it must."""
    try:
        said = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    last = "; ".join(lines[-5:])
    if code != EXIT_CODES[plan.verdict] or (said["verdict"], said["exit_code"]) != (plan.verdict, code):
        yield f"{said['verdict']} ({code}) where it is {plan.verdict}: {last}"
    found = [run["verdict"] for run in said["runs"]]
    if found != list(plan.verdicts):
        yield f"{found} where it is {list(plan.verdicts)}: {last}"
    for run in said["runs"]:
        length = plan.durations.get(run["id"])
        ended = length is not None and run["status"] and run["verdict"] in {"passed", "failed", "incomplete"}
        if ended and (run["duration_s"] is None or abs(run["duration_s"] - length) > ROUNDED):
            yield f"a duration of {run['duration_s']}s where it is {length}s"
    if any("Traceback" in line or "itself failed" in line for line in lines):
        yield f"a fault of the gate itself: {last}"


def take_safely(plan: Plan, folder: Path) -> Figures:
    try:
        return take(plan, folder)
    except BaseException:  # noqa: BLE001 - whatever it is, it is a wrong outcome of this wait
        return Figures(waits=1, wrong=[f"wait {plan.number}: {traceback.format_exc(limit=-3)}"])


def share(seed: int, numbers: range, pace: Pace) -> Figures:
    """Take a share of the waits in this process, side by side."""
    conditions.install()
    faulthandler.dump_traceback_later(120 + len(numbers), exit=True)  # a wait that hangs for ever must not hang this
    for name in list(os.environ):
        if name.startswith(("DAI_", "HTTP", "http")):
            del os.environ[name]
    figures = Figures()
    with (
        tempfile.TemporaryDirectory() as place,
        contextlib.redirect_stdout(io.StringIO()),
        ThreadPoolExecutor(SIDE_BY_SIDE) as pool,
    ):
        for done in pool.map(lambda number: take_safely(draw(seed, number, pace), Path(place)), numbers):
            figures.add(done)
    return figures


def sentence(figures: Figures, seed: int) -> str:
    """Return the figures as README holds them."""
    return (
        f"`make soak`: {figures.waits:,} waits with {figures.requests:,} requests, "
        f"{figures.faults / figures.requests:.0%} of them with a fault. Wrong verdicts: {len(figures.wrong)}; waits "
        f"past their bound: {len(figures.overran)}; reports missing or stale: {len(figures.missing)} "
        f"({datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, seed {seed})."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help=f"{SHORT} waits instead of {WAITS}, with limits for a busy machine"
    )
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6), help="default: a new one")
    parser.add_argument("--waits", type=int, help="how many")
    parser.add_argument("--figures", type=Path, help="write the figures there as a sentence of Markdown")
    chosen = parser.parse_args()
    waits = chosen.waits or (SHORT if chosen.short else WAITS)
    began = time.monotonic()
    figures = Figures()
    with ProcessPoolExecutor(PROCESSES) as pool:
        shares = [range(first, waits, PROCESSES) for first in range(PROCESSES)]
        pace = PATIENT if chosen.short else QUICK
        for each in pool.map(share, [chosen.seed] * PROCESSES, shares, [pace] * PROCESSES):
            figures.add(each)
    printed = [
        f"{figures.waits} waits, {figures.requests} requests, {figures.faults / figures.requests:.0%} with a fault",
        f"verdicts: {', '.join(f'{count} {verdict}' for verdict, count in figures.verdicts.most_common())}",
        f"wrong verdicts: {len(figures.wrong)}",
        *figures.wrong,
        f"waits past their bound: {len(figures.overran)}",
        *figures.overran,
        f"reports missing or stale: {len(figures.missing)}",
        *figures.missing,
        f"the closest to its bound: {figures.longest_overrun:+.2f}s",
        f"{time.monotonic() - began:.0f}s; the same again: --waits {waits} --seed {chosen.seed}",
    ]
    sys.stdout.write("\n".join(printed) + "\n")
    if chosen.figures:
        chosen.figures.write_text(sentence(figures, chosen.seed) + "\n", encoding="utf-8")
    return 1 if figures.wrong or figures.overran or figures.missing or figures.waits != waits else 0


if __name__ == "__main__":
    sys.exit(main())
