"""The short soak campaign: waits side by side, a fifth of their requests at fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[1] / "soak" / "campaign.py"


def test_no_wait_of_the_campaign_is_wrong() -> None:
    """A hundred waits: no wrong verdict, none past its bound, no report missing or stale."""
    done = subprocess.run(
        [sys.executable, CAMPAIGN, "--short", "--seed", "1"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100 waits" in done.stdout
    assert "--seed " in done.stdout
