"""`--retry-incomplete`: a run that ended Incomplete is started again, and followed in the place of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any

from gate.commands.context import Context
from gate.core.answer import Fault
from gate.core.snapshot import RunSnapshot
from gate.core.text import ascii_lower
from gate.core.verdict import Verdict
from gate.core.watch import Watch
from gate.dai.client import Started
from gate.dai.threads import start
from gate.reports.log_events import LogEvent
from gate.signals import Interrupt


@dataclass
class Attempts:
    """How a run is started again: what is posted, and how often that may still be done, of `most` times in all."""

    form: Mapping[str, str]
    most: int
    made: int = 0

    def start_again(self, watch: Watch, context: Context, inbox: SimpleQueue[Any]) -> bool:
        """Start the watched run again if it ended Incomplete, and have the new one watched; return whether it is."""
        snapshot = watch.snapshot(context.clock.monotonic())
        run = snapshot.runs[0]
        is_over = snapshot.signal_number is not None or snapshot.left_s <= 0
        if self.made >= self.most or is_over or not _is_incomplete(run):
            return False
        self.made += 1
        client, patience_s = context.session.client, context.settings.connection.request_timeout + 0.25
        end = context.clock.monotonic() + patience_s
        start(partial(client.start, self.form), inbox.put)
        while True:
            left = max(0.0, end - context.clock.monotonic())
            match context.clock.wait(inbox, left):
                case Started(run_id=run_id):
                    number = f"attempt {self.made + 1} of at most {self.most + 1}"
                    text = f"{run.label} ended {run.status}: started again as {run_id} ({number})"
                    context.log.note(LogEvent.RUN_STARTED, text, run_id=run_id, model=run.model)
                    watch.replace(run_id, context.clock.monotonic())
                    return True
                case Interrupt(signal_number=number):
                    watch.interrupt(number)
                    what = "may have been started again: the gate was interrupted"
                case Fault() as fault:
                    what = "may have been started again" if fault.sent else "could not be started again"
                    what = f"{what}: {fault.text} {fault.fix}".rstrip()
                case None:
                    what = "may have been started again: no answer came in time"
                case _:
                    continue
            context.log.error(LogEvent.START_FAILED, f"{run.label} {what}", model=run.model)
            return False


def _is_incomplete(run: RunSnapshot) -> bool:
    """Return whether a run ended by itself: one that somebody cancelled or aborted is not started again."""
    return run.verdict is Verdict.INCOMPLETE and ascii_lower(run.status or "") == "incomplete"
