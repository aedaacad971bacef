"""What is written for the build server that runs the gate, besides the reports: one table, by the server's name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from gate.core.record import record
from gate.reports.report import Report


def _nothing(_: str) -> list[str]:
    return []


@record(kw_only=True)
class System:
    """What goes to the log, where a build server reads it: `lines` at the end, `mask` to have a secret hidden."""

    lines: Callable[[Report], list[str]]
    mask: Callable[[str], list[str]] = _nothing


# Each is imported only where it runs the gate.
def _github() -> System:
    from gate.reports import github  # noqa: PLC0415 - see above

    return System(lines=github.lines, mask=github.mask)


def _gitlab() -> System:
    from gate.reports import gitlab  # noqa: PLC0415 - see above

    return System(lines=gitlab.lines)


def _azure() -> System:
    from gate.reports import azure  # noqa: PLC0415 - see above

    return System(lines=azure.lines, mask=azure.mask)


def _teamcity() -> System:
    from gate.reports import teamcity  # noqa: PLC0415 - see above

    return System(lines=teamcity.lines)


SYSTEMS: Mapping[str, Callable[[], System]] = {
    "github": _github,
    "gitlab": _gitlab,
    "azure": _azure,
    "teamcity": _teamcity,
}


class BuildServer:
    """The build servers at hand.

    `write` puts a line into the log that they read, just as it is; None where nothing for them goes there. `masks`:
    whether the log is theirs alone, so that a secret may be written into it to have it hidden. `output` and `summary`
    are GitHub's files for a step's outputs and its summary.
    """

    def __init__(
        self,
        systems: Sequence[str],
        write: Callable[[str], None] | None,
        *,
        masks: bool = True,
        output: str | None,
        summary: str | None,
    ) -> None:
        self._systems, self._masks = systems, masks
        self._write = write or (lambda _: None)
        self._output, self._summary = output, summary

    def mask(self, secret: str) -> None:
        """Have a secret that was obtained on the way hidden in the log, if anybody reads it.

        One that was given is not for here: the build server hides its own, and need not see it once more.
        """
        if self._masks:
            with contextlib.suppress(OSError, ValueError):
                for name in self._systems:
                    for line in SYSTEMS[name]().mask(secret):
                        self._write(line)

    def publish(self, report: Report, written: Mapping[str, str]) -> dict[str, str]:
        """Write what came of the wait; return what went wrong. `written` are the reports' paths, by format."""
        faults: dict[str, str] = {}
        puts: dict[str, Callable[[], None]] = {
            f"the lines for {name}": partial(self._put_lines, name, report) for name in self._systems
        }
        if "github" in self._systems:
            puts["the step's outputs"] = partial(self._put_outputs, report, written)
            puts["the step's summary"] = partial(self._put_summary, report)
        for what, put in puts.items():
            try:
                put()
            except Exception as error:  # noqa: BLE001 - whatever it is, the rest is still written
                why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
                faults[what] = f"{what} could not be written: {why}"
        return faults

    def _put_lines(self, name: str, report: Report) -> None:
        for line in SYSTEMS[name]().lines(report):
            self._write(line)

    def _put_outputs(self, report: Report, written: Mapping[str, str]) -> None:
        if self._output:
            from gate.reports import github  # noqa: PLC0415 - for GitHub only

            github.append(self._output, github.outputs(report, written))

    def _put_summary(self, report: Report) -> None:
        if self._summary:
            from gate.reports import github, markdown  # noqa: PLC0415 - as above

            github.append_summary(self._summary, markdown.render(report))
