"""Every setting: default, help, and where its value came from (flag > environment > file > default).

The one place that reads the environment and the settings file. Secrets come from the environment or from files,
never from a flag or the settings file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import click

from gate.core.targets import ModelTarget, Targets
from gate.core.verdict import ExitCodes, Require, Verdict
from gate.errors import UsageError
from gate.settings.params import (
    Duration,
    ExitCode,
    LinkTemplate,
    ModelName,
    Number,
    Setting,
    Since,
    Url,
    WholeNumber,
    YesOrNo,
)

DEFAULT_FILE = ".dai-gate.yml"
_OVERLOOKED_FILE = ".dai-gate.yaml"
# How the variables begin that the gate itself hands on, to a later job that may hold a gate as well.
WRITTEN = "DAI_GATE_"

TARGETS = "Which runs"
WATCHING = "What counts"
TIMING = "How long, how often"
REPORTS = "Reports"
CONNECTION = "Connection"
CREDENTIALS = "Credentials"
OUTPUT = "Log"
SECTIONS = (TARGETS, WATCHING, TIMING, REPORTS, CONNECTION, CREDENTIALS, OUTPUT)

# Never a flag, never in the settings file: the name of each, and where it goes instead.
SECRETS = {
    "token": "set DAI_TOKEN in the environment, or name a file with --token-file",
    "client-secret": "set DAI_CLIENT_SECRET in the environment, or name a file with --client-secret-file",
    "password": "set DAI_PASSWORD in the environment, or name a file with --password-file",
}


def option(default: Any, kind: Any, section: str, text: str, **extra: Any) -> Any:
    """Declare a setting: `kind` is its type on the command line, `extra` goes to the command-line library."""
    return field(default=default, metadata={"type": kind, "section": section, "help": text, **extra})


@dataclass(frozen=True)
class Secret:
    """A value that no `repr`, log line or traceback shows. `origin` says where it came from."""

    value: str = field(repr=False)
    origin: str

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True)
class Settings:
    """The settings of one command. Durations are seconds. `origins` tells where each value came from."""

    model: tuple[str, ...] = option(
        (), ModelName(), TARGETS, "Watch the newest runs of a model. Repeatable.", multiple=True, metavar="NAME"
    )
    limit: int = option(1, WholeNumber(1, 1000), TARGETS, "How many of each model's newest runs to watch.")
    since: datetime | timedelta | None = option(
        None, Since(), TARGETS, "Of a model's runs only those that started after this.", metavar="DURATION|TIME"
    )
    fail_fast: bool = option(
        False,
        YesOrNo(),
        WATCHING,
        "Stop watching at the first run that cannot pass any more.",
        flag="--fail-fast/--no-fail-fast",
    )
    require: str = option(
        str(Require.ALL),
        click.Choice(["all", "any"]),
        WATCHING,
        "How many of the watched runs must pass.",
    )
    exit_code: tuple[tuple[Verdict, int], ...] = option(
        (),
        ExitCode(),
        WATCHING,
        "Exit with another code for a verdict, as in incomplete=0. Repeatable.",
        multiple=True,
        metavar="VERDICT=CODE",
    )

    abort_on: tuple[str, ...] = option(
        (),
        click.Choice(["timeout", "interrupt"]),
        WATCHING,
        "Abort the remote runs that have not ended: when the timeout passes, when the gate is interrupted. Repeatable.",
        multiple=True,
    )

    timeout: float = option("60m", Duration(), TIMING, "How long to wait in all.")
    interval: float = option("2s", Duration(), TIMING, "The first wait between two looks.")
    max_interval: float = option("30s", Duration(), TIMING, "The longest wait between two looks.")
    backoff_factor: float = option(1.5, Number(1, 1000), TIMING, "How much longer each wait is than the one before.")
    jitter: float = option(0.1, Number(0, 1), TIMING, "The share by which each wait is spread, up and down.")
    schedule: str = option(
        "exponential",
        click.Choice(["exponential", "fixed", "learned"]),
        TIMING,
        "How waits grow: by --backoff-factor up to --max-interval, not at all, or by what the model's earlier runs "
        "foretell.",
    )
    learned_max_interval: float = option(
        "120s", Duration(), TIMING, "The longest wait between two looks of the learned schedule."
    )
    learned_delay: float = option(
        1.0,
        Number(0.5, 3, closed=True),
        TIMING,
        "How late the learned schedule may find the end of a run, on the average: 2 is twice as late as --schedule "
        "exponential does.",
    )
    contact_timeout: float = option(
        "5m", Duration(), TIMING, "How long the server may give no usable answer before the gate gives up."
    )
    not_found_grace: float = option(
        "30s", Duration(), TIMING, "How long a run that was just started may be unknown to the server."
    )

    junit: str | None = option(None, click.STRING, REPORTS, "Write a JUnit XML report; - is stdout.", metavar="PATH")
    json: str | None = option(None, click.STRING, REPORTS, "Write a JSON report; - is stdout.", metavar="PATH")
    markdown: str | None = option(None, click.STRING, REPORTS, "Write a Markdown summary; - is stdout.", metavar="PATH")
    dotenv: str | None = option(
        None,
        click.STRING,
        REPORTS,
        "Write variables for GitLab's artifacts:reports:dotenv; - is stdout.",
        metavar="PATH",
    )
    html: str | None = option(None, click.STRING, REPORTS, "Write an HTML report; - is stdout.", metavar="PATH")
    suite_name: str = option("eggplant-dai", click.STRING, REPORTS, "The name of the JUnit suite.", metavar="NAME")
    results_url: str | None = option(
        None,
        LinkTemplate(),
        REPORTS,
        "A link to a run's results, with {url}, {id} and {model} to be filled in; printed first and last.",
        metavar="TEMPLATE",
    )
    ci: bool | None = option(
        None,
        YesOrNo(),
        REPORTS,
        "Tell GitHub, GitLab, Azure Pipelines or TeamCity as well.  [default: by environment]",
        flag="--ci/--no-ci",
    )

    url: str = option(
        "http://localhost:8000", Url(), CONNECTION, "The DAI server; a path prefix is kept.", metavar="URL"
    )

    request_timeout: float = option(
        "30s", Duration(), CONNECTION, "How long one HTTP request may take, whole, however slowly it drips."
    )
    ca_bundle: str | None = option(
        None,
        click.STRING,
        CONNECTION,
        "Certificates of private authorities (PEM), trusted beside the system's.",
        metavar="PATH",
    )
    client_cert: str | None = option(
        None,
        click.STRING,
        CONNECTION,
        "The gate's own certificate (PEM), for a server that demands one.",
        metavar="PATH",
    )
    client_key: str | None = option(
        None, click.STRING, CONNECTION, "Its key, if it is not in the same file.", metavar="PATH"
    )
    insecure: bool = option(
        False, YesOrNo(), CONNECTION, "Trust any certificate: anyone on the way can read the token.", flag="--insecure"
    )

    token_file: str | None = option(
        None,
        click.STRING,
        CREDENTIALS,
        "A file that holds the access token; read again when the token is refused. Or set DAI_TOKEN.",
        metavar="PATH",
    )

    client_id: str | None = option(
        None, click.STRING, CREDENTIALS, "OAuth 2 client credentials; the secret is DAI_CLIENT_SECRET.", metavar="ID"
    )
    client_secret_file: str | None = option(
        None, click.STRING, CREDENTIALS, "A file that holds the client secret.", metavar="PATH"
    )
    token_url: str | None = option(
        None,
        Url(),
        CREDENTIALS,
        "Where a client gets its token, if not at the realm's path on the DAI server.",
        metavar="URL",
    )
    realm: str = option("eggplant", click.STRING, CREDENTIALS, "The Keycloak realm.", metavar="NAME")
    username: str | None = option(
        None, click.STRING, CREDENTIALS, "The classic login; the password is DAI_PASSWORD.", metavar="NAME"
    )
    password_file: str | None = option(
        None, click.STRING, CREDENTIALS, "A file that holds the password.", metavar="PATH"
    )

    verbose: bool = option(
        False, YesOrNo(), OUTPUT, "Log each request, and when the next look is due.", flag="--verbose", short="-v"
    )
    quiet: bool = option(False, YesOrNo(), OUTPUT, "Log nothing but errors.", flag="--quiet", short="-q")
    no_color: bool = option(False, YesOrNo(), OUTPUT, "No colours in the log (also by NO_COLOR).", flag="--no-color")

    origins: Mapping[str, str] = field(default_factory=dict)
    # The settings file that was read, and what is to be told once of what was given, or was not.
    file: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def exit_codes(self) -> ExitCodes:
        return dict(self.exit_code)

    def shown(self) -> tuple[tuple[str, str, str], ...]:
        """Return the option, value and origin of each setting that is not its default; secrets are never settings."""
        chosen = [each.name for each in fields(self) if self.origins.get(each.name, "default") != "default"]
        return tuple((name.replace("_", "-"), _written(getattr(self, name)), self.origin(name)) for name in chosen)

    def targets(self, run_ids: Sequence[str], now: datetime) -> Targets:
        """Return what is watched: these runs, and the models' newest. Raises UsageError if that is nothing."""
        if not run_ids and not self.model:
            raise UsageError("no run is given", "Name a run id (or set DAI_RUN_ID), or a model with --model.")
        for name in ("limit", "since"):
            if self.origin(name).startswith("--") and not self.model:
                raise UsageError(f"--{name} without a model", f"Add --model: --{name} chooses among a model's runs.")
        since = now - self.since if isinstance(self.since, timedelta) else self.since
        models = tuple(ModelTarget(name, self.limit, since) for name in dict.fromkeys(self.model))
        return Targets(tuple(run_ids), models)

    def origin(self, name: str) -> str:
        """Say where the value of a setting came from, in words for an error."""
        return self.origins.get(name, "default")


def _written(value: Any) -> str:
    """Return a value as it is written on the command line, as nearly as a reader needs it."""
    if isinstance(value, tuple):
        return ", ".join("=".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def options(*sections: str) -> list[Setting]:
    """Return the options of these sections, in their order in `Settings`."""
    return [_to_option(each) for each in fields(Settings) if each.metadata.get("section") in sections]


@cache
def _to_option(declared: Any) -> Setting:
    """Return the option that a field declares: one for all commands, since forty of them for each take their time."""
    extra = dict(declared.metadata)
    long = extra.pop("flag", "--" + declared.name.replace("_", "-"))
    short = extra.pop("short", None)
    return Setting(
        [long, *([short] if short else []), declared.name],
        default=declared.default,
        show_default=declared.default not in (None, False, ()),
        envvar="DAI_" + declared.name.upper(),
        is_flag=True if isinstance(extra["type"], YesOrNo) else None,
        **extra,
    )


def complete(ctx: click.Context) -> None:
    """Read what the environment and the file say to the settings that this command has no options for."""
    for each in options(*SECTIONS):
        if each.name not in ctx.params:
            each.handle_parse_result(ctx, {}, [])


def keys() -> list[str]:
    """Return the names that the settings file may use."""
    return [each.name.replace("_", "-") for each in fields(Settings) if each.metadata]


def load(values: Mapping[str, Any], ctx: click.Context) -> Settings:
    """Freeze what the command line, the environment and the file gave. Raises UsageError where values do not agree."""
    known = {each.name for each in fields(Settings)}
    origins = {param.name: param.origin(ctx) for param in options(*SECTIONS) if param.name}
    file = ctx.meta.get("settings-file")
    settings = Settings(
        **{name: value for name, value in values.items() if name in known},
        origins=origins,
        file=file,
        warnings=tuple(_warnings(origins, file)),
    )
    if settings.max_interval < settings.interval and ctx.command.name in {"wait", "start", "check"}:
        places = " and ".join(dict.fromkeys([settings.origin("interval"), settings.origin("max_interval")]))
        raise UsageError(
            f"{places}: the longest wait is shorter than the first one "
            f"({settings.max_interval:g}s and {settings.interval:g}s)",
            "Give --max-interval at least the length of --interval.",
        )
    if settings.schedule == "learned" and settings.learned_max_interval < settings.interval:
        raise UsageError(
            f"{settings.origin('learned_max_interval')}: the longest wait is shorter than --interval",
            "Give --learned-max-interval at least the length of --interval.",
        )
    if settings.verbose and settings.quiet:
        raise UsageError("--verbose and --quiet exclude each other", "Give one of them.")
    return settings


def _warnings(origins: Mapping[str, str], file: str | None) -> Iterable[str]:
    """Yield what is no error, and yet may not be what was meant."""
    if origins.get("url") == "default":
        default = Settings.__dataclass_fields__["url"].default
        yield f"no --url, DAI_URL or url in the settings file: using the default {default}"
    if file in {None, DEFAULT_FILE} and Path(_OVERLOOKED_FILE).is_file():
        yield f"{_OVERLOOKED_FILE} is not read: call it {DEFAULT_FILE}, or name it with --config"
    known = {key.upper().replace("-", "_") for key in (*keys(), *SECRETS, "run-id", "config")}
    strange = []
    for variable in sorted(os.environ):
        name = variable.removeprefix("DAI_")
        if variable != name and name not in known and not variable.startswith(WRITTEN):
            near = _nearest(name, known)
            strange.append(f"{variable} (did you mean DAI_{near}?)" if near else variable)
    if strange:
        yield f"dai-gate knows no such variable: {', '.join(strange)}"


# The settings file


def read_file(path: str | None, *, origin: str) -> tuple[str | None, dict[str, Any]]:
    """Return the path and the values of the settings file; no path and no values where there is no default file.

    Raises UsageError for a file that cannot be read, is not a mapping, names unknown settings, or holds a secret.
    """
    if path is None and not Path(DEFAULT_FILE).is_file():
        return None, {}
    from gate import yamlfile  # noqa: PLC0415 - most pipelines have no settings file, and need not wait for its parser

    chosen = path or DEFAULT_FILE
    content = yamlfile.read(chosen, origin=origin, right="Write one `setting: value` a line.")
    if content is None:
        return chosen, {}
    if not isinstance(content, dict):
        raise UsageError(f"{chosen} holds no settings", "Write one `setting: value` a line, as in `timeout: 90m`.")
    return chosen, {key.replace("-", "_"): value for key, value in _checked(content, chosen)}


def _checked(content: Mapping[Any, Any], path: str) -> Iterable[tuple[str, Any]]:
    repeatable = {each.name.replace("_", "-") for each in fields(Settings) if each.metadata.get("multiple")}
    for raw, value in content.items():
        key = str(raw)
        if key.replace("_", "-") in SECRETS:
            raise UsageError(f"{path} holds a secret: {key!r}", f"Take it out; {SECRETS[key.replace('_', '-')]}.")
        if key not in keys():
            near = _nearest(key.replace("_", "-"), keys())
            fix = f"Did you mean {near!r}?" if near else f"Known settings: {', '.join(keys())}."
            raise UsageError(f"{path} has an unknown setting {key!r}", fix)
        values = value if isinstance(value, list) and key in repeatable else [value]
        if isinstance(value, list) and None in value:
            raise UsageError(f"key {key!r} in {path}: an entry of its list is empty", "Fill it in, or take it out.")
        if any(isinstance(each, dict | list) for each in values):
            wanted = "a list" if key in repeatable else "a single value"
            raise UsageError(
                f"key {key!r} in {path}: {wanted} is wanted, not {_shape(value)}",
                f"Write it as `{key}: {_listed(value) if key in repeatable else 'value'}`.",
            )
        if value is not None:
            yield key, values if key in repeatable else value


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "keys and values"
    return f"a list of {_shape(value[0])}" if value and isinstance(value[0], dict | list) else "a list"


def _listed(value: Any) -> str:
    """Return as a list of plain values what was written in another shape."""
    parts = [value] if isinstance(value, dict) else value
    pairs = [f"{name}={each}" for part in parts if isinstance(part, dict) for name, each in part.items()]
    return f"[{', '.join(pairs) or 'one, two'}]"


def _nearest(wrong: str, right: Iterable[str]) -> str | None:
    import difflib  # noqa: PLC0415 - for a mistake only

    return next(iter(difflib.get_close_matches(wrong, list(right), n=1, cutoff=0.7)), None)


# The surroundings


def wants_live_display(settings: Settings) -> bool:
    """Tell whether standard error is a terminal on which a person watches."""
    plain = settings.quiet or settings.no_color or bool(os.environ.get("NO_COLOR")) or bool(os.environ.get("CI"))
    dumb = os.environ.get("TERM", "").casefold() in {"dumb", "unknown"}
    return not plain and not dumb and sys.stderr is not None and sys.stderr.isatty()


@dataclass(frozen=True)
class Pipeline:
    """The build servers that run the gate, by name, and GitHub's files for outputs and summary."""

    systems: tuple[str, ...]
    github_output: str | None
    github_summary: str | None


def pipeline(settings: Settings) -> Pipeline:
    """Return what is to be told to which build servers: those whose variables are set, none with --no-ci."""
    signs = {
        "github": os.environ.get("GITHUB_ACTIONS") == "true",
        "gitlab": os.environ.get("GITLAB_CI") == "true",
        "azure": bool(os.environ.get("TF_BUILD")),
        "teamcity": bool(os.environ.get("TEAMCITY_VERSION")),
    }
    systems = tuple(name for name, there in signs.items() if there and settings.ci is not False)
    return Pipeline(systems, os.environ.get("GITHUB_OUTPUT"), os.environ.get("GITHUB_STEP_SUMMARY"))


# Secrets


def secret(name: str, path: str | None, *, path_origin: str = "") -> Secret | None:
    """Return the secret that a variable (`DAI_TOKEN`) or a file holds, without a line break at its end.

    Raises UsageError where both are given, where the file cannot be read, or where the value cannot be sent.
    """
    variable = "DAI_" + name.upper().replace("-", "_")
    value = _trimmed(name, os.environ.get(variable, ""), variable)
    if value and path:
        raise UsageError(f"both {variable} and {path_origin} are given", "Give one of them.")
    if path:
        return Secret(read_secret_file(name, path, path_origin), path_origin)
    return Secret(value, f"environment variable {variable}") if value else None


def secrets_of_environment() -> list[str]:
    """Return the secrets that the environment holds, as they are, to be hidden."""
    names = ("DAI_" + name.upper().replace("-", "_") for name in SECRETS)
    return [os.environ[name] for name in names if os.environ.get(name)]


def read_secret_file(name: str, path: str, origin: str) -> str:
    """Return what a secret file holds. Raises UsageError, which never shows the content."""
    try:
        value = _trimmed(name, Path(path).read_text(encoding="utf-8"), path)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(
            f"{origin}: {path} cannot be read: {why}", "Name a file that holds the secret alone."
        ) from None
    if not value:
        raise UsageError(f"{origin}: {path} is empty", "Name a file that holds the secret alone.")
    return value


def _trimmed(name: str, value: str, origin: str) -> str:
    if name != "token":
        return value.rstrip("\r\n") if value.strip() else ""
    value = value.strip()
    if not (value.isascii() and value.isprintable()):
        raise UsageError(
            f"the token in {origin} holds a line break or a character that cannot be sent in a header",
            "Copy it again, alone and whole.",
        )
    return value


def environment_for_demo() -> dict[str, str]:
    """Return the environment for a gate that shall not be led by this pipeline's own settings."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("DAI_")}
    return {**others, "DAI_TOKEN": "demo-token", "NO_PROXY": "127.0.0.1"}
