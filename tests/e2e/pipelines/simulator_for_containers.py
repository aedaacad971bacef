"""The simulator in a container: its loopback would be nobody else's, so there it listens on the containers' network."""

from __future__ import annotations

import signal
import sys
from unittest.mock import patch

from gate.simulator import Simulator, load_scenario, server

signal.signal(signal.SIGTERM, lambda *_: sys.exit())
with (
    patch.object(server, "_check_loopback", lambda _: None),
    Simulator(load_scenario(sys.argv[1]), host="0.0.0.0", port=8000) as simulator,
):
    simulator.serve_forever()
