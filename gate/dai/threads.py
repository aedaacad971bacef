"""Calls that may hang, in threads that may be left behind."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Hashable, Mapping
from queue import Empty, SimpleQueue
from typing import TypeVar

from gate.clock import Clock
from gate.core.answer import Fault, FaultKind
from gate.dai.peer import Unanswered

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


# The most calls in progress at once.
WIDTH = 16


def start(call: Callable[[], T], done: Callable[[T | Fault], None]) -> None:
    """Make a call in a daemon thread; `done` gets its outcome, a fault where the system refuses the thread."""
    if fault := _start_thread(lambda: done(_attempt(call))):
        done(fault)


def _start_thread(work: Callable[[], None]) -> Fault | None:
    """Start a daemon thread. A system that is short of threads or memory for a moment is a fault like any other."""
    try:
        threading.Thread(target=work, daemon=True, name="dai-gate-request").start()
    except (RuntimeError, MemoryError) as error:
        text = f"This machine refused a thread for the request: {error}."
        fix = (
            "Raise its limit on processes or memory (ulimit -u, a container's pids limit), "
            "or run less next to the gate."
        )
        return Fault(FaultKind.CONTACT, text, fix, peer="this machine", sent=False)
    return None


def _attempt(call: Callable[[], T]) -> T | Fault:
    """Return the outcome of a call; a fault for an exception nobody expected: no thread ends without a report."""
    try:
        return call()
    except Unanswered as unanswered:
        return unanswered.fault
    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
        text = f"The gate itself failed: {type(error).__name__}: {error}."
        return Fault(FaultKind.INTERNAL, text, trace=traceback.format_exc())


def side_by_side(calls: Mapping[K, Callable[[], T]], clock: Clock, seconds: float) -> dict[K, T | Fault]:
    """Make all calls, `WIDTH` at once, and return the outcomes of those that ended within that many seconds."""
    todo: SimpleQueue[tuple[K, Callable[[], T]]] = SimpleQueue()
    inbox: SimpleQueue[tuple[K, T | Fault]] = SimpleQueue()

    def work() -> None:
        with contextlib.suppress(Empty):
            while True:
                key, call = todo.get_nowait()
                inbox.put((key, _attempt(call)))

    for each in calls.items():
        todo.put(each)
    started = [_start_thread(work) for _ in range(min(WIDTH, len(calls)))]
    if all(started) and (fault := next(iter(started), None)):
        return dict.fromkeys(calls, fault)
    end = clock.monotonic() + seconds
    outcomes: dict[K, T | Fault] = {}
    while len(outcomes) < len(calls):
        answered = clock.wait(inbox, max(0.0, end - clock.monotonic()))
        if answered is None:
            break
        outcomes[answered[0]] = answered[1]
    return outcomes
