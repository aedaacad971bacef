"""Starts a run: `POST /api/run`, every documented parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from gate.clock import Clock
from gate.core.verdict import TABLE
from gate.settings import Settings
from gate.settings.params import WholeNumber

SECTION = "The run"
_MANY = 10**9 - 1


@dataclass(frozen=True)
class Parameter:
    """One parameter of `/api/run`: its option, its name in the form (both documented), and its sentence of help."""

    option: str
    field: str
    kind: Any
    help: str
    required: bool = False

    @property
    def name(self) -> str:
        return self.field.lower()


PARAMETERS: Sequence[Parameter] = (
    Parameter("--model", "modelName", click.STRING, "The model to run.", required=True),
    Parameter("--group", "group", click.STRING, "The group of agents, or the execution group.", required=True),
    Parameter("--agent-name", "agentName", click.STRING, "The agent to run on."),
    Parameter("--suite-location", "suiteLocation", click.STRING, "Where the suite lies, as the agent sees it."),
    Parameter("--directed-test", "directedTest", click.STRING, "Run this directed test of the model."),
    Parameter("--iterations", "iterations", WholeNumber(1, _MANY), "How often to run.  [server's default: 1]"),
    Parameter("--max-actions", "maxActions", WholeNumber(1, _MANY), "The most actions.  [server's default: 10000]"),
    Parameter("--seed", "seed", click.STRING, "The seed of the random walk."),
    Parameter("--replay", "replay", click.STRING, "The path to replay."),
    Parameter("--bins", "bins", WholeNumber(0, _MANY), "Bins of the coverage.  [server's default: 100]"),
    Parameter("--covertarget", "covertarget", click.STRING, "The coverage to reach.  [server's default: 1]"),
    Parameter(
        "--onerror",
        "onerror",
        click.Choice(["clean", "continue", "immediate", "debug"]),
        "What to do when an action fails.",
    ),
    Parameter("--execute", "execute", click.Choice(["true", "false"]), "Run snippets.  [server's default: true]"),
    Parameter("--path", "path", click.STRING, "The path of the run's files."),
    Parameter("--verbosity", "verbosity", click.STRING, "How much the engine logs."),
    Parameter("--logdir", "logdir", click.STRING, "The folder of the engine's log."),
    Parameter("--logfile", "logfile", click.STRING, "The file of the engine's log."),
    Parameter("--coverdb", "coverdb", click.STRING, "The coverage database."),
)


def form(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is sent: the parameters that were given, under the names of the documentation."""
    return {each.field: str(values[each.name]) for each in PARAMETERS if values.get(each.name) is not None}


def start(settings: Settings, values: Mapping[str, Any], clock: Clock) -> str | int:
    """Start a run and return its id, or the exit code where that cannot be told."""
    # Imported here because the table above is read for every `--help`.
    from gate.commands.context import open_log, open_session  # noqa: PLC0415
    from gate.core.answer import Fault  # noqa: PLC0415
    from gate.reports.redactor import Redactor  # noqa: PLC0415

    redactor = Redactor()
    log = open_log(settings, clock, redactor)
    session = open_session(settings, clock, redactor.learn, log.detail)
    for warning in session.warnings:
        log.warning(warning)
    outcome = session.client.start(form(values))
    if isinstance(outcome, Fault):
        what = "the run may have been started" if outcome.sent else "the run could not be started"
        log.error(f"{what}: {outcome.text} {outcome.fix}".rstrip())
        return TABLE[outcome.kind.verdict].exit_code
    log.note(f"started {values['modelname']} {outcome.run_id}{f' on {outcome.agent}' if outcome.agent else ''}")
    return outcome.run_id
