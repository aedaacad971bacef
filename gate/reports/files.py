"""Writes a report whole or not at all, and finds out beforehand whether it can be written."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from gate.errors import UsageError

_ORDINARY = 0o666


def write_atomically(path: str, text: str) -> None:
    """Write UTF-8 text to a file beside the path, and rename it into place. Raises OSError; the old file stays then.

    Missing folders are made. A link is followed. What is no regular file (a pipe, /dev/stderr) is written to directly.
    """
    target = Path(os.path.realpath(path))
    content = text.encode("utf-8", errors="backslashreplace")
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else _ORDINARY & ~_umask()
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_writable(path: str) -> None:
    """Raise UsageError where a report could not be written there. Nothing is left behind but missing folders."""
    target = Path(os.path.realpath(path))
    if not path.strip():
        raise UsageError("an empty path", "Name a file.")
    if target.is_dir():
        raise UsageError(f"{path} is a folder", "Name a file in it.")
    try:
        if target.exists() and not target.is_file():
            return  # a pipe or a device: opening it might wait for a reader
        target.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=target.parent).close()
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "Name another place.") from error
