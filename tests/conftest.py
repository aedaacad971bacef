"""What all tests share: simulated servers, signals as in the foreground of a shell, the same examples each time.

Property tests try the same examples each time, so that what passed once passes again; HYPOTHESIS_PROFILE=explore has
them look for new ones.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]  # pytest-xdist has no types
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # pytest-xdist has no types

from serving import Serve, serving

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# A runner may have started the tests under nohup or in the background of a script, where commands ignore these; what
# the tests start inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("SIGHUP", "SIGQUIT"):
    if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
        signal.signal(getattr(signal, name), signal.SIG_DFL)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a function that starts a simulated server from the keys of a scenario."""
    with serving() as start:
        yield start


class Together(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Gives tests to workers one by one, but those that share what is started for them to the same worker.

    Not by xdist_group: pytest-xdist 3.8 writes that into an attribute that pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.partition("::")[0])
        if "e2e" in path.parts:
            return str(path.parent)
        return str(path) if path.name == "test_faults.py" else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Return what decides which worker runs which test."""
    return Together(config, log)
