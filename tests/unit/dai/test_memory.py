"""The memory that the largest answers take, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from commands import clean_environment
from gate.dai.peer import Peer
from gate.dai.response import MOST_VALUES, Response, UnreadError
from gate.dai.transport import LARGEST_ANSWER
from wire import ok, wire

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")

# The whole gate may use 150 MB, and has some more to import than this.
MOST_MB = 145

ASK = """
import sys, threading
from gate.clock import SystemClock
from gate.core.targets import ByModel
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.transport import Transport

clock = SystemClock()
client = Client(sys.argv[1], Transport(clock=clock, request_timeout=600, version="0"), Credentials(None, clock))
kinds = []
threads = [threading.Thread(target=lambda: kinds.append(type(client.progress(ByModel("M", 1))))) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
# Not ru_maxrss: it counts what the parent had when it forked.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(*(kind.__name__ for kind in kinds), int(peak.split()[1]) // 1024)
"""


def padded(body: bytes) -> bytes:
    """Fill a list up to the largest answer with a text whose characters take four bytes each in memory."""
    left = LARGEST_ANSWER - len(body) - 4
    return body[:-1] + b',"' + "\N{SNOWMAN}\N{GRINNING FACE}".encode() * (left // 7) + b'"]'


def many(unit: bytes) -> bytes:
    values = sum(map(unit.count, (b",", b"[", b"{")))
    return padded(b"[" + (unit * (MOST_VALUES // values - 2)).rstrip(b",") + b"]")


WORST = {
    "keys": b"[{" + b",".join(b'"%06d":"%06d"' % (n, n) for n in range(MOST_VALUES - 10)) + b"}]",
    "objects": many(b'{"":0},'),
    "numbers": many(b"1.5,"),
    "a word": b'{"id":"r","status":"' + b"x" * (LARGEST_ANSWER - 40) + b'"}',
}


@pytest.mark.parametrize("name", WORST)
def test_the_largest_answers_at_once(name: str, tmp_path: Path) -> None:
    """Four of the largest answers at once take no more than one: they are read one after the other."""
    assert len(WORST[name]) <= LARGEST_ANSWER
    with wire(ok(WORST[name])) as server:
        done = subprocess.run(
            [sys.executable, "-c", ASK, server.url],
            cwd=tmp_path,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
    *kinds, peak = done.stdout.split()
    assert kinds == ["Answer"] * 4
    assert int(peak) < MOST_MB


def test_an_answer_of_too_many_values() -> None:
    """An answer that would take far more memory than it has bytes is refused before it is decoded."""
    peer = Peer("http://dai.example:8000")
    with pytest.raises(UnreadError):
        Response(200, {}, b"[" + b"0," * MOST_VALUES + b"0]", peer).content()
    assert len(Response(200, {}, b"[" + b"0," * (MOST_VALUES - 1) + b"0]", peer).content()) == MOST_VALUES
