"""The one place that builds what every command needs: redactor, log, build server and session."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TextIO

from gate.clock import Clock
from gate.commands.session import Session, open_session
from gate.core.api import RUN_PROGRESS
from gate.core.record import record
from gate.core.verdict import Verdict
from gate.dai.threads import side_by_side
from gate.errors import UsageError
from gate.reports.ci import BuildServer
from gate.reports.files import is_regular
from gate.reports.log import Log
from gate.reports.log_events import LogEvent
from gate.reports.redactor import Redactor
from gate.settings.environment import Pipeline, pipeline
from gate.settings.load import Settings, unread_file
from gate.settings.secrets import read_secrets
from gate.settings.watched import read_run_ids, read_standard_input


@record(kw_only=True)
class Context:
    """What one command works with. `started` is the monotonic moment at which the command began."""

    settings: Settings
    clock: Clock
    started: float
    redactor: Redactor
    log: Log
    pipeline: Pipeline
    server: BuildServer
    session: Session

    def log_sources(self) -> None:
        """Log the named files, first of all, with what they decide."""
        settings = self.settings
        if settings.file:
            decided = f": {', '.join(settings.from_file)}" if settings.from_file else ""
            # A file with `quiet` does not hide itself: whoever writes it decides what passes.
            quiet = settings.given.get("quiet")
            is_from_file = quiet is not None and quiet.source == "file"
            self.log.note(LogEvent.SETTINGS_FILE, f"settings file {settings.file}{decided}", even_quiet=is_from_file)
        if settings.connection.api is not RUN_PROGRESS:
            text = f"API description {settings.connection.api.name} ({settings.origin('api')})"
            self.log.note(LogEvent.API_DESCRIPTION, text)

    def log_warnings(self) -> None:
        """Log what is risky or may not be meant; what concerns security or a forced exit code even with --quiet."""
        for warning in self.settings.warnings:
            self.log.warning(LogEvent.WARNING, warning)
        if unread := unread_file(self.settings):
            self.log.warning(LogEvent.WARNING, unread, even_quiet=True)
        for warning, is_security in self.session.warnings:
            self.log.warning(LogEvent.WARNING, warning, even_quiet=is_security)
        codes = dict(self.settings.rules.exit_code)
        if lenient := [f"{name}=0" for name, code in codes.items() if code == 0 and name is not Verdict.PASSED]:
            text = f"--exit-code {', '.join(lenient)}: the pipeline continues as after a pass"
            self.log.warning(LogEvent.EXIT_CODE_FORCED, text, even_quiet=True)


def open_context(settings: Settings, clock: Clock, *, stderr: TextIO | None) -> Context:
    """Build what a command needs; nothing is sent, nothing is logged. With `stderr` None nothing ever is.

    Raises UsageError for secrets, certificates or a proxy that cannot be used.
    """
    started = clock.monotonic()
    redactor = Redactor()
    level = 1 if settings.log.verbose else -1 if settings.log.quiet else 0
    as_json = settings.log.log_format == "json"
    log = Log(stderr, clock, level=level, redact=redactor.hide, as_json=as_json)
    around = pipeline(settings.environ, ci=settings.reports.ci)
    files = {"output": around.github_output, "summary": around.github_summary}
    server = BuildServer(around.systems, None if as_json else log.write, masks=not is_regular(stderr), **files)

    def obtained(secret: str) -> None:
        if not redactor.knows(secret):
            redactor.learn(secret)
            server.mask(secret)

    session = open_session(
        settings.connection,
        settings.credentials,
        read_secrets(settings.credentials, settings.environ, settings.origin),
        settings.origin,
        clock,
        learned=redactor.learn,
        obtained=obtained,
        log=partial(log.detail, LogEvent.REQUEST),
    )
    return Context(
        settings=settings,
        clock=clock,
        started=started,
        redactor=redactor,
        log=log,
        pipeline=around,
        server=server,
        session=session,
    )


def run_ids(arguments: Sequence[str], settings: Settings, clock: Clock) -> tuple[str, ...]:
    """Return the run ids of a command line; those on standard input are waited for no longer than --timeout.

    Raises UsageError for what is no run id, and for an input that cannot be read or does not end.
    """

    def read() -> bytes:
        came = side_by_side({0: _content_or_error}, clock, settings.timing.timeout).get(0, _ENDLESS)
        if isinstance(came, bytes):
            return came
        raise came if isinstance(came, UsageError) else UsageError(f"-: {came.text}")

    return read_run_ids(arguments, settings.environ, read)


_ENDLESS = UsageError("-: standard input did not end within --timeout", "Close it, or give the run ids as arguments.")


def _content_or_error() -> bytes | UsageError:
    try:
        return read_standard_input()
    except UsageError as error:
        return error
