"""Chooses each value (flag > environment > file > default), reads it, and checks that they agree."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields
from typing import Any, TypeVar

from gate.core.api import RUN_PROGRESS
from gate.core.record import record
from gate.errors import UsageError
from gate.settings.declared import Option
from gate.settings.environment import has_live_terminal, has_reader, unknown_variables
from gate.settings.file import read_file
from gate.settings.kinds import PATH, trimmed
from gate.settings.sections import (
    OPTIONS,
    SECTIONS,
    Connection,
    Credentials,
    Log,
    Reports,
    Rules,
    Section,
    Targets,
    Timing,
)

S = TypeVar("S", bound=Section)

# Names under which earlier versions looked for a settings file in the working directory.
UNNAMED = (".dai-gate.yml", ".dai-gate.yaml")

_CONFIG = Option(name="config", section="", kind=PATH, help="")


@record(kw_only=True)
class Given:
    """What was given for a setting: its texts, several for a repeatable one, and where they came from.

    `source` is `flag`, `environment` or `file`.
    """

    texts: tuple[str, ...]
    origin: str
    source: str

    def __str__(self) -> str:
        return ", ".join(self.texts)


@record(kw_only=True)
class Settings:
    """The settings of one command, by section. `file` is the settings file that was named, `in_file` what it names.

    `given` holds what was given for every setting that does not have its default, those of sections that the command
    does not use among them; `environ` is the environment they were read from.
    """

    targets: Targets = Targets()
    rules: Rules = Rules()
    timing: Timing = Timing()
    reports: Reports = Reports()
    connection: Connection = Connection()
    credentials: Credentials = Credentials()
    log: Log = Log()
    file: Given | None = None
    in_file: frozenset[str] = frozenset()
    given: Mapping[str, Given] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    sections: tuple[str, ...] = tuple(SECTIONS)

    def origin(self, name: str) -> str:
        """Return where the value of a setting came from, in words for an error."""
        return self.given[name].origin if name in self.given else "default"

    def shown(self) -> tuple[tuple[str, str, str], ...]:
        """Return the option, value and origin of each setting in use that is not its default."""
        return tuple((option.key, str(value), value.origin) for option, value in self._used())

    @property
    def from_file(self) -> tuple[str, ...]:
        """Return `key value` of each value in use that came from the settings file and `decides`."""
        used = [(option, value) for option, value in self._used() if option.decides and value.source == "file"]
        return tuple(f"{option.key} {value}" for option, value in used)

    def _used(self) -> Iterator[tuple[Option, Given]]:
        for option in OPTIONS:
            if option.section in self.sections and option.name in self.given:
                yield option, self.given[option.name]

    @property
    def wants_live_display(self) -> bool:
        is_plain = self.log.quiet or self.log.no_color or self.log.log_format != "text"
        return not is_plain and has_live_terminal(self.environ)

    @property
    def wants_columns(self) -> bool:
        """Return whether what goes to standard output is laid out for a person at a terminal."""
        return has_reader(self.environ)

    @property
    def warnings(self) -> Iterator[str]:
        """Yield what is no error, and yet may not be what was meant."""
        if "url" not in self.given:
            yield f"no --url, DAI_URL or url in the settings file: using the default {self.connection.url}"
        if unknown := list(unknown_variables(self.environ)):
            yield f"unknown environment variable{'' if len(unknown) == 1 else 's'}: {', '.join(unknown)}"


def unread_file(settings: Settings) -> str | None:
    """Return a warning of a settings file in the working directory that is not read, None where there is none."""
    name = next((each for each in UNNAMED if os.path.lexists(each)), None)
    if settings.file or name is None:
        return None
    return (
        f"{name} is not read, since nobody named it: give --config {name} or DAI_CONFIG={name} if everyone who can "
        "change it may decide what passes"
    )


def load(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    sections: Iterable[str] = tuple(SECTIONS),
    known: Callable[[str], None] = lambda _: None,
) -> Settings:
    """Return the settings that the flags, the environment and the named settings file give.

    `flags` holds texts by the settings' names, sequences of them for repeatable ones, and None for what is not given;
    `config` names the settings file. Values of other sections than `sections` are not read. `known` is called with the
    log's format as soon as that is known.

    Raises UsageError for a value that cannot be used, and for values that do not agree.
    """
    sections = tuple(sections)
    file = _given(_CONFIG, flags.get("config"), environ, (), None)
    in_file = read_file(file.texts[0], origin=file.origin) if file else {}
    given = {
        each.name: value
        for each in OPTIONS
        if (value := _given(each, flags.get(each.name), environ, in_file.get(each.name, ()), file))
    }
    known(_read(Log, given).log_format)
    records: dict[str, Any] = {
        name: _read(record, given if name in {*sections, "log"} else {}) for name, record in SECTIONS.items()
    }
    settings = Settings(
        **records, file=file, in_file=frozenset(in_file), given=given, environ=environ, sections=sections
    )
    _check(settings)
    return settings


def _given(
    option: Option, flag: Any, environ: Mapping[str, str], in_file: tuple[str, ...], file: Given | None
) -> Given | None:
    if flag is not None and flag != ():
        texts = tuple(map(str, flag)) if option.multiple else (str(flag).lower() if option.is_switch else str(flag),)
        return _cleaned(texts, option.flag, "flag")
    variable = environ.get(option.variable, "")
    origin = f"environment variable {option.variable}"
    if _clean(variable, origin):
        return _cleaned(variable.splitlines() if option.multiple else (variable,), origin, "environment", drop=True)
    if in_file and file:
        return _cleaned(in_file, f"key {option.key!r} in {file.texts[0]}", "file")
    return None


def _cleaned(texts: Iterable[str], origin: str, source: str, *, drop: bool = False) -> Given:
    clean = (_clean(text, origin) for text in texts)
    return Given(texts=tuple(text for text in clean if text or not drop), origin=origin, source=source)


def _clean(text: str, origin: str) -> str:
    try:
        return trimmed(text, origin)
    except ValueError as error:
        raise UsageError(str(error), "Give it as UTF-8 text.") from error


def _read(record: type[S], given: Mapping[str, Given]) -> S:
    """Return a section with the values that were given. Raises UsageError with the origin of a wrong one."""
    names = {each.name for each in fields(record)}
    values: dict[str, Any] = {}
    for option in OPTIONS:
        if option.name in names and (found := given.get(option.name)):
            try:
                read = tuple(map(option.kind.read, found.texts))
            except ValueError as error:
                raise UsageError(f"{found.origin}: {error}", _how_to_give_several(option, found)) from error
            values[option.name] = read if option.multiple else read[-1]
    return record(**values)


def _how_to_give_several(option: Option, found: Given) -> str:
    if not option.multiple or found.source == "flag":
        return ""
    if found.source == "environment":
        return f"Write several one per line in {option.variable}."
    return f"Several are a list: `{option.key}: [one, two]`."


def _place(settings: Settings, name: str) -> str:
    return settings.origin(name) if name in settings.given else f"the default of --{name.replace('_', '-')}"


def _check(settings: Settings) -> None:
    """Raise UsageError for values that do not agree."""
    timing, log = settings.timing, settings.log
    if timing.max_interval < timing.interval:
        places = " and ".join(_place(settings, name) for name in ("interval", "max_interval"))
        raise UsageError(
            f"{places}: the longest interval is shorter than the first one "
            f"({timing.max_interval:g}s and {timing.interval:g}s)",
            "Set --max-interval to at least the value of --interval.",
        )
    if timing.schedule == "learned" and timing.learned_max_interval < timing.interval:
        raise UsageError(
            f"{_place(settings, 'learned_max_interval')}: the longest interval is shorter than --interval",
            "Set --learned-max-interval to at least the value of --interval.",
        )
    if log.verbose and log.quiet:
        raise UsageError(
            f"{settings.origin('verbose')} and {settings.origin('quiet')} cannot be used together",
            "Give only one of them.",
        )
    if settings.rules.abort_on and settings.connection.api is not RUN_PROGRESS:
        raise UsageError(
            f"{settings.origin('abort_on')}: --abort-on cannot be used with --api, which covers polling only",
            "Remove one of them.",
        )
