"""How a setting is declared: one frozen record a section, one field a setting."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from gate.core.record import record
from gate.settings.kinds import SWITCH, Kind


@record(kw_only=True)
class Option:
    """A setting as it is given: `--foo-bar`, `DAI_FOO_BAR`, and the key `foo-bar` of a settings file.

    `default` is the text of the default, None where there is none. `decides` marks what decides where credentials go,
    whom to trust or what passes: it is logged when it comes from a settings file.
    """

    name: str
    section: str
    kind: Kind
    help: str
    default: str | None = None
    multiple: bool = False
    negative: bool = False
    short: str | None = None
    decides: bool = False

    @property
    def key(self) -> str:
        return self.name.replace("_", "-")

    @property
    def flag(self) -> str:
        return f"--{self.key}"

    @property
    def variable(self) -> str:
        return f"DAI_{self.name.upper()}"

    @property
    def is_switch(self) -> bool:
        return self.kind is SWITCH


def option(kind: Kind, text: str, *, default: str | None = None, multiple: bool = False, **more: Any) -> Any:
    """Declare a field of a section. Its default is what `kind` reads in the text `default`."""
    value = () if multiple else None if default is None else kind.read(default)
    declared = {"kind": kind, "help": text, "default": default, "multiple": multiple, **more}
    return field(default=value, metadata={"option": declared})


def switch(text: str, *, unset: bool | None = False, **more: Any) -> Any:
    """Declare a field that is true or false; `unset` is its value where it is not given."""
    return field(default=unset, metadata={"option": {"kind": SWITCH, "help": text, **more}})
