"""Reports on disk: whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gate.errors import UsageError
from gate.reports import files
from gate.reports.files import check_writable, is_regular, is_special, write_report

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and pipes are those of POSIX")
as_root = pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is forbidden to root")


def failing(number: int) -> Callable[..., None]:
    def fail(*arguments: object, **keywords: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    """Set a umask that is nobody's default."""
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_new_file_has_an_ordinary_mode(tmp_path: Path) -> None:
    """A report can be read by whom the umask lets read, though its temporary file was private."""
    path = tmp_path / "new" / "folder" / "report.json"
    write_report(str(path), "ü\n")
    assert path.read_bytes() == "ü\n".encode()
    assert mode(path) == 0o640
    assert os.umask(0o027) == 0o027


def test_an_old_file_keeps_its_mode(tmp_path: Path) -> None:
    """Who has made a file readable for others finds it so."""
    path = tmp_path / "report.json"
    path.write_text("old")
    path.chmod(0o604)
    write_report(str(path), "new")
    assert (path.read_text(), mode(path)) == ("new", 0o604)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_replaced(tmp_path: Path, there: bool) -> None:
    """A link at the path gives way to the report; what it leads to, there or not, is neither read nor written."""
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    if there:
        target.write_text("precious")
        target.chmod(0o600)
    link.symlink_to(target)
    check_writable(str(link))
    write_report(str(link), "text")
    assert not link.is_symlink()
    assert link.read_text() == "text"
    assert mode(link) & 0o400
    assert not there or target.read_text() == "precious"
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
        [*(["target.json"] if there else []), "link.json"]
    )


def test_a_link_to_a_pipe_is_replaced(tmp_path: Path) -> None:
    """Nor is a link followed that leads to a pipe or a device."""
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path / "pipe", Path(os.devnull)):
        link = tmp_path / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        write_report(str(link), "text")
        assert link.read_text() == "text"


def test_a_link_for_the_temporary_file_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that somebody has guessed, and put a link at, is refused and not written through."""
    target, name = tmp_path / "target", tmp_path / f".dai-gate.{b'guessed!'.hex()}.tmp"
    target.write_text("precious")
    name.symlink_to(target)
    monkeypatch.setattr(os, "urandom", lambda _: b"guessed!")
    with pytest.raises(FileExistsError):
        write_report(str(tmp_path / "report"), "text")
    assert target.read_text() == "precious"
    assert name.is_symlink()


REFUSALS = [errno.EBUSY, errno.EACCES, errno.EPERM, errno.EXDEV]


@pytest.mark.parametrize("number", REFUSALS)
def test_where_a_rename_is_refused_the_file_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A file that is mounted by itself is written to, whole, and stays the file it is."""
    path = tmp_path / "report.json"
    path.write_text("an older and longer report")
    inode = path.stat().st_ino
    monkeypatch.setattr(Path, "replace", failing(number))
    write_report(str(path), "new")
    assert (path.read_text(), path.stat().st_ino) == ("new", inode)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_takes_no_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that takes no new file, one that is there is written in place; one that is not is refused."""
    path, real = tmp_path / "report.json", os.open

    def refuse(name: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(name, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UsageError, match="Permission denied"):
        check_writable(str(path))
    with pytest.raises(PermissionError):
        write_report(str(path), "new")
    monkeypatch.undo()
    path.write_text("old")
    monkeypatch.setattr(os, "open", refuse)
    check_writable(str(path))
    write_report(str(path), "new")
    assert path.read_text() == "new"


def test_in_place_no_link_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a link cannot be replaced, nothing is written."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("precious")
    link.symlink_to(target)
    monkeypatch.setattr(Path, "replace", failing(errno.EPERM))
    with pytest.raises(PermissionError):
        write_report(str(link), "text")
    assert target.read_text() == "precious"


def test_a_share_without_modes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the mode cannot be kept, the report is written all the same."""
    path = tmp_path / "report.json"
    path.write_text("old")
    monkeypatch.setattr(Path, "chmod", failing(errno.EPERM))
    write_report(str(path), "new")
    assert path.read_text() == "new"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="streams have names of Linux here")
@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
def test_a_stream_by_its_name(tmp_path: Path, folder: str) -> None:
    """A stream is written to where it stands, also where it leads into a file, and stays open."""
    path = tmp_path / "log"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.write(handle, b"before ")
    check_writable(f"{folder}/{handle}")
    write_report(f"{folder}/{handle}", "report")
    os.write(handle, b" after")
    assert path.read_text() == "before report after"
    os.close(handle)
    with pytest.raises(UsageError, match="Bad file descriptor"):
        check_writable(f"{folder}/{handle}")


def test_streams_have_names() -> None:
    """The three streams are special, wherever they lead; a file beside them is not."""
    assert all(is_special(f"/dev/{name}") for name in ("stdout", "stderr", "stdin"))
    assert is_special("/dev/fd/3")
    assert not is_special("/dev/fd/x")


def test_what_a_stream_ends_up_in(tmp_path: Path) -> None:
    """A stream into a file is known for one; a pipe, and what is no stream, are not."""
    with (tmp_path / "log").open("w") as stream:
        assert is_regular(stream)
    assert not is_regular(stream)  # closed
    assert not is_regular(None)
    with Path(os.devnull).open() as stream:
        assert not is_regular(stream)


def test_text_that_is_no_unicode_is_written(tmp_path: Path) -> None:
    """Half a character becomes an escape, and not an exception."""
    write_report(str(tmp_path / "report"), "a\ud800b")
    assert (tmp_path / "report").read_text() == "a\\ud800b"


@pytest.mark.parametrize("name", ["x" * 255, "\U0001f642" * 63])
def test_a_long_name_is_no_obstacle(tmp_path: Path, name: str) -> None:
    """A name that is as long as names may be leaves the temporary file one that is not too long."""
    path = tmp_path / name
    write_report(str(path), "text")
    assert path.read_text() == "text"


def test_after_a_failure_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a disk is full, the old content stays, and nothing lies beside it."""
    path = tmp_path / "report.json"
    path.write_text("old")
    monkeypatch.setattr(Path, "replace", failing(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        write_report(str(path), "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_temporary_file_that_is_gone_hides_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is the failure itself, not that there was nothing to clear away."""

    def fail(self: Path, *arguments: object) -> None:
        self.unlink()
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_report(str(tmp_path / "report"), "new")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even what is no error clears the temporary file away on its way out."""

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_report(str(tmp_path / "report"), "new")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_written_to_directly(tmp_path: Path) -> None:
    """Who reads a pipe gets all of the report, though it is more than the pipe holds at once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert is_special(str(pipe))
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    # A pipe that is open for both keeps the reader from being too early or too late.
    both = os.open(pipe, os.O_RDWR)
    reader.start()
    write_report(str(pipe), "x" * 300_000)
    os.close(both)
    reader.join(timeout=10)
    assert len(got[0]) == 300_000
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_pipe_that_nobody_reads_does_not_hold_the_gate_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe without a reader is an error at once; one whose reader has stopped reading, after a short pause."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="nobody reads it"):
        write_report(str(pipe), "text")
    monkeypatch.setattr(files, "_LONGEST_PAUSE_S", 0.01)
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(TimeoutError, match="nobody has read from it"):
        write_report(str(pipe), "x" * 300_000)
    os.close(handle)


def test_a_device_is_written_to_directly() -> None:
    """A device stays one, and its own errors are reported."""
    write_report("/dev/null", "text")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(OSError, match="No space left"):
        write_report("/dev/full", "text")


def test_a_device_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why a device cannot be opened is reported in the system's words."""

    def fail(*arguments: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(PermissionError, match="Permission denied"):
        write_report("/dev/null", "text")


def test_what_can_be_written(tmp_path: Path) -> None:
    """A check leaves nothing behind but folders, and does not touch what is there."""
    old = tmp_path / "old.json"
    old.write_text("old")
    check_writable(str(old))
    check_writable(str(tmp_path / "new" / "report.json"))
    os.mkfifo(tmp_path / "pipe")
    check_writable(str(tmp_path / "pipe"))
    check_writable("/dev/null")
    assert old.read_text() == "old"
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["new", "old.json", "pipe"]


@pytest.mark.parametrize(
    ("path", "cause", "fix"),
    [
        ("", "an empty path", "Name a file."),
        ("  ", "an empty path", "Name a file."),
        (".", ". names a folder", "Name a file in it."),
        ("none/", "none/ names a folder", "Name a file in it."),
        (
            "file/report.json",
            "file/report.json cannot be written: (Not a directory|File exists)",
            "Name a path in a folder you may write to.",
        ),
        (
            "x" * 300 + "/report.json",
            "cannot be written: File name too long",
            "Name a path in a folder you may write to.",
        ),
        (
            "/proc/report.json",
            "/proc/report.json cannot be written: ",
            "Name a path in a folder you may write to.",
        ),
    ],
)
def test_what_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, cause: str, fix: str
) -> None:
    """A refusal says what is wrong with the path, and what to name instead."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    with pytest.raises(UsageError, match=cause) as caught:
        check_writable(path)
    assert caught.value.fix == fix


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is protected is not replaced behind its owner's back."""
    path = tmp_path / "report.json"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match=r"report.json cannot be written: Permission denied"):
        check_writable(str(path))


@as_root
def test_a_folder_without_permission(tmp_path: Path) -> None:
    """A folder in which nothing can be made is refused."""
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        check_writable(str(tmp_path / "report.json"))


@pytest.mark.parametrize("path", ["report\0.json", "x" * 300])
def test_a_name_that_no_file_can_have(tmp_path: Path, path: str) -> None:
    """A name that the system refuses is found out beforehand, and not with a traceback."""
    with pytest.raises(UsageError, match="cannot be written"):
        check_writable(str(tmp_path / path))
