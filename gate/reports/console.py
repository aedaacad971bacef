"""What the log says while a wait lasts: a line when something changes, and a heartbeat at most once a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from gate.clock import Clock
from gate.core import events as happened
from gate.core.duration import format_duration
from gate.core.events import Event, Subject
from gate.core.snapshot import Snapshot
from gate.reports.closing import Verdicts
from gate.reports.log import Log, facts_of
from gate.reports.log_events import LogEvent
from gate.reports.wording import counted, for_how_long, left, listed, long, moment

HEARTBEAT_S = 60.0

# Of one step, this many events of a kind have a line each; more are counted. Nor has one outage more faults.
_MOST_LINES = 20
_MOST_LINKS = 5


class Console:
    """Writes the log of a wait from its events, and its heartbeat from snapshots, which `take` makes.

    `timeout` is the wait's, in seconds; `links` gives the links to the runs' results, as far as they are known;
    `learned` says that --schedule learned was chosen, `live` that a live display shows the runs, so that only --verbose
    logs how they are.
    """

    def __init__(
        self,
        log: Log,
        clock: Clock,
        take: Callable[[], Snapshot],
        *,
        timeout: float,
        links: Callable[[], Sequence[str]] = list,
        learned: bool = False,
        live: bool = False,
    ) -> None:
        self._log, self._clock, self._take, self._find_links = log, clock, take, links
        self._timeout, self._learned, self._live = timeout, learned, live
        self._note: Callable[..., None] = log.detail if live else log.note
        self._otherwise = "; intervals grow as with --schedule exponential" if learned else ""
        self._faults: dict[str, float] = {}
        self._verdicts = Verdicts(log, self._note)
        self._links: list[str] = []
        self._is_outage_written = self._is_short_written = False

    def begin(self, server: str, until: datetime) -> None:
        watched = listed([run.label for run in self._take().runs], 5)
        end = f"{moment(until, self._clock.now())} {until.astimezone():%Z}"
        length = format_duration(self._timeout)
        self._log.note(LogEvent.WAITING, f"waiting for {watched} at {server} until {end} ({length})")
        self._show_links()

    def show(self, events: Iterable[Event]) -> None:
        """Write what a step of the wait brought, even if only time has passed."""
        events = list(events)
        for event in events if self._log.as_json else self._counted(events):
            self._show(event)
        self._verdicts.show([event for event in events if isinstance(event, happened.Decided)])
        if any(isinstance(event, happened.Pinned | happened.StatusChanged) for event in events):
            self._show_links()
        if not self._live and self._clock.monotonic() - self._log.last_line_at >= HEARTBEAT_S:
            self._heartbeat(self._take())

    def _show_links(self) -> None:
        """Write where the results of the first runs are, as soon as that is known."""
        if len(self._links) < _MOST_LINKS:
            for link in self._find_links():
                if link not in self._links and len(self._links) < _MOST_LINKS:
                    self._links.append(link)
                    self._log.note(LogEvent.RESULTS_LINK, f"results: {link}")

    def _counted(self, events: list[Event]) -> list[Event]:
        """Return a step's events without those of very many runs, which are written by their number."""
        changed = [event for event in events if isinstance(event, happened.StatusChanged)]
        if len(changed) <= _MOST_LINES:
            return events
        at = events.index(changed[0])
        for event in events[:at]:
            self._show(event)
        for (model, word), count in Counter((event.run.model or "-", event.word) for event in changed).items():
            self._note(LogEvent.RUN_STATUS, f"{model}: {counted(count, 'run')} {word}")
        return [event for event in events[at:] if not isinstance(event, happened.StatusChanged)]

    def _heartbeat(self, now: Snapshot) -> None:
        if not any(run.is_open for run in now.runs):
            return
        lost = [outage for outage in now.outages if outage.is_lost]
        outages = lost or now.outages
        without = {run for outage in outages for run in outage.runs}
        running = [
            f"{run.label} {run.status or 'not seen yet'}"
            for run in now.runs
            if run.is_open and Subject(run.run_id, run.model) not in without
        ]
        if outages:
            about = "" if lost and not running else f"{listed([outage.about.label for outage in outages], 3)}: "
            what = "no usable answer" if lost else "not found"
            self._log.note(LogEvent.NO_ANSWER, f"{about}{what} {for_how_long(outages, now.left_s)}")
        if running:
            self._log.note(LogEvent.STILL_WAITING, f"still waiting: {listed(running, 3)}; {left(now.left_s)} left")

    def _show(self, event: Event) -> None:
        log = self._log
        match event:
            case happened.Polled():
                self._show_poll(event)
            case happened.StatusChanged(run, word):
                text = f"{run.label}: {word}{self._particulars(event)}"
                self._note(LogEvent.RUN_STATUS, text, **facts_of(run, status=word))
            case happened.Pinned():
                self._show_pinned(event)
            case happened.OldPinned(runs):
                labels = listed([run.label for run in runs], 5)
                text = f"{labels} ended before this wait began; --since leaves out old runs"
                log.warning(LogEvent.RUN_ENDED_BEFORE, text, **facts_of(runs[0] if len(runs) == 1 else None))
            case happened.Recovered(about, after_s, was_missing):
                text = f"{about.label}: {'found' if was_missing else 'answered'} after {format_duration(after_s)}"
                write: Callable[..., None] = log.note if was_missing else log.detail
                write(LogEvent.RUN_FOUND if was_missing else LogEvent.CONTACT_RESTORED, text, **facts_of(about))
                self._forget_old_faults()
            case happened.ContactRestored(after_s):
                write = log.note if self._is_outage_written else log.detail
                write(LogEvent.CONTACT_RESTORED, f"the server answers again after {format_duration(after_s)}")
                self._is_outage_written = False
            case happened.PollFailed():
                self._show_fault(event)
            case _:
                self._show_other(event)

    def _show_pinned(self, pinned: happened.Pinned) -> None:
        model, wanted, runs = pinned
        if self._log.as_json:  # an object for each run
            for run in runs:
                self._note(LogEvent.RUN_PINNED, f"{model}: following {run.run_id or '-'}", **facts_of(run))
            return
        few = f" (of {wanted} wanted)" if len(runs) < wanted else ""
        following = ", ".join(run.run_id or "-" for run in runs) or "nothing new"
        write = self._log.note if few else self._note
        write(LogEvent.RUN_PINNED, f"{model}: following {following}{few}")

    def _show_other(self, event: Event) -> None:
        """Write what is about the forecast, the clocks and the deadline."""
        match event:
            case happened.HistoryLearned():
                self._show_history(event)
            case happened.HistoryUnknown(model, why):
                write = self._note if self._learned else self._log.detail
                text = f"{model}: nothing is known of earlier runs ({why.rstrip('.')}){self._otherwise}"
                write(LogEvent.HISTORY, text, model=model)
            case happened.SlowRun(run):
                text = f"{run.label}: slower than 95% of its earlier runs"
                self._note(LogEvent.RUN_SLOW, text, **facts_of(run))
            case happened.ClockOffset(ahead_s):
                side = "ahead of" if ahead_s > 0 else "behind"
                offset = format_duration(abs(ahead_s))
                text = f"the server's clock is {offset} {side} this machine's; --since follows the server's"
                self._log.warning(LogEvent.CLOCK_OFFSET, text)
            case happened.DeadlineReached(timeout_s):
                text = f"the timeout of {format_duration(timeout_s)} has passed; polling once more"
                self._log.note(LogEvent.TIMEOUT_REACHED, text)

    def _show_poll(self, poll: happened.Polled) -> None:
        words = poll.words if poll.about.runs > 1 or len(poll.words) > 1 else ()
        said = ", ".join(f"{count} {word}" for word, count in words) or ", ".join(word for word, _ in poll.words)
        again = "" if poll.next_poll_s is None else f"; next poll in {format_duration(poll.next_poll_s)}"
        about = poll.about
        name = f"run {about.run_id}" if about.runs == 1 and about.run_id else f"model {about.label}"
        text = f"polled {name}: {said or 'not in the answer'}{again}"
        status = poll.words[0][0] if len(poll.words) == 1 else None
        self._log.detail(LogEvent.POLLED, text, **facts_of(about, status=status, wait_s=poll.next_poll_s))

    def _show_history(self, learned: happened.HistoryLearned) -> None:
        model, durations = learned.model, learned.durations_s
        line = f"{model}: {len(durations)} earlier runs, median {format_duration(learned.median_s)}"
        if learned.polls is not None and learned.default_polls is not None:
            line += f"; about {learned.polls:.0f} polls instead of {learned.default_polls:.0f}"
        elif self._learned:
            line += f", {learned.why}{self._otherwise}"
        self._note(LogEvent.HISTORY, line, model=model)
        if learned.median_s > self._timeout:
            timeout, longest = format_duration(self._timeout), format_duration(durations[-1])
            text = f"{model}: --timeout {timeout} is shorter than most earlier runs took; the longest took {longest}"
            write = self._note if self._is_short_written else self._log.note  # above a live display once
            write(LogEvent.HISTORY, text, model=model)
            self._is_short_written = True

    def _show_fault(self, failed: happened.PollFailed) -> None:
        """Write a fault once in an outage, whatever was asked about, and after that only with --verbose."""
        fault = failed.fault
        write: Callable[..., None] = self._log.detail
        again = f"Retrying in {format_duration(failed.retry_s)}." if failed.retry_s > 0 else ""
        key = f"{failed.about.label}: {fault.text}" if fault.answered else fault.text
        if key not in self._faults and len(self._faults) < _MOST_LINES:
            self._faults[key] = self._clock.monotonic()
            self._is_outage_written |= not fault.answered
            write = self._log.note
            text = " ".join(filter(None, (key, fault.fix, again)))
        else:
            text = f"{failed.about.label}: {fault.text} {again}".rstrip()
        write(LogEvent.POLL_FAILED, text, **facts_of(failed.about, wait_s=failed.retry_s))

    def _forget_old_faults(self) -> None:
        """Let faults be written anew: of a server that comes and goes, each at most once a minute."""
        now = self._clock.monotonic()
        self._faults = {key: at for key, at in self._faults.items() if now - at < HEARTBEAT_S}

    def _particulars(self, changed: happened.StatusChanged) -> str:
        if changed.has_ended:
            took = "" if changed.duration_s is None else f" after {format_duration(changed.duration_s)}"
            return took if changed.ended_ago_s is None else f"{took}, ended {long(changed.ended_ago_s)} ago"
        started = f"started {moment(changed.started_at, self._clock.now())}" if changed.started_at else ""
        words = ", ".join(filter(None, (started, changed.agent and f"agent {changed.agent}")))
        return f" ({words})" if words else ""
