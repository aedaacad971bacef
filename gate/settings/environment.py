"""The environment: this process's own, and what it says of a pipeline and a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import TextIO

from gate.core.record import record
from gate.errors import nearest
from gate.settings.secrets import SECRETS, variable_of
from gate.settings.sections import OPTIONS


def current() -> dict[str, str]:
    """Return this process's environment."""
    return dict(os.environ)


@record(kw_only=True)
class Pipeline:
    """The build servers that run the gate, by name, GitHub's files for outputs and summary, and the job's address."""

    systems: tuple[str, ...]
    github_output: str | None
    github_summary: str | None
    job_url: str | None = None


def pipeline(environ: Mapping[str, str], *, ci: bool | None) -> Pipeline:
    """Return the build servers whose variables are set, none where `ci` is False."""
    signs = {
        "github": environ.get("GITHUB_ACTIONS") == "true",
        "gitlab": environ.get("GITLAB_CI") == "true",
        "azure": bool(environ.get("TF_BUILD")),
        "teamcity": bool(environ.get("TEAMCITY_VERSION")),
    }
    systems = tuple(name for name, there in signs.items() if there and ci is not False)
    return Pipeline(
        systems=systems,
        github_output=environ.get("GITHUB_OUTPUT"),
        github_summary=environ.get("GITHUB_STEP_SUMMARY"),
        job_url=_job_url(environ),
    )


# What leads to the job that runs the gate: GitLab; Jenkins and TeamCity; GitHub; Azure Pipelines.
_JOB_URLS = (
    "{CI_JOB_URL}",
    "{BUILD_URL}",
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
)


def _job_url(environ: Mapping[str, str]) -> str | None:
    """Return the address of the pipeline's job, where the environment gives every part of one."""
    for template in _JOB_URLS:
        if all(environ.get(name) for name in re.findall(r"{(\w+)}", template)):
            return template.format_map(environ)
    return None


def has_live_terminal(environ: Mapping[str, str]) -> bool:
    """Return whether standard error is a terminal on which a person watches a live display."""
    dumb = environ.get("TERM", "").casefold() in {"dumb", "unknown"}
    sized = all(environ.get(name, "").strip("0 ") or not environ.get(name) for name in ("COLUMNS", "LINES"))
    return not environ.get("NO_COLOR") and not dumb and sized and _is_read(sys.stderr, environ)


def has_reader(environ: Mapping[str, str]) -> bool:
    """Return whether standard output is a terminal at which a person reads."""
    return _is_read(sys.stdout, environ)


def _is_read(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    return not environ.get("CI") and stream is not None and stream.isatty()


def for_demo() -> dict[str, str]:
    """Return the environment for a gate that this pipeline's own settings must not lead."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("DAI_")}
    return {**others, "DAI_TOKEN": "demo-token", "NO_PROXY": "127.0.0.1"}


# Variables that nobody means for the gate: what it hands on itself, what Kubernetes sets for a service named `dai` or
# `dai-...`, and those of the vendor's own software.
_FOREIGN = (
    r"DAI_(GATE_.*|VERSION|AGENT_.*|(.*_)?SERVICE_(HOST|PORT(_.*)?)"
    r"|(.*_)?PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of variables that begin with DAI_ and that no setting has, with what was probably meant."""
    known = {each.variable for each in OPTIONS}
    known |= {variable_of(name) for name in (*SECRETS, "run-id", "config")}
    for variable in sorted(environ):
        if variable.startswith("DAI_") and variable not in known and not re.fullmatch(_FOREIGN, variable):
            near = nearest(variable.removeprefix("DAI_"), [name.removeprefix("DAI_") for name in known])
            yield f"{variable} (did you mean DAI_{near}?)" if near else variable
