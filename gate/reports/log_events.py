"""Every event of the log, declared once: documents, schema and `--log-format json` have the names from here."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class LogEvent(StrEnum):
    """The name of an event in the log, with what it means and which fields it has besides those of every event."""

    meaning: str
    fields: tuple[str, ...]

    def __new__(cls, name: str, meaning: str, *fields: str) -> Self:
        event = str.__new__(cls, name)
        event._value_, event.meaning, event.fields = name, meaning, fields
        return event

    # The start
    SETTINGS_FILE = "settings-file", "The settings file that was named, and what it decides."
    API_DESCRIPTION = "api-description", "The API description that was named."
    WAITING = "waiting", "What is watched, where and until when."
    RESULTS_LINK = "results-link", "The link to a run's results."
    WARNING = "warning", "A setting or credential that is risky, or may be a mistake."
    EXIT_CODE_FORCED = "exit-code-forced", "`--exit-code` lets a verdict other than passed through with 0."
    ABORT_WARNING = "abort-warning", "Aborting a run may abort its whole schedule.", "run_id", "model"

    # Polling
    REQUEST = "request", "One HTTP request and what came of it. Only with `--verbose`."
    POLLED = "polled", "A poll was answered. Only with `--verbose`.", "run_id", "model", "status", "wait_s"
    POLL_FAILED = "poll-failed", "A poll failed, and is retried.", "run_id", "model", "wait_s"
    CONTACT_RESTORED = "contact-restored", "The server gives usable answers again.", "run_id", "model"
    RUN_FOUND = "run-found", "The server knows a run that it did not know before.", "run_id", "model"
    RUN_PINNED = "run-pinned", "The newest runs of a model were found, and are followed.", "run_id", "model"
    RUN_STATUS = "run-status", "The status of a run was seen, or has changed.", "run_id", "model", "status"
    RUN_ENDED_BEFORE = "run-ended-before", "A model's newest run had ended before the wait began.", "run_id", "model"
    RUN_SLOW = "run-slow", "A run is slower than 95% of its model's earlier runs.", "run_id", "model"
    HISTORY = "history", "What is known of a model's earlier runs.", "model"
    CLOCK_OFFSET = "clock-offset", "The server's clock and this machine's differ."
    STILL_WAITING = "still-waiting", "The heartbeat: what is still running."
    NO_ANSWER = "no-answer", "The heartbeat of an outage, and when the gate gives up."
    TIMEOUT_REACHED = "timeout-reached", "The timeout has passed, and the gate polls once more."

    # The end
    RUN_VERDICT = "run-verdict", "A run has its verdict.", "run_id", "model", "verdict", "reason"
    REPORT_WRITTEN = "report-written", "The path of a report."
    REPORT_FAILED = "report-failed", "A report, an output or the result could not be written."
    RUN_IDS_INCOMPLETE = "run-ids-incomplete", "No run of a model was found, so the list of run ids is not written."
    NO_RESUME = "no-resume", "No command to resume is printed, and why."
    SUMMARY = "summary", "How many runs passed, and which did not."
    ADVICE = "advice", "What to do about a verdict that does not decide.", "verdict"
    VERDICT = (
        "verdict",
        "The verdict and what to do next: the last event except `resume`.",
        *("run_id", "model", "verdict", "reason", "exit_code"),
    )
    RESUME = "resume", "The command that resumes the wait.", "verdict", "exit_code"

    # Other commands
    RUN_STARTED = "run-started", "A run was started.", "run_id", "model"
    START_FAILED = "start-failed", "A run could not be started, or it is not known whether it was.", "model"
    STATUS_FAILED = "status-failed", "The status of runs could not be read.", "run_id", "model"
    RUN_ABORTED = "run-aborted", "The server took the request to abort a run.", "run_id", "model"
    ABORT_FAILED = "abort-failed", "A run could not be aborted.", "run_id", "model"
    NOTHING_TO_ABORT = "nothing-to-abort", "The run has ended already.", "run_id", "model", "status"
    FINDING = "finding", "One line of `check`, where `--json -` takes standard output."

    # What should not happen
    USAGE_ERROR = "usage-error", "Bad usage or settings: no request was sent.", "exit_code"
    INTERRUPTED = "interrupted", "The command was interrupted before a wait began.", "exit_code"
    INTERNAL_ERROR = "internal-error", "`dai-gate` itself failed.", "exit_code"
    PYTHON_WARNING = "python-warning", "A warning of Python or of a library."
    TRACE = "trace", "Where `dai-gate` itself failed. Only with `--verbose`."
