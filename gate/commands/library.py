"""`gate.wait`: the gate as a function. It prints nothing, handles no signal and ends no process."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import Any

from gate.clock import SystemClock
from gate.commands import polling
from gate.commands.context import open_context
from gate.errors import UsageError, nearest, shown
from gate.reports.outputs import FORMATS, STDOUT, is_stdout
from gate.reports.report import Report
from gate.settings.declared import Option
from gate.settings.load import Settings, load
from gate.settings.sections import OPTIONS, Log
from gate.settings.watched import read_run_ids, watched

# What keeps a report from being written is logged here: silent unless the program that uses the gate listens.
LOGGER = logging.getLogger("gate")
LOGGER.addHandler(logging.NullHandler())

_SIGINT = 2  # what a KeyboardInterrupt stands for

_DASH = "is standard input or output, which a library leaves alone"


def wait(
    run_ids: Iterable[str],
    secrets: Mapping[str, str | None],
    environ: Mapping[str, str],
    given: Mapping[str, object],
) -> Report:
    """Wait for runs and return the report; `given` are settings by their names, `config` among them.

    Raises UsageError for what cannot be used; no request has been sent then.
    """
    clock = SystemClock()
    began = clock.monotonic()
    settings = _settings(secrets, environ, given)
    polling.check_can_pass(settings)
    targets = watched(settings, _ids(run_ids, settings))
    outputs = polling.check_outputs(settings)
    context = open_context(settings, clock, stderr=None)
    context.log.write = LOGGER.error
    prepared = polling.prepare(context, targets, outputs, started=began)
    polling.write_provisional(prepared)
    try:
        polling.follow(prepared, SimpleQueue(), lambda _: None)
    except KeyboardInterrupt:
        prepared.watch.interrupt(_SIGINT)
        prepared.watch.next(clock.monotonic())
        raise
    finally:
        report = polling.write_reports(prepared, lambda: None)
        polling.abort_open(prepared, lambda _: None)
    return report


def _ids(run_ids: Iterable[str], settings: Settings) -> tuple[str, ...]:
    texts = [_text("run_ids", each) for each in _several("run_ids", run_ids)]
    ids = read_run_ids(texts, settings.environ, _refuse_input)
    if STDOUT in ids:
        _refuse_input()
    return ids


def _refuse_input() -> bytes:
    raise UsageError(f"run id: - {_DASH}", "Name run ids.")


def _settings(secrets: Mapping[str, str | None], environ: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    """Return the settings, without what is for a terminal or a build server."""
    settings = load(dict(_flags(given)), {**environ, **dict(_variables(secrets))})
    for name in FORMATS:
        if is_stdout(path := getattr(settings.reports, name)):
            raise UsageError(f"{settings.origin(name)}: {path} {_DASH}", "Name a file.")
    return replace(settings, log=Log(quiet=True), reports=replace(settings.reports, ci=False))


def _variables(secrets: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    for name, secret in secrets.items():
        if secret is not None and not isinstance(secret, str):
            raise UsageError(f"{name}: expected a string", "Give it as a string.")
        if secret is not None:
            yield f"DAI_{name.upper()}", secret


def _flags(given: Mapping[str, object]) -> Iterator[tuple[str, Any]]:
    by_name = {each.name: each for each in OPTIONS}
    for name, value in given.items():
        option = by_name.get(name)
        if option is None and name != "config":
            near = nearest(name, by_name)
            fix = f"Did you mean {near}?" if near else "Settings are the options' names with underscores."
            raise UsageError(f"gate.wait has no setting {shown(name)}", fix)
        if value is None:
            continue
        if option is not None and option.multiple:
            yield name, tuple(_text(name, each) for each in _several(name, value, option))
        else:
            yield name, _text(name, value)


def _several(name: str, value: object, option: Option | None = None) -> Iterator[object]:
    if isinstance(value, str | bytes | os.PathLike):
        yield value
    elif isinstance(value, Mapping) and option is not None and option.name == "exit_code":
        yield from (f"{word}={code}" for word, code in value.items())
    elif isinstance(value, Iterable):
        yield from value
    else:
        raise UsageError(f"{name}: {shown(str(value))} is neither a string nor a list", "Give a string or a list.")


def _text(name: str, value: object) -> str:
    """Return a value as it would be written on the command line: lengths of time in seconds."""
    match value:
        case str():
            return value
        case bool() | int():
            return str(value)
        case float():
            return f"{value:f}"
        case timedelta():
            return f"{value.total_seconds():f}"
        case datetime():
            return value.isoformat()
        case os.PathLike():
            return os.fsdecode(value)
    raise UsageError(f"{name}: a value of type {type(value).__name__} cannot be used", "Give a string or a number.")
