"""What `POST /api/run` takes: every documented parameter, its option and its sentence of help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gate.core.record import record
from gate.errors import UsageError
from gate.settings.kinds import TEXT, Kind, choice, trimmed, whole_number

_COUNT = whole_number(1, 10**9 - 1)


@record
class Parameter:
    """One parameter: its option, its name in the form (both documented), and its kind of value."""

    flag: str
    field: str
    kind: Kind
    help: str
    required: bool = False

    @property
    def name(self) -> str:
        """Return its name among a command's values; no setting has it."""
        return f"run_{self.field.lower()}"


PARAMETERS: Sequence[Parameter] = (
    Parameter("--model", "modelName", TEXT, "The model to run.", required=True),
    Parameter("--group", "group", TEXT, "The group of agents, or the execution group.", required=True),
    Parameter("--agent-name", "agentName", TEXT, "The agent to run on."),
    Parameter("--suite-location", "suiteLocation", TEXT, "Where the suite is, as the agent sees it."),
    Parameter("--directed-test", "directedTest", TEXT, "Run this directed test of the model."),
    Parameter("--iterations", "iterations", _COUNT, "How many times to run.  [server's default: 1]"),
    Parameter("--max-actions", "maxActions", _COUNT, "The maximum number of actions.  [server's default: 10000]"),
    Parameter("--seed", "seed", TEXT, "The seed of the random walk."),
    Parameter("--replay", "replay", TEXT, "The path to replay."),
    Parameter("--bins", "bins", whole_number(0, 10**9 - 1), "The number of coverage bins.  [server's default: 100]"),
    Parameter("--covertarget", "covertarget", TEXT, "The coverage to reach.  [server's default: 1]"),
    Parameter(
        "--onerror",
        "onerror",
        choice(["clean", "continue", "immediate", "debug"]),
        "What to do when an action fails.",
    ),
    Parameter("--execute", "execute", choice(["true", "false"]), "Run snippets.  [server's default: true]"),
    Parameter("--path", "path", TEXT, "The path to the run's files."),
    Parameter("--verbosity", "verbosity", TEXT, "How much the engine logs."),
    Parameter("--logdir", "logdir", TEXT, "The folder of the engine's log."),
    Parameter("--logfile", "logfile", TEXT, "The file of the engine's log."),
    Parameter("--coverdb", "coverdb", TEXT, "The coverage database."),
)


def form(texts: Mapping[str, str]) -> dict[str, str]:
    """Return what is sent: the parameters that were given, under the names of the documentation.

    Raises UsageError for a value that cannot be used.
    """
    return {each.field: _read(each, texts[each.name]) for each in PARAMETERS if each.name in texts}


def _read(parameter: Parameter, text: str) -> str:
    try:
        return str(parameter.kind.read(trimmed(text, parameter.flag)))
    except ValueError as error:
        raise UsageError(f"{parameter.flag}: {error}") from error
