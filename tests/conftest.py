"""What all tests share: simulated servers, signals as in the foreground of a shell, the same examples each time.

Property tests try the same examples each time, so that what passed once passes again; HYPOTHESIS_PROFILE=explore has
them look for new ones.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

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
