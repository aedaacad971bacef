"""Builds what is released, below `dist/`: the same commit and the same Pythons give the same bytes in any folder.

    python release/build.py [--pythons "python3.11 python3.12 ..."] [--to FOLDER]

Only files that git knows are used, every package comes by its hash from the lists of the project, and every date is
that of the commit (or SOURCE_DATE_EPOCH). PROJECT_URL, if it is set, is the repository that the metadata names.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import onefile
import sbom

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
# Whatever machine builds, the packages are those for this one: what differs between systems is left out anyway.
_PLATFORM = (
    *("--only-binary=:all:", "--implementation=cp", "--python-version=3.11"),
    *("--platform=manylinux2014_x86_64", "--platform=manylinux_2_17_x86_64", "--platform=manylinux_2_28_x86_64"),
)
_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
# The hooks of PEP 517, called by themselves: what they need lies in a folder of its own.
_BUILD = """
import os, sys
sys.path.insert(0, sys.argv[1])
from hatchling.build import build_sdist, build_wheel
build_wheel(sys.argv[2]), build_sdist(sys.argv[2])
"""


def epoch() -> str:
    """Return the moment of the build in seconds since 1970: SOURCE_DATE_EPOCH, else the commit's, else 1980."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    asked = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "315532800"


def sources(to: Path) -> None:
    """Copy what git knows of the project as it is in the working tree; without git, everything that is no product."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode or not listed.stdout:
        products = (".git", ".venv", ".*cache", ".hypothesis", ".coverage*", "dist", "build", "__pycache__")
        shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(*products))
        return
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)


def build(to: Path, pythons: list[str]) -> None:
    """Make everything in an empty folder. Raises CalledProcessError where a step fails, whose words are shown."""
    moment = epoch()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": moment}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        sources(work / "source")
        build_list, run_list = (work / "source" / f"requirements{part}.lock" for part in ("-build", ""))
        backend, wheels = work / "backend", work / "wheels"
        by_hash = ("--require-hashes", "--no-deps")
        subprocess.run([*_PIP, "install", *by_hash, f"--target={backend}", f"--requirement={build_list}"], check=True)
        subprocess.run(
            [sys.executable, "-c", _BUILD, str(backend), str(to)],
            cwd=work / "source",
            env=environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        # Packages for other systems as well: the file runs on each of them.
        everywhere = work / "everywhere.lock"
        everywhere.write_text(re.sub(r" ;[^\\\n]*", " ", run_list.read_text("utf-8")), encoding="utf-8")
        download = [*_PIP, "download", *by_hash, *_PLATFORM, f"--dest={wheels}", f"--requirement={everywhere}"]
        subprocess.run(download, check=True)
        (own,) = to.glob("*.whl")
        packages = onefile.bundled(wheels.glob("*.whl"))
        versions = onefile.write(to / "dai-gate.pyz", [*packages, own], pythons, time.gmtime(int(moment)))
        document = sbom.document(own, packages, versions, int(moment))
        (to / "dai-gate.cdx.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    sums = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(to.iterdir()))
    (to / "SHA256SUMS").write_bytes(sums.encode())
    print(f"{to}, compiled for {', '.join(versions) or 'no Python'}:\n{sums}", end="")


def found(names: list[str]) -> Iterator[str]:
    """Yield those interpreters that run."""
    for name in names:
        path = shutil.which(name)
        if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            yield path
        else:
            print(f"{name} does not run here: with that Python the file starts slower, as it is compiled each time")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build what is released.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="a folder, which is emptied first")
    parser.add_argument("--pythons", default=" ".join(PYTHONS), help="interpreters to compile for")
    given = parser.parse_args()
    shutil.rmtree(given.to, ignore_errors=True)
    given.to.mkdir(parents=True)
    build(given.to.resolve(), list(found(given.pythons.split())))
