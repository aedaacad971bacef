"""Writes a report whole or not at all, and finds out beforehand whether it can be written."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import tempfile
from pathlib import Path

from gate.errors import UsageError

_ORDINARY = 0o666
# A pipe that takes nothing for so long is given up: less than the two seconds that a signal leaves.
_LONGEST_PAUSE_S = 1.0


def write_atomically(path: str, text: str) -> None:
    """Write UTF-8 text to a file beside the path, and rename it into place. Raises OSError; the old file stays then.

    Missing folders are made. A link is followed. What is no regular file (a pipe, /dev/stderr) is written to directly.
    """
    content = text.encode("utf-8", errors="backslashreplace")
    if is_special(path):
        _pour(path, content)
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else _ORDINARY & ~_umask()
    handle, temporary = tempfile.mkstemp(prefix=".dai-gate.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def is_special(path: str) -> bool:
    """Tell whether a path is there and no regular file, but a pipe or a device: nothing in it can be replaced."""
    return Path(path).exists() and not Path(path).is_file()


def _pour(path: str, content: bytes) -> None:
    """Write to a pipe or a device, without waiting long for a reader that is not there, or does not read."""
    try:
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads it") from error
        raise
    with os.fdopen(handle, "wb", buffering=0) as device:
        while content:
            if os.name != "nt" and not select.select([], [device], [], _LONGEST_PAUSE_S)[1]:
                raise TimeoutError(errno.ETIMEDOUT, f"nobody has read on for {_LONGEST_PAUSE_S:g}s")
            content = content[device.write(content) or 0 :]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_writable(path: str) -> None:
    """Raise UsageError where a report could not be written there. Nothing is left behind but missing folders."""
    if not path.strip():
        raise UsageError("an empty path", "Name a file.")
    try:
        target = Path(os.path.realpath(path))
        with contextlib.suppress(FileNotFoundError):
            target.stat()  # refuses a name that no file can have
        if target.is_dir() or path.endswith(("/", os.sep)):
            raise UsageError(f"{path} names a folder", "Name a file in it.")
        if is_special(path):
            return  # a pipe or a device: opening it might wait for a reader
        target.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=target.parent).close()
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "Permission denied")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be written: {why}", "Name another place.") from error
