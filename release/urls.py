"""Puts the project's addresses into its metadata: those of the repository that builds it, named by PROJECT_URL.

Where nobody says so, as in a checkout, there are none: the sources hold no address that a fork would have to change.
"""

from __future__ import annotations

import os
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PAGES = {
    "Homepage": "",
    "Documentation": "/tree/v{version}/docs",
    "Changelog": "/blob/v{version}/CHANGELOG.md",
    "Issues": "/issues",
    "Security": "/security/policy",
}


class Urls(MetadataHookInterface):
    """What hatchling asks when it builds."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the addresses."""
        home = os.environ.get("PROJECT_URL", "").rstrip("/")
        metadata["urls"] = {
            name: home + page.format(version=metadata["version"]) for name, page in PAGES.items() if home
        }
