"""`check`: checks settings, name, connection, TLS, credentials and one harmless request, each by itself."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import TypeVar

from gate.clock import Clock
from gate.commands.check_answers import answers
from gate.commands.context import open_context, run_ids
from gate.commands.polling import check_outputs
from gate.commands.session import Session
from gate.core.answer import Fault, FaultKind
from gate.core.duration import format_duration
from gate.core.findings import (
    Finding,
    Level,
    exit_code,
    failure,
    judge_certificate,
    judge_distrust,
    judge_token,
)
from gate.core.verdict import USAGE_EXIT_CODE
from gate.dai import probe
from gate.dai.proxy import Place, Proxy, proxy_for
from gate.dai.threads import side_by_side
from gate.errors import UsageError
from gate.reports.json import write as as_json
from gate.reports.log import Log
from gate.reports.log_events import LogEvent
from gate.reports.outputs import Outputs, print_out
from gate.reports.redactor import Redactor
from gate.reports.text import one_line
from gate.settings.load import Settings, unread_file

T = TypeVar("T")

# The level in the log of a finding.
_LEVELS = {Level.OK: "info", Level.WARN: "warning", Level.FAIL: "error"}


def check(settings: Settings, run_id: str | None, json_path: str | None, clock: Clock) -> int:
    """Print a line for each step on the way to the server, and return the exit code.

    With a run id, of the argument or of DAI_RUN_ID, the answer about that run is shown field by field. The settings are
    those of a wait; where the findings go as JSON is no setting. Raises UsageError for what is no run id.
    """
    ids = run_ids([run_id] if run_id else [], settings, clock)
    outputs = Outputs({"json": json_path})
    outputs.check(lambda name: f"--{name}")
    try:
        check_outputs(settings)
        context = open_context(settings, clock, stderr=sys.stderr if settings.log.verbose else None)
    except UsageError as error:
        hide, is_usable = Redactor().hide, False
        unusable = Finding(Level.FAIL, "settings", error.cause, error.fix)
        found: Iterable[Finding] = [*given(settings), unusable]
    else:
        hide, is_usable = context.redactor.hide, True
        found = Steps(settings, context.session, clock, ids).findings()
    write = _writer(settings, outputs, hide, clock)
    findings: list[Finding] = []
    for each in found:
        findings.append(finding := replace(each, text=hide(each.text), fix=hide(each.fix)))
        with contextlib.suppress(OSError, ValueError):  # where nobody reads any more, the exit code still says it
            write(finding)
    code = exit_code(findings) if is_usable else USAGE_EXIT_CODE
    outputs.put("json", document(settings.connection.url, code, findings))
    return code


def _writer(
    settings: Settings, outputs: Outputs, hide: Callable[[str], str], clock: Clock
) -> Callable[[Finding], object]:
    """Return what writes a finding: as a line to stdout, or to stderr where stdout takes the JSON."""
    if not outputs.takes_stdout:
        return lambda finding: print_out(f"{line(finding)}\n")
    if settings.log.log_format == "json":
        log = Log(sys.stderr, clock, level=0, redact=hide, as_json=True)
        return lambda finding: log.log(
            _LEVELS[finding.level], LogEvent.FINDING, f"{finding.topic}: {finding.text} {finding.fix}".rstrip()
        )
    return lambda finding: sys.stderr and sys.stderr.write(f"{line(finding)}\n")


def line(finding: Finding) -> str:
    """Return a finding as a line, its fix on a second one."""
    indent = " " * 19
    fix = f"\n{indent}{one_line(finding.fix)}" if finding.fix else ""
    return f"{finding.level:<4}  {finding.topic:<11}  {one_line(finding.text)}{fix}"


def document(url: str, code: int, findings: list[Finding]) -> str:
    """Return the findings as JSON, schema 1."""
    content = {"schema": 1, "exit_code": code, "server": url, "findings": [asdict(each) for each in findings]}
    return as_json(content)


def given(settings: Settings) -> Iterator[Finding]:
    """Yield each setting that was given, and the address in any case, with its origin."""
    if "url" not in settings.given:
        yield Finding(Level.OK, "settings", f"url: {settings.connection.url} (default)")
    for name, value, origin in settings.shown():
        yield Finding(Level.OK, "settings", f"{name}: {value} ({origin})")


class Steps:
    """Checks one step after the other, and stops at the first that fails: what follows would fail with it."""

    def __init__(self, settings: Settings, session: Session, clock: Clock, run_ids: Sequence[str] = ()) -> None:
        self._settings, self._session, self._clock, self._run_ids = settings, session, clock, run_ids
        self._timeout = settings.connection.request_timeout

    def findings(self) -> Iterator[Finding]:
        yield from given(self._settings)
        own = [*self._settings.warnings, *filter(None, [unread_file(self._settings)])]
        for warning in (*own, *(text for text, _ in self._session.warnings)):
            yield Finding(Level.WARN, "settings", warning)
        for step in (self._check_ways, self._check_credentials):
            for finding in step():
                yield finding
                if finding.level is Level.FAIL:
                    return
        yield from answers(
            self._settings.connection.api, self._session.client, self._run_ids, self._clock, self._within
        )

    def _within(self, call: Callable[[], T]) -> T | Fault:
        """Make a call that may hang, as a name server may."""
        hung = Fault(FaultKind.CONTACT, f"No answer within {format_duration(self._timeout)} (--request-timeout).")
        return side_by_side({0: call}, self._clock, self._timeout + 0.25).get(0, hung)

    def _check_ways(self) -> Iterator[Finding]:
        for number, origin in enumerate(self._session.origins):
            option = "--url" if number == 0 else "--token-url"
            yield from self._check_way(Place.of(origin, option), proxy_for(origin))

    def _check_way(self, place: Place, proxy: Proxy | None) -> Iterator[Finding]:
        first = place
        if proxy is not None:
            first = proxy.place
            yield Finding(Level.OK, "proxy", f"{place} is reached through {first}, as set in the environment")
        addresses = self._within(partial(probe.resolve, first, self._timeout))
        if isinstance(addresses, Fault):
            yield _on_the_way("name", addresses, proxy)
            return
        known = "is an address" if addresses == [first.host] else f"is {', '.join(addresses)}"
        yield Finding(Level.OK, "name", f"{first.host} {known}")
        peer = self._within(partial(probe.connect, first, self._timeout))
        if isinstance(peer, Fault):
            yield _on_the_way("connection", peer, proxy)
            return
        yield Finding(Level.OK, "connection", f"{peer} accepts connections on port {first.port}")
        if place.over_tls and first is not place and first.over_tls:
            yield Finding(Level.OK, "TLS", "not checked separately: the connection to the proxy uses TLS, too")
        elif place.over_tls:
            yield self._check_tls(place, proxy)

    def _check_tls(self, place: Place, proxy: Proxy | None) -> Finding:
        """Verify the server's certificate even where --insecure does not, to show what would come of it."""
        context = replace(self._session.tls, insecure=False).context(self._settings.origin)
        shown = self._within(partial(probe.shake_hands, place, context, self._timeout, proxy))
        fault = shown if isinstance(shown, Fault) else None
        if self._settings.connection.insecure and (fault is None or fault.lasting):
            return judge_distrust(fault)
        return judge_certificate(shown, self._clock.now()) if not isinstance(shown, Fault) else failure("TLS", shown)

    def _check_credentials(self) -> Iterator[Finding]:
        token = self._within(self._session.credentials.obtain)
        if isinstance(token, Fault):
            yield failure("credentials", token)
        elif token is not None:
            yield judge_token(self._session.kind, token.life_s, probe.stated_end(token.value), self._clock.now())


def _on_the_way(topic: str, fault: Fault, proxy: Proxy | None) -> Finding:
    """Return the failure of a step; where it is the proxy's, the address to change is that of the proxy."""
    found = failure(topic, fault)
    return replace(found, fix="Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.") if proxy else found
