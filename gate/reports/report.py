"""The frozen facts of a wait that every format prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from gate.core.events import Subject
from gate.core.record import record
from gate.core.snapshot import Poll, RunSnapshot, Snapshot
from gate.core.verdict import TABLE, ExitCodes, Reason, Verdict, exit_code
from gate.reports.text import cut

_LONGEST_MESSAGE = 1000
_NEVER_SEEN = {
    Verdict.TIMED_OUT: "No run was found. Check --url, the model's name and --since, or give a longer --timeout.",
    Verdict.INTERRUPTED: "The wait ended before a run was found.",
}


@record
class RunReport:
    """One watched run. What is not known is None; `statuses` are the changes seen, with the gate's own UTC clock.

    `earlier_s` are the durations of the model's earlier runs, in seconds, shortest first, where they were asked for.
    `attempts` are the runs in whose place this one was started, the first one first. `age_s` is for how long the run
    has been running, or ran.
    """

    id: str | None
    model: str | None
    type: str | None
    agent: str | None
    verdict: Verdict
    reason: Reason | None
    status: str | None
    started_at: datetime | None
    ended_at: datetime | None
    duration_s: float | None
    observed_s: float
    url: str | None
    message: str
    statuses: tuple[tuple[datetime, str], ...] = ()
    last_error: str = ""
    earlier_s: tuple[float, ...] = ()
    attempts: tuple[RunReport, ...] = ()
    age_s: float | None = None
    is_left: bool = False
    is_aborted: bool = False

    @property
    def subject(self) -> Subject:
        """Return what the log calls the run."""
        return Subject(self.id, self.model)

    @property
    def advice(self) -> str:
        """Return what a person does next; nothing about a run that was left because of the others."""
        if self.is_left:
            return ""
        if self.is_aborted:
            return "The server is asked to abort the run (--abort-on). Resume to see how it ended."
        advice = TABLE[self.verdict].advice
        return advice if self.id else _NEVER_SEEN.get(self.verdict, advice)


@record
class Report:
    """Everything that a report holds. `results_url` is the link that a person opens first.

    The wait began and ended by this machine's clock (UTC), and took `elapsed_s` monotonic seconds; the server's clock
    is `ahead_s` ahead. `polls` says how often the gate polled, `requests` how many HTTP requests it made in all.
    `poll_log` holds the polls that are remembered; `settings` the name, value and origin of each setting; `resume` the
    command that resumes the wait, where there is one; `job_url` leads to the pipeline's own job. There is no secret
    in any of it.
    """

    verdict: Verdict
    exit_code: int
    started_at: datetime
    ended_at: datetime
    elapsed_s: float
    server: str
    polls: int
    requests: int
    runs: tuple[RunReport, ...]
    suite_name: str
    ahead_s: float = 0.0
    poll_log: tuple[Poll, ...] = ()
    settings: tuple[tuple[str, str, str], ...] = ()
    resume: str | None = None
    job_url: str | None = None

    @property
    def deciding(self) -> RunReport | None:
        """Return the first run that has the verdict of the whole wait, or else the first run."""
        return next((run for run in self.runs if run.verdict is self.verdict), next(iter(self.runs), None))

    @property
    def reason(self) -> Reason | None:
        """Return the reason of the deciding run, None where no run has the verdict of the whole wait."""
        return self.deciding.reason if self.deciding and self.deciding.verdict is self.verdict else None

    @property
    def run_id(self) -> str:
        """Return the id of the deciding run, empty where it is not known."""
        return (self.deciding and self.deciding.id) or ""

    @property
    def results_url(self) -> str | None:
        """Return the link of the deciding run, or else the first that there is."""
        links = [self.deciding.url if self.deciding else None, *(run.url for run in self.runs)]
        return next((link for link in links if link), None)


def results_url(template: str | None, *, server: str, run_id: str | None, model: str | None) -> str | None:
    """Fill `{url}`, `{id}` and `{model}` into a template; None where a part that it needs is not known."""
    if template is None:
        return None
    parts = {"url": server, "id": run_id and _quoted(run_id), "model": model and _quoted(model)}
    for name, value in parts.items():
        if "{" + name + "}" in template:
            if value is None:
                return None
            template = template.replace("{" + name + "}", value)
    return template


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")  # JSON can say half a surrogate pair, which no address can hold


def make_report(
    snapshot: Snapshot,
    hide: Callable[[str], str],
    *,
    server: str,
    url_template: str | None,
    suite_name: str,
    started_at: datetime,
    requests: int,
    exit_codes: ExitCodes,
    settings: Sequence[tuple[str, str, str]] = (),
) -> Report:
    """Return the report of a wait as it stands; `hide` takes secrets out of every text of it, here and only here.

    `started_at` is the gate's wall clock, `requests` counts the HTTP requests, `exit_codes` are the overrides.
    """
    runs = tuple(report_run(run, hide, server=server, url_template=url_template) for run in snapshot.runs)
    code = exit_code(snapshot.endings, exit_codes, require=snapshot.require, signal_number=snapshot.signal_number)
    return Report(
        verdict=snapshot.verdict,
        exit_code=code,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=snapshot.elapsed_s),
        elapsed_s=snapshot.elapsed_s,
        server=hide(server),
        polls=snapshot.polls,
        requests=requests,
        runs=runs,
        suite_name=hide(suite_name),
        ahead_s=snapshot.ahead_s,
        poll_log=tuple(Poll(poll.at, poll.fault and hide(poll.fault)) for poll in snapshot.poll_log),
        settings=tuple((name, hide(value), hide(origin)) for name, value, origin in settings),
    )


def report_run(run: RunSnapshot, hide: Callable[[str], str], *, server: str, url_template: str | None) -> RunReport:
    """Return what is known of a run, without secrets; one without a verdict yet counts as interrupted."""

    def cleared(text: str | None) -> str | None:
        return hide(text) if text else None

    def shortened(text: str) -> str:
        return cut(hide(text), _LONGEST_MESSAGE)  # in this order: a secret that was cut is not found any more

    return RunReport(
        # Escaped, not taken out with what follows it: what is left could be another run's id.
        id=cleared(run.run_id and run.run_id.replace("\x1b", r"\x1b")),
        model=cleared(run.model),
        type=cleared(run.type),
        agent=cleared(run.agent),
        verdict=run.ending.verdict,
        reason=run.reason,
        status=cleared(run.status),
        started_at=run.started_at and run.started_at.astimezone(UTC),
        ended_at=run.ended_at and run.ended_at.astimezone(UTC),
        duration_s=run.duration_s,
        observed_s=run.observed_s,
        url=cleared(results_url(url_template, server=server, run_id=run.run_id, model=run.model)),
        message=shortened(run.message or "The gate is still waiting, or was killed while waiting."),
        statuses=tuple((moment, hide(word)) for moment, word in run.statuses),
        last_error=shortened(run.last_error),
        earlier_s=run.earlier_s,
        age_s=run.age_s,
        is_left=run.is_left,
        attempts=tuple(report_run(each, hide, server=server, url_template=url_template) for each in run.attempts),
    )


def rfc3339(moment: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC, with milliseconds."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
