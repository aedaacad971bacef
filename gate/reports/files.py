"""Writes a report whole or not at all where the system lets it, and checks beforehand that it can be written."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
import stat
from collections.abc import Iterator
from pathlib import Path

from gate.errors import UsageError

_ORDINARY = 0o666
# A pipe that takes nothing for so long is given up: less than the two seconds that a signal leaves.
_LONGEST_PAUSE_S = 1.0
# What a pipe that is ready takes without making one wait, as POSIX promises of 512 bytes and Linux of 4096.
_CHUNK = 512
# Streams by name: links in a folder of the system's, behind which may be anything.
_STREAM = re.compile(r"/(?:dev|proc/self)/(?:fd/(?P<number>\d+)|stdin|stdout|stderr)")
_NUMBERS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
# The folder takes no new file, or a file in it cannot be exchanged, as one that a container mounts by itself.
_IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV, errno.EROFS, errno.EINVAL, errno.ENOTSUP})
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def write_report(path: str, text: str) -> None:
    """Write UTF-8 text to a file beside the path, and rename it into place. Raises OSError.

    Missing folders are made. A symbolic link is replaced, not followed. Where a rename is refused, the file is written
    in place. A pipe, a device, or a stream such as /dev/stdout is written to directly.
    """
    content = text.encode("utf-8", errors="backslashreplace")
    if is_special(path):
        _pour(path, content)
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    try:
        _replace(path, content)
    except OSError as error:
        if error.errno not in _IN_PLACE or not _is_file(path):
            raise
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC | _NO_LINK), "wb") as file:
            file.write(content)


def _replace(path: str, content: bytes) -> None:
    with _temporary(path) as (handle, temporary):
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if _is_file(path):
            with contextlib.suppress(OSError):  # a share that knows no modes
                Path(temporary).chmod(stat.S_IMODE(os.lstat(path).st_mode))
        Path(temporary).replace(path)


@contextlib.contextmanager
def _temporary(path: str) -> Iterator[tuple[int, str]]:
    """Give a new file in the same folder, open, under a name that nobody can guess; at the end it is gone."""
    folder = os.path.dirname(path)  # noqa: PTH120 - pathlib would drop a slash at the end
    name = os.path.join(folder, f".dai-gate.{os.urandom(8).hex()}.tmp")  # noqa: PTH118 - as above
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, _ORDINARY)
    try:
        yield handle, name
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink()


def is_special(path: str) -> bool:
    """Return whether a path is a pipe, a device or a stream: nothing in it can be replaced."""
    return bool(_STREAM.fullmatch(path)) or _type(path) not in {0, stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR}


def is_regular(stream: object) -> bool:
    """Return whether what is written to a stream ends up in a file, which stays as it is."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)  # type: ignore[attr-defined]  # or it is an AttributeError
    except (OSError, ValueError, AttributeError):
        return False


def _type(path: str) -> int:
    """Return the type of what is at a path, as in its mode; 0 where there is nothing."""
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return 0


def _is_file(path: str) -> bool:
    return _type(path) == stat.S_IFREG


def _open_special(path: str) -> int:
    stream = _STREAM.fullmatch(path)
    if stream:
        return os.dup(int(stream["number"]) if stream["number"] else _NUMBERS[f"/dev/{path.rpartition('/')[2]}"])
    try:
        return os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads it") from error
        raise


def _pour(path: str, content: bytes) -> None:
    """Write to a pipe or a device, without waiting long for a reader that is not there, or does not read."""
    with os.fdopen(_open_special(path), "wb", buffering=0) as device:
        while content:
            if os.name != "nt" and not select.select([], [device], [], _LONGEST_PAUSE_S)[1]:
                raise TimeoutError(errno.ETIMEDOUT, f"nobody has read from it for {_LONGEST_PAUSE_S:g}s")
            content = content[device.write(content[:_CHUNK]) or 0 :]


def check_writable(path: str) -> None:
    """Raise UsageError where a report could not be written there. Nothing is left behind but missing folders."""
    if not path.strip():
        raise UsageError("an empty path", "Name a file.")
    try:
        if is_special(path):
            if _STREAM.fullmatch(path):
                os.close(_open_special(path))  # opening anything else might wait for a reader
            return
        if os.path.isdir(path) or path.endswith(("/", os.sep)):  # noqa: PTH112 - takes any name
            raise UsageError(f"{path} names a folder", "Name a file in it.")
        with contextlib.suppress(FileNotFoundError):
            os.lstat(path)  # refuses a name that no file can have
        if _is_file(path) and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "Permission denied")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        try:
            with _temporary(path) as (handle, _):
                os.close(handle)
        except OSError as error:
            if error.errno not in _IN_PLACE or not _is_file(path):
                raise
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{path} cannot be written: {why}", "Name a path in a folder you may write to.") from error
