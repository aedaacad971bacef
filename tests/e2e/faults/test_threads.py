"""A system that refuses threads for a moment: a limit of processes that holds, from which root is exempt."""

from __future__ import annotations

import subprocess

from commands import GATE, Command, Running, clean_environment
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
# A user with no other process, but with root's access to files: the interpreter may lie where others have none.
AS_USER = (
    *("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--bounding-set=-all,+dac_override"),
)
# Enough for the gate. The limit counts all threads of the user, so that others can use them up.
FEW = 6


def test_a_system_that_refuses_threads_for_a_moment(command: Command, serve: Serve) -> None:
    """While no thread is to be had polls fail, and are retried; the run that ends afterwards is still passed."""
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "4s"}])
    pace = ("--interval", "100ms", "--max-interval", "100ms", "--junit", "junit.xml")
    process = subprocess.Popen(
        ["prlimit", f"--nproc={FEW}", *AS_USER, *GATE, "wait", "--url", server.url, *pace, RUN],
        cwd=command.folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    gate = Running(process, command.folder)
    others: list[subprocess.Popen[bytes]] = []
    try:
        gate.until("Running")
        others += [subprocess.Popen([*AS_USER, "sleep", "120"]) for _ in range(FEW)]
        gate.until("This machine refused a thread for the request")
        while others:
            other = others.pop()
            other.kill()
            other.wait()
        ended = gate.ended()
    finally:
        gate.kill()
        for other in others:
            other.kill()
            other.wait()
    assert ended.code == 0, ended.err
    assert 'name="verdict" value="passed"' in (command.folder / "junit.xml").read_text()
