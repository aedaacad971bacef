"""The short attack campaign: hostile workspaces, servers and texts in each build system's environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[1] / "attack" / "campaign.py"


def test_no_attack_of_the_campaign_gets_through() -> None:
    """A hundred and fifty attacks: every rule holds in each."""
    done = subprocess.run(
        [sys.executable, CAMPAIGN, "--short", "--seed", "1"], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rules broken: 0" in done.stdout
