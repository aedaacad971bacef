"""Runs the command in a world: in this process with captured streams, or as a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attack.worlds import API_FILE, API_TEXT, CREDENTIALS, OLD, RUN, SYSTEMS, World
from gate.cli.app import run
from gate.simulator import Request, Simulator, parse_scenario

VICTIM = "precious"


@dataclass
class Ended:
    """What a command left: its code, its streams, its files, and what other servers were asked."""

    code: int
    out: str
    err: str
    files: dict[str, str] = field(default_factory=dict)
    """What was written in the workspace, by name."""
    output: str = ""
    summary: str = ""
    outside: dict[str, str] = field(default_factory=dict)
    evil: list[Request] = field(default_factory=list)
    tokens: tuple[str, ...] = ()
    """Tokens that the server gave."""
    peak_mb: float = 0.0

    @property
    def is_process(self) -> bool:
        return self.peak_mb > 0


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    """Return a value in which addresses and folders stand for their names."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, Mapping):
        return {key: _filled(each, names) for key, each in value.items()}
    return [_filled(each, names) for each in value] if isinstance(value, list | tuple) else value


def _lay_out(world: World, work: Path, names: Mapping[str, str]) -> None:
    for name, text in world.files:
        place = work / name
        with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
            place.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                place.symlink_to(Path(names["outside"]) / VICTIM)
            elif not place.is_symlink():
                place.write_text(_filled(text, names), encoding="utf-8")


def environment(world: World, work: Path, names: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(work if world.home else names["outside"]),
        "LANG": "C.UTF-8",
        **{name: _filled(text, names) for name, text in SYSTEMS[world.system].items()},
        **CREDENTIALS[world.credentials],
    }


def _pipe() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", newline="", write_through=True)


@contextlib.contextmanager
def _streams(stderr: str, folder: Path) -> Iterator[tuple[io.TextIOWrapper, io.TextIOWrapper]]:
    """Put streams in place of standard output and error; a file has a number, as in `2> gate.log`."""
    out = _pipe()
    error = (
        (folder / "stderr").open("w+", encoding="utf-8", errors="backslashreplace", newline="")
        if stderr == "file"
        else _pipe()
    )
    kept = sys.stdout, sys.stderr, sys.stdin
    sys.stdout, sys.stderr, sys.stdin = out, error, io.StringIO("")
    try:
        yield out, error
    finally:
        sys.stdout, sys.stderr, sys.stdin = kept
        error.close()


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def _inside(world: World, arguments: list[str], variables: dict[str, str], work: Path) -> Ended:
    kept, place = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(work)
    try:
        with _streams(world.stderr, work.parent) as (out, err):
            code = run(arguments)
            return Ended(code, _text(out), _text(err))
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(kept)


MEASURED = """
import json, os, resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
open(sys.argv[1], "w").write(json.dumps([code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""


def _as_process(world: World, arguments: list[str], variables: dict[str, str], work: Path) -> Ended:
    """Run the installed command, and measure its memory."""
    measured = work.parent / "measured"
    command = Path(sys.executable).with_name("dai-gate")
    with _stderr(world.stderr, work.parent) as (stderr, read):
        done = subprocess.run(
            [sys.executable, "-I", "-c", MEASURED, str(measured), str(command), *arguments],
            cwd=work,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            timeout=60,
            check=True,
        )
        errors = done.stderr if read is None else read()
    code, peak_kb = json.loads(measured.read_text())
    out, err = (each.decode("utf-8", "replace") for each in (done.stdout, errors))
    return Ended(code, out, err, peak_mb=peak_kb / 1024)


@contextlib.contextmanager
def _stderr(kind: str, folder: Path) -> Iterator[tuple[int, Callable[[], bytes] | None]]:
    """Give what stands in for standard error, and how to read what was written there."""
    if kind == "pipe":
        yield subprocess.PIPE, None
    elif kind == "file":
        with (folder / "stderr").open("w+b") as file:
            yield file.fileno(), (folder / "stderr").read_bytes
    else:
        parent, child = pty.openpty()
        written: list[bytes] = []
        reader = threading.Thread(target=_read_all, args=(parent, written))
        reader.start()

        def read() -> bytes:
            os.close(child)
            reader.join()
            os.close(parent)
            return b"".join(written)

        yield child, read


def _read_all(terminal: int, written: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # EIO is its end
        while part := os.read(terminal, 65536):
            written.append(part)


def attack(world: World, *, as_process: bool = False) -> Ended:
    """Run the command in the world and return what it left."""
    evil_scenario = {
        "runs": [{"model": "Checkout", "id": each, "duration": 0, "start": "-1s"} for each in (RUN, OLD)],
    }
    with contextlib.ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attack")))
        work, outside, named = base / "work", base / "outside", base / "named"
        work.mkdir()
        outside.mkdir()
        named.mkdir()
        (named / Path(API_FILE).name).write_text(API_TEXT)
        (outside / VICTIM).write_text(VICTIM)
        evil = stack.enter_context(Simulator(parse_scenario(evil_scenario, origin="evil")))
        names = {"evil": evil.url, "outside": str(outside), "named": str(named)}
        scenario = _filled(world.scenario, names)
        server = stack.enter_context(Simulator(parse_scenario(scenario, origin="attack")))
        _lay_out(world, work, names)
        before = {path.name for path in work.iterdir()}
        arguments = [
            world.command,
            "--url",
            server.url,
            *(each.replace("{named}", str(named)) for each in world.arguments),
        ]
        ended = (_as_process if as_process else _inside)(world, arguments, environment(world, work, names), work)
        for path in sorted(work.rglob("*")):
            if path.is_file() and not path.is_symlink() and (path.name not in before or path.name in world.arguments):
                ended.files[str(path.relative_to(work))] = path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(outside.iterdir()):
            ended.outside[path.name] = path.read_text(encoding="utf-8", errors="replace")
        ended.output, ended.summary = ended.outside.pop("output", ""), ended.outside.pop("summary", "")
        ended.evil = evil.requests
        ended.tokens = tuple(server.tokens)
        shutil.rmtree(work)
        return ended
