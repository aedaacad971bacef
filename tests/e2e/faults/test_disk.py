"""Disks that are full, and files that are mounted: real ones, which takes the right to mount."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import Command
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of its own that a test can fill: a small tmpfs, which takes the right to mount."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(("outcome", "code"), [("Passed", 0), ("Failed", 1)])
def test_a_full_disk(command: Command, serve: Serve, small_disk: Path, outcome: str, code: int) -> None:
    """On a disk that is full at the end the provisional report stays, whole and red; the exit code is the run's."""

    def fill() -> None:
        with (small_disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(b"x" * 512):
                pass

    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "4s", "outcome": outcome}])
    reports = ("--junit", str(small_disk / "junit.xml"), "--json", "report.json")
    gate = command.start("wait", "--url", server.url, "--interval", "100ms", *reports, RUN)
    gate.until("Running")
    fill()
    ended = gate.ended()
    assert ended.code == code
    assert "the junit report could not be written to " in ended.err
    assert "No space left on device" in ended.err
    assert 'name="verdict" value="interrupted"' in (small_disk / "junit.xml").read_text()
    assert ended.json["exit_code"] == code
    assert sorted(each.name for each in small_disk.iterdir()) == ["filler", "junit.xml"]


@pytest.fixture
def mounted_file(tmp_path: Path) -> Iterator[Path]:
    """Give a file that is mounted from elsewhere into a folder that is mounted read-only, as containers have them."""
    folder, elsewhere = tmp_path / "reports", tmp_path / "elsewhere.xml"
    folder.mkdir()
    file = folder / "junit.xml"
    file.touch()
    elsewhere.write_text("yesterday's report")
    mounts = (("--bind", folder, folder), ("-o", "remount,ro,bind", folder), ("--bind", elsewhere, file))
    for words in mounts:
        subprocess.run(["mount", *map(str, words)], check=True)
    yield file
    for place in (file, folder):
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(("outcome", "code"), [("Passed", 0), ("Failed", 1)])
def test_a_report_that_is_a_mounted_file(
    command: Command, serve: Serve, mounted_file: Path, outcome: str, code: int
) -> None:
    """Where nothing can be renamed the file is written in place: the report is there, and yesterday's is gone."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "start": "-1m", "duration": "1s", "outcome": outcome}])
    ended = command("wait", "--url", server.url, "--junit", str(mounted_file), RUN)
    assert ended.code == code
    assert f"junit report: {mounted_file}" in ended.err
    assert f'name="verdict" value="{outcome.lower()}"' in mounted_file.read_text()
    assert [each.name for each in mounted_file.parent.iterdir()] == ["junit.xml"]
