"""Names that no setting has: what was probably meant by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from gate.settings.secrets import SECRETS, variable_of
from gate.settings.sections import OPTIONS

# Variables that nobody means for the gate: what it hands on itself, what Kubernetes sets for a service named `dai` or
# `dai-...`, and those of the vendor's own software.
_FOREIGN = (
    r"DAI_(GATE_.*|VERSION|AGENT_.*|(.*_)?SERVICE_(HOST|PORT(_.*)?)"
    r"|(.*_)?PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """Return the name that was probably meant, None where none is near."""
    import difflib  # noqa: PLC0415 - for a mistake only

    return next(iter(difflib.get_close_matches(wrong[:100], list(right), n=1, cutoff=0.7)), None)


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the names of variables that begin with DAI_ and that no setting has, with what was probably meant."""
    known = {each.variable for each in OPTIONS}
    known |= {variable_of(name) for name in (*SECRETS, "run-id", "config")}
    for variable in sorted(environ):
        if variable.startswith("DAI_") and variable not in known and not re.fullmatch(_FOREIGN, variable):
            near = nearest(variable.removeprefix("DAI_"), [name.removeprefix("DAI_") for name in known])
            yield f"{variable} (did you mean DAI_{near}?)" if near else variable
