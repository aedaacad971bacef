"""The command that resumes a wait: every watched run, and the settings in force."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta

from gate.commands.context import Context
from gate.core.api import Api
from gate.core.targets import ModelTarget, Targets
from gate.core.verdict import ENDED, Reason, Verdict
from gate.reports import dotenv
from gate.reports.facts import run_ids
from gate.reports.log_events import LogEvent
from gate.reports.report import Report, RunReport
from gate.reports.text import one_line
from gate.settings.load import Settings
from gate.settings.sections import OPTIONS, REACHING

_PLAIN_ID = r"[A-Za-z0-9._:-]+"
_SETTLED = ENDED | {Verdict.DENIED}


def log_no_resume(report: Report, targets: Targets, context: Context) -> None:
    """Log why later jobs are not given the ids, and why no command resumes the wait where runs have not ended."""
    missing = _missing(report, targets)
    if why := _why_no_ids(report, missing, context):
        context.log.note(LogEvent.RUN_IDS_INCOMPLETE, why, even_quiet=True)
    if report.verdict is Verdict.PASSED or not any(map(_is_open, report.runs)):
        return
    if report.resume is None:
        why = _obstacle(report, missing, context.settings.connection.api)
        why = why or "an option holds a character that a shell or a log may change"
        context.log.note(LogEvent.NO_RESUME, f"no command to resume is printed: {why}", even_quiet=True)


def _why_no_ids(report: Report, missing: list[ModelTarget], context: Context) -> str:
    """Return why the ids of the watched runs are not handed on; empty where they are, or nobody asked for them."""
    lacking = [
        *(["DAI_GATE_RUN_IDS is not written"] if context.settings.reports.dotenv else []),
        *(["the output run-ids is empty"] if "github" in context.pipeline.systems else []),
    ]
    if not lacking:
        return ""
    if run_ids(report) is not None:
        is_left_out = context.settings.reports.dotenv and "DAI_GATE_RUN_IDS" not in dotenv.render(report)
        return f"the ids of {len(report.runs)} runs are too long, so {lacking[0]}" if is_left_out else ""
    none = [each.model for each in missing if not any(run.model == each.model and run.id for run in report.runs)]
    if none:
        why = f"no run of {', '.join(none)} was found"
    elif missing:
        why = f"fewer runs of {', '.join(each.model for each in missing)} were found than --limit names"
    else:
        why = _odd_id(report) or "no run was found"
    return f"{why}, so {' and '.join(lacking)}"


def _odd_id(report: Report) -> str:
    odd = next((run.id for run in _found(report) if run.id and not re.fullmatch(_PLAIN_ID, run.id)), None)
    return f"the run id {odd} holds more than letters, digits and . _ : -" if odd is not None else ""


def resume_command(report: Report, targets: Targets, context: Context) -> str | None:
    """Return the command that resumes the wait, or None where there is none that is safe to give."""
    if report.verdict is Verdict.PASSED or not any(map(_is_open, report.runs)):
        return None
    found, missing, settings = _found(report), _missing(report, targets), context.settings
    if _obstacle(report, missing, settings.connection.api):
        return None
    # Models are pinned by now. Those that a file names would be watched anew, so its other settings become options.
    without_file = "model" in settings.in_file and not missing
    words = list(_words(found, missing, settings, without_file=without_file))
    if any(one_line(context.redactor.hide(word)) != word for word in words):
        return None
    is_emptied = {
        "DAI_MODEL=": bool(settings.environ.get("DAI_MODEL", "").strip()),
        "DAI_CONFIG=": without_file and settings.file is not None and settings.file.source == "environment",
    }
    return " ".join([*(name for name, needed in is_emptied.items() if needed), shlex.join(words)])


def _found(report: Report) -> list[RunReport]:
    return [run for run in report.runs if run.id]


def _missing(report: Report, targets: Targets) -> list[ModelTarget]:
    """Return the models of which no run was found; --since counts from the start, on the server's clock."""
    rows = {run.model for run in report.runs if run.id is None}
    began = report.started_at + timedelta(seconds=report.ahead_s)
    return [each.at(began) for each in targets.models if each.model in rows]


def _is_open(run: RunReport) -> bool:
    """Return whether a run's end was not read from the server; one that was not found has none to wait for."""
    return run.verdict not in _SETTLED and run.reason is not Reason.NOT_FOUND


def _obstacle(report: Report, missing: list[ModelTarget], api: Api) -> str:
    """Return why a command would not resume this wait; empty where it would."""
    if odd := _odd_id(report):
        return odd
    found = _found(report)
    if found and not api.asks_by_id:
        return f"{api.name} asks about models alone, not about the run id {found[0].id}"
    if len({(each.limit, each.since) for each in missing}) > 1:
        return "the models that were not found have different limits"
    return ""


def _words(
    found: list[RunReport], missing: list[ModelTarget], settings: Settings, *, without_file: bool
) -> Iterator[str]:
    yield from ("dai-gate", "wait")
    ids = list(dict.fromkeys(run.id for run in found if run.id))
    like_options = any(each.startswith("-") for each in ids)
    if not like_options:
        yield from ids
    for each in missing:
        yield from ("--model", each.model)
    if missing and "limit" in settings.given:
        yield from ("--limit", str(missing[0].limit))
    if missing and isinstance(since := missing[0].since, datetime):
        yield from ("--since", since.isoformat())
    is_lost = any(run.verdict in ENDED and run.verdict is not Verdict.PASSED for run in found)
    ends_at_once = settings.rules.fail_fast and is_lost
    if ends_at_once:
        yield "--no-fail-fast"
    yield from _options(settings, without_file=without_file, without_fail_fast=ends_at_once)
    if like_options:
        yield from ("--", *ids)


def _options(settings: Settings, *, without_file: bool, without_fail_fast: bool) -> Iterator[str]:
    """Yield the options that were given as flags; the environment gives its own again, and so does a file."""
    if settings.file and settings.file.source == "flag" and not without_file:
        yield from ("--config", *settings.file.texts)
    sources = {"flag", "file"} if without_file else {"flag"}
    for option in sorted(OPTIONS, key=lambda option: option.section not in REACHING):
        given = settings.given.get(option.name)
        if given is None or given.source not in sources or option.section == "targets":
            continue
        if option.name == "fail_fast" and without_fail_fast:
            continue
        if option.is_switch:
            is_on = getattr(getattr(settings, option.section), option.name)
            if is_on or option.negative:
                yield option.flag if is_on else f"--no-{option.key}"
        else:
            yield from (word for text in given.texts for word in (option.flag, text))
