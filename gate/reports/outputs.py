"""Where reports go: one table of formats, each written by itself, so that one that fails takes no other with it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from gate.errors import UsageError
from gate.reports.files import check_writable, is_special, write_report
from gate.reports.report import Report

STDOUT = "-"
Render = Callable[[Report], str]


# Each format is imported only where it is asked for: nobody waits for the others.
def _junit(report: Report) -> str:
    from gate.reports import junit  # noqa: PLC0415 - see above

    return junit.render(report)


def _json(report: Report) -> str:
    from gate.reports import json  # noqa: PLC0415 - see above

    return json.render(report)


def _markdown(report: Report) -> str:
    from gate.reports import markdown  # noqa: PLC0415 - see above

    return markdown.render(report)


def _dotenv(report: Report) -> str:
    from gate.reports import dotenv  # noqa: PLC0415 - see above

    return dotenv.render(report)


def _html(report: Report) -> str:
    from gate.reports import html  # noqa: PLC0415 - see above

    return html.render(report)


FORMATS: Mapping[str, Render] = {
    "junit": _junit,
    "json": _json,
    "markdown": _markdown,
    "dotenv": _dotenv,
    "html": _html,
}

# Written at the start as well, saying `interrupted`, so that even SIGKILL leaves red and not green or nothing.
PROVISIONAL = ("junit", "json", "dotenv")


class Outputs:
    """The reports that were asked for: `paths` by format, of which at most one is `-`, standard output.

    `written` are those paths at which the last report now lies.
    """

    def __init__(self, paths: Mapping[str, str | None]) -> None:
        self.paths = {name: STDOUT if is_stdout(path) else path for name, path in paths.items() if path is not None}
        self.written: dict[str, str] = {}

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
            self.written.pop(name, None)
            try:
                self.put(name, FORMATS[name](report))
            except Exception as error:  # noqa: BLE001 - whatever it is, the other reports are still written
                why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
                faults[name] = f"the {name} report could not be written to {path}: {why}"
            else:
                self.written[name] = path
        return faults

    def put(self, name: str, text: str) -> None:
        """Write one report, if it was asked for. Raises OSError."""
        path = self.paths.get(name)
        if path == STDOUT:
            print_out(text, encoding="utf-8")
        elif path is not None:
            write_report(path, text)


def is_stdout(path: str | None) -> bool:
    """Return whether a path means standard output: by `-`, or by a name that Linux and macOS have for it."""
    return path in {STDOUT, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}


def _is_stream(path: str) -> bool:
    return path == STDOUT or is_special(path)


def print_out(text: str, *, encoding: str | None = None) -> None:
    """Write to standard output, in its own charset if no other is named. Raises OSError where nobody reads it."""
    out: TextIO | None = sys.stdout
    if out is None:
        raise OSError("standard output is closed")
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding=encoding, errors="backslashreplace")
    out.write(text)
    out.flush()
