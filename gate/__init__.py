"""dai-gate: make a pipeline wait for an Eggplant DAI test run, and stop it unless the run passed.

Where things are, in the order in which a command uses them:

- `cli`: parses the command line, calls one function of `commands`, and returns its exit code.
- `settings`: what was asked for, as frozen records. `sections` declares every option, `kinds` reads values, `secrets`
  knows credentials, `load` chooses among flag, environment, file and default.
- `commands`: one module for each command. `context` builds redactor, log, build server and session for all of them;
  `polling` leads from settings to a report; `library` is what `gate.wait` calls.
- `core`: decides, without clock, socket, file or environment. `api` holds the status words, `progress` reads an answer,
  `watch` says what to ask next and when it is over, `schedule` when to poll again, `verdict` what the exit code is.
- `dai`: talks to the server. `client` asks, `transport` makes one bounded request, `login` gets tokens, `faults` names
  what can go wrong, `poller` drives the watch.
- `reports`: one module for each format, all from the same frozen `Report`; `outputs` lists them.
- `simulator`: stands in for a server.

Only `clock` reads the time, only `signals` handles signals, and only `yamlfile` reads YAML. `declare` and `apifile`
declare the keys of YAML files; `errors` holds what ends a command early. CONTRIBUTING.md says where something new goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from gate.core.verdict import Verdict
    from gate.errors import UsageError
    from gate.reports.report import Report

__version__ = "0.2.0"
__all__ = ["Report", "UsageError", "Verdict", "__version__", "wait"]

# Imported when they are asked for: the command has to start quickly.
_HOMES = {"Report": "gate.reports.report", "UsageError": "gate.errors", "Verdict": "gate.core.verdict"}


def wait(
    run_ids: Iterable[str] = (),
    *,
    model: Iterable[str] = (),
    token: str | None = None,
    client_secret: str | None = None,
    password: str | None = None,
    environ: Mapping[str, str] | None = None,
    config: str | PathLike[str] | None = None,
    **settings: object,
) -> Report:
    """Wait until every watched run has ended, and return the report; no verdict raises an exception.

    `run_ids` and `model` say what is watched; either may be a single string. Settings are the options of
    `dai-gate wait` with underscores: `url`, `timeout`, `junit` and so on; durations are seconds, or strings as on the
    command line. `environ`, a mapping of variables, and `config`, a path, are read only if they are given; proxies
    come from the process's environment in any case.

    Nothing is printed and no signal is handled; it may be called in any thread, in several at once. Reports are written
    to the paths that are given. Raises UsageError for settings that cannot be used, before any request is sent. A
    KeyboardInterrupt is passed on once the reports say `interrupted`.
    """
    from gate.commands import library  # noqa: PLC0415 - see _HOMES

    secrets = {"token": token, "client_secret": client_secret, "password": password}
    return library.wait(run_ids, secrets, environ or {}, {"model": model, "config": config, **settings})


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'gate' has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - see _HOMES

    return getattr(importlib.import_module(_HOMES[name]), name)
