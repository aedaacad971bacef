"""The date and the machine that something was measured on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime


def machine() -> str:
    """Return the date and the machine's shape, in one line."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    shape = f"{os.cpu_count()} cores, {pages / 2**30:.0f} GiB, {platform.system()} {platform.machine()}"
    return f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {shape}."
