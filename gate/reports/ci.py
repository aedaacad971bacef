"""What is written for the build server that runs the gate, besides the reports: one table, by the server's name."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from gate.reports.report import Report

# Name -> the module whose lines(report) go to the log, where the build server reads them.
SYSTEMS: Mapping[str, str] = {
    "github": "gate.reports.github",
    "gitlab": "gate.reports.gitlab",
    "azure": "gate.reports.azure",
    "teamcity": "gate.reports.teamcity",
}
# Those of them that are told which words to hide in their logs.
_MASKING = ("github", "azure")


class BuildServer:
    """The build servers at hand: `write` puts a line into the log that they read, just as it is.

    `output` and `summary` are GitHub's files for a step's outputs and its summary.
    """

    def __init__(
        self, systems: Sequence[str], write: Callable[[str], None], *, output: str | None, summary: str | None
    ) -> None:
        self._systems, self._write, self._output, self._summary = systems, write, output, summary

    def mask(self, secret: str) -> None:
        """Have a secret hidden in the log, if anybody reads it."""
        with contextlib.suppress(OSError, ValueError):
            for name in self._systems:
                if name in _MASKING:
                    self._write_all(importlib.import_module(SYSTEMS[name]).mask(secret))

    def tell(self, report: Report, junit: str | None) -> dict[str, str]:
        """Tell what came of the wait; return what went wrong, by what was to be written."""
        faults: dict[str, str] = {}
        puts: dict[str, Callable[[], None]] = {
            f"the lines for {name}": partial(self._put_lines, name, report) for name in self._systems
        }
        if "github" in self._systems:
            puts["the step's outputs"] = partial(self._put_outputs, report, junit)
            puts["the step's summary"] = partial(self._put_summary, report)
        for what, put in puts.items():
            try:
                put()
            except Exception as error:  # noqa: BLE001 - whatever it is, the rest is still told
                why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
                faults[what] = f"{what} could not be written: {why}"
        return faults

    def _write_all(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._write(line)

    def _put_lines(self, name: str, report: Report) -> None:
        self._write_all(importlib.import_module(SYSTEMS[name]).lines(report))

    def _put_outputs(self, report: Report, junit: str | None) -> None:
        if self._output:
            from gate.reports import github  # noqa: PLC0415 - for GitHub only

            github.append(self._output, github.outputs(report, junit))

    def _put_summary(self, report: Report) -> None:
        if self._summary:
            from gate.reports import github, markdown  # noqa: PLC0415 - as above

            github.append_summary(self._summary, markdown.render(report))
