"""Reads how a server is asked and read: the built-in description by its name, or a YAML file."""

from __future__ import annotations

from gate.core.api import RUN_PROGRESS, Api
from gate.settings.kinds import Kind


def read_api(text: str) -> Api:
    """Return the built-in description for its name, else that of a file.

    Raises ValueError for a file that cannot be read, and UsageError with the key for one that cannot be used.
    """
    if text == RUN_PROGRESS.name:
        return RUN_PROGRESS
    if not text:
        raise ValueError(f"the value is empty; expected {RUN_PROGRESS.name} or a YAML file")
    from gate import yamlfile  # noqa: PLC0415 - the built-in description needs no YAML
    from gate.apifile import API  # noqa: PLC0415 - as above
    from gate.declare import Place  # noqa: PLC0415 - as above

    return API.read(yamlfile.read_texts(text), Place(text))


API = Kind(metavar="NAME|FILE", read=read_api, is_path=True)
