"""Compares files with the checksums beside them: `python release/sums.py dist`. It ends with 1 where one differs."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.name != "SHA256SUMS"
    }
    if not listed or found != listed:
        sys.exit(f"refused: {sorted(set(found.items()) ^ set(listed.items()))} differ")
