"""Where reports go: one table of formats, each written by itself, so that one that fails takes no other with it."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from gate.errors import UsageError
from gate.reports.files import check_writable, is_special, write_atomically
from gate.reports.report import Report

STDOUT = "-"

# Format -> the module whose render(report) makes its text. A module is loaded only where its format is asked for.
FORMATS: Mapping[str, str] = {
    "junit": "gate.reports.junit",
    "json": "gate.reports.json",
    "markdown": "gate.reports.markdown",
    "dotenv": "gate.reports.gitlab",
    "html": "gate.reports.html",
}

# Written at the start as well, saying `interrupted`, so that even SIGKILL leaves red and not green or nothing.
PROVISIONAL = ("junit", "json")


class Outputs:
    """The reports that were asked for: `paths` by format, of which at most one is `-`, standard output."""

    def __init__(self, paths: Mapping[str, str | None]) -> None:
        self.paths = {name: path for name, path in paths.items() if path is not None}

    def check(self, origin: Callable[[str], str]) -> None:
        """Raise UsageError where a report could not be written; `origin` says where a path came from."""
        to_stdout = [name for name, path in self.paths.items() if path == STDOUT]
        if len(to_stdout) > 1:
            raise UsageError(
                f"{' and '.join(map(origin, to_stdout))}: only one report can go to standard output",
                "Give the others a path.",
            )
        taken: dict[str, str] = {}
        for name, path in self.paths.items():
            if path == STDOUT:
                continue
            try:
                check_writable(path)
            except UsageError as error:
                raise UsageError(f"{origin(name)}: {error.cause}", error.fix) from error
            first = name if is_special(path) else taken.setdefault(os.path.realpath(path), name)
            if first != name:
                raise UsageError(
                    f"{origin(first)} and {origin(name)}: both name the file {path}",
                    "Give each report a file of its own.",
                )

    @property
    def takes_stdout(self) -> bool:
        return STDOUT in self.paths.values()

    def write(self, report: Report, *, provisional: bool = False) -> dict[str, str]:
        """Write every report, or at the start the provisional ones; return what went wrong, by format.

        Files come first: a stream may make one wait, and what was poured into it cannot be replaced later.
        """
        faults: dict[str, str] = {}
        for name, path in sorted(self.paths.items(), key=lambda each: _is_stream(each[1])):
            if provisional and (name not in PROVISIONAL or _is_stream(path)):
                continue
            try:
                self.put(name, importlib.import_module(FORMATS[name]).render(report))
            except Exception as error:  # noqa: BLE001 - whatever it is, the other reports are still written
                why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
                faults[name] = f"the {name} report could not be written to {path}: {why}"
        return faults

    def put(self, name: str, text: str) -> None:
        """Write one report, if it was asked for. Raises OSError."""
        path = self.paths.get(name)
        if path == STDOUT:
            print_out(text, encoding="utf-8")
        elif path is not None:
            write_atomically(path, text)


def _is_stream(path: str) -> bool:
    return path == STDOUT or is_special(path)


def print_out(text: str, stream: TextIO | None = None, *, encoding: str | None = None) -> None:
    """Write to standard output, in its own charset if no other is named. Raises OSError where nobody reads it."""
    out = stream or sys.stdout
    if out is None:
        raise OSError("standard output is closed")
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding=encoding, errors="backslashreplace")
    out.write(text)
    out.flush()
