"""Every setting, by section: its type, its default and its sentence of help. Durations are seconds."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar

from gate.core.api import Api
from gate.core.record import record
from gate.core.verdict import Reason, Require, Verdict
from gate.settings import kinds
from gate.settings.declared import Option, option, switch


@record(kw_only=True)
class Targets:
    """Which runs are watched, besides those named by their ids."""

    title: ClassVar[str] = "Which runs"

    model: tuple[str, ...] = option(
        kinds.MODEL, "Watch the newest runs of a model. Repeatable.", multiple=True, decides=True
    )
    limit: int = option(
        kinds.whole_number(1, 1000), "How many of each model's newest runs to watch.", default="1", decides=True
    )
    since: datetime | timedelta | None = option(
        kinds.SINCE, "Watch only those of a model's runs that started after this.", decides=True
    )


@record(kw_only=True)
class Rules:
    """What counts as a pass, and what an end means."""

    title: ClassVar[str] = "What counts"

    fail_fast: bool = switch("Stop watching as soon as a run can no longer pass.", negative=True, decides=True)
    require: Require = option(
        kinds.REQUIRE, "How many of the watched runs must pass: all, any, or a number.", default="all", decides=True
    )
    exit_code: tuple[tuple[Verdict | Reason, int], ...] = option(
        kinds.EXIT_CODE,
        "Exit with another code for a verdict or a reason of unknown, as in incomplete=0 or not-found=0. Repeatable.",
        multiple=True,
        decides=True,
    )
    abort_on: tuple[str, ...] = option(
        kinds.choice(["timeout", "interrupt"]),
        "Abort the runs that have not ended when the timeout passes, or when the gate is interrupted. Repeatable.",
        multiple=True,
    )


@record(kw_only=True)
class Timing:
    """How long to wait, and when to poll."""

    title: ClassVar[str] = "How long, how often"

    timeout: float = option(kinds.DURATION, "Time limit for the whole wait.", default="60m")
    interval: float = option(kinds.DURATION, "The first interval between two polls.", default="2s")
    max_interval: float = option(kinds.DURATION, "The longest interval between two polls.", default="30s")
    backoff_factor: float = option(
        kinds.number(1, 1000), "How many times as long each interval is as the one before.", default="1.5"
    )
    jitter: float = option(
        kinds.number(0, 1), "How much each interval is varied at random, up or down, as a share of it.", default="0.1"
    )
    schedule: str = option(
        kinds.choice(["exponential", "fixed", "learned"]),
        "How intervals grow: by --backoff-factor up to --max-interval, not at all, or by what the model's earlier runs "
        "predict.",
        default="exponential",
    )
    learned_max_interval: float = option(
        kinds.DURATION, "The longest interval between two polls of the learned schedule.", default="120s"
    )
    learned_delay: float = option(
        kinds.number(0.5, 3, closed=True),
        "How late the learned schedule may find the end of a run, on average: 2 is twice as late as --schedule "
        "exponential.",
        default="1.0",
    )
    contact_timeout: float = option(
        kinds.DURATION, "How long the server may give no usable answer before the gate gives up.", default="5m"
    )
    not_found_grace: float = option(
        kinds.DURATION, "How long a run that was just started may be unknown to the server.", default="30s"
    )


@record(kw_only=True)
class Reports:
    """What is written besides the log and the result lines."""

    title: ClassVar[str] = "Reports"

    junit: str | None = option(kinds.PATH, "Write a JUnit XML report; - is stdout.")
    json: str | None = option(kinds.PATH, "Write a JSON report; - is stdout.")
    markdown: str | None = option(kinds.PATH, "Write a Markdown summary; - is stdout.")
    dotenv: str | None = option(kinds.PATH, "Write variables for GitLab's artifacts:reports:dotenv; - is stdout.")
    html: str | None = option(kinds.PATH, "Write an HTML report; - is stdout.")
    suite_name: str = option(kinds.TEXT, "The name of the JUnit suite.", default="eggplant-dai")
    results_url: str | None = option(
        kinds.LINK_TEMPLATE,
        "A link to a run's results, as a template with {url}, {id} and {model}; printed at the start and at the end.",
    )
    ci: bool | None = switch(
        "Also write annotations and outputs for GitHub, GitLab, Azure Pipelines or TeamCity.  "
        "[default: by environment]",
        unset=None,
        negative=True,
    )


@record(kw_only=True)
class Connection:
    """Where the server is, how it is asked, and whom to trust."""

    title: ClassVar[str] = "Connection"

    url: str = option(
        kinds.SERVER, "The DAI server; a path prefix is kept.", default="http://localhost:8000", decides=True
    )
    api: Api = option(
        kinds.API,
        "How to ask the server and read its answers: the built-in run-progress, or a YAML file.",
        default="run-progress",
        decides=True,
    )
    request_timeout: float = option(kinds.DURATION, "Total time limit per HTTP request.", default="30s")
    ca_bundle: str | None = option(
        kinds.PATH, "Certificates of private authorities (PEM), trusted in addition to the system's.", decides=True
    )
    client_cert: str | None = option(
        kinds.PATH, "The gate's own certificate (PEM), for a server that requires one.", decides=True
    )
    client_key: str | None = option(kinds.PATH, "The certificate's key, if it is not in the same file.", decides=True)
    insecure: bool = switch(
        "Trust any certificate: anyone on the network can read the token.", negative=True, decides=True
    )


@record(kw_only=True)
class Credentials:
    """Which credentials are used. The secrets themselves are in the environment or in files."""

    title: ClassVar[str] = "Credentials"

    token_file: str | None = option(
        kinds.PATH,
        "A file that holds the access token; read again when the token is refused. Or set DAI_TOKEN.",
        decides=True,
    )
    client_id: str | None = option(kinds.TEXT, "OAuth 2 client credentials; the secret is DAI_CLIENT_SECRET.")
    client_secret_file: str | None = option(kinds.PATH, "A file that holds the client secret.", decides=True)
    token_url: str | None = option(
        kinds.URL, "Where a client gets its token, if not at the realm's path on the DAI server.", decides=True
    )
    realm: str = option(kinds.TEXT, "The Keycloak realm.", default="eggplant", decides=True)
    username: str | None = option(kinds.TEXT, "The classic login; the password is DAI_PASSWORD.")
    password_file: str | None = option(kinds.PATH, "A file that holds the password.", decides=True)


@record(kw_only=True)
class Log:
    """What is logged, and how."""

    title: ClassVar[str] = "Log"

    log_format: str = option(
        kinds.choice(["text", "json"]), "Lines of text, or one JSON object per line.", default="text"
    )
    verbose: bool = switch("Log each request, and for each poll the status and when the next one is due.", short="-v")
    quiet: bool = switch(
        "Log only errors, how to resume, and warnings about security or an exit code forced to 0.", short="-q"
    )
    no_color: bool = switch("A plain log: no colors, no live display (or set NO_COLOR).")


Section = Targets | Rules | Timing | Reports | Connection | Credentials | Log

_RECORDS: tuple[type[Section], ...] = (Targets, Rules, Timing, Reports, Connection, Credentials, Log)
SECTIONS = MappingProxyType({each.__name__.lower(): each for each in _RECORDS})
WATCHING = ("rules", "timing", "reports")
REACHING = ("connection", "credentials", "log")

OPTIONS = tuple(
    Option(name=each.name, section=section, **each.metadata["option"])
    for section, record in SECTIONS.items()
    for each in fields(record)
)
