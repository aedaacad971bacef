"""A command on a real pseudo-terminal, seen through a terminal emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

from commands import GATE
from gate.clock import SystemClock


class Terminal:
    """Runs `dai-gate` with its standard error and output on a terminal of that size, by the command `around` it."""

    def __init__(
        self,
        arguments: list[str],
        folder: Path,
        environment: Mapping[str, str],
        columns: int,
        rows: int,
        around: Sequence[str] = (),
    ) -> None:
        self.screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._stream = pyte.ByteStream(self.screen)
        self._clock = SystemClock()
        self.raw = b""
        self._handle, inner = pty.openpty()
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            [*around, *GATE, *arguments],
            cwd=folder,
            env={"TERM": "xterm-256color", **environment},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal, as dragging its window does."""
        fcntl.ioctl(self._handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    @property
    def text(self) -> str:
        """Return what stands on the screen now."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def read_until(self, seen: Callable[[str], bool], seconds: float = 20) -> str:
        """Read until the screen shows what is wanted, and return it; the end of the process ends it too."""
        end = self._clock.monotonic() + seconds
        while not seen(self.text) and self._read(end - self._clock.monotonic()):
            pass
        return self.text

    def _read(self, seconds: float) -> bool:
        if seconds <= 0 or not select.select([self._handle], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self._handle, 65536)
        except OSError:  # the other side is closed
            return False
        self.raw += chunk
        self._stream.feed(chunk)
        return bool(chunk)

    def close(self) -> int:
        """Read to the end and return the exit code."""
        self.read_until(lambda _: False, 30)
        code = self.process.wait(timeout=10)
        os.close(self._handle)
        return code
