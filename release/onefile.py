"""Makes `dai-gate.pyz`: the command with all that it needs in one file, for any system and Python 3.11 or later.

Beside the sources (`lib/`) the file holds modules compiled for each Python that was at hand (`cpython-311/`, ...). They
are imported from where they are. Nothing is unpacked, so there is no folder that somebody else could write to, and the
start is as quick as from an installation. The tools for such files (shiv, pex) unpack into a cache instead.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

HERE = Path(__file__).parent

# What the command never imports: `rich` needs them to highlight code and to render Markdown.
LEFT_OUT = {"markdown-it-py", "mdurl", "pygments"}

# Compiled parts have a twin in Python; the rest is for type checkers, installers, and Python in a browser.
_DROPPED = (".so", ".pyd", ".typed", ".pyi", "/RECORD", "/WHEEL", "/INSTALLER", "/REQUESTED", "/top_level.txt")
_NOT_NEEDED = ("urllib3/contrib/emscripten/", "charset_normalizer/cli/")


# Code runs where it was compiled with the same interpreter's number; what it holds does not depend on the run, since
# hashes are not randomized and each module is compiled on its own.
_COMPILE = """
import base64, importlib.util, json, sys
from importlib._bootstrap_external import _code_to_hash_pyc
def compiled(name, text):
    source = base64.b64decode(text)
    code = compile(source, "dai-gate.pyz/" + name, "exec", dont_inherit=True, optimize=0)
    return base64.b64encode(_code_to_hash_pyc(code, importlib.util.source_hash(source), False)).decode()
modules = {name: compiled(name, text) for name, text in json.load(sys.stdin).items()}
version = ".".join(map(str, sys.version_info[:3]))
json.dump({"tag": sys.implementation.cache_tag, "version": version, "modules": modules}, sys.stdout)
"""


def normal(name: str) -> str:
    """Return a distribution's name as packages are compared by."""
    return name.lower().replace("_", "-").replace(".", "-")


def bundled(wheels: Iterable[Path]) -> list[Path]:
    """Return those wheels that go into the file."""
    return [wheel for wheel in sorted(wheels) if normal(wheel.name.split("-")[0]) not in LEFT_OUT]


def contents(wheels: Iterable[Path]) -> dict[str, bytes]:
    """Return the files of these wheels that are needed, licences and metadata included."""
    files = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if not name.endswith(("/", *_DROPPED)) and not name.startswith(_NOT_NEEDED):
                    files[name] = archive.read(name)
    return files


def compiled(files: Mapping[str, bytes], python: str) -> tuple[str, str, dict[str, bytes]]:
    """Return a Python's tag (as in `cpython-311`), its version, and the modules as it compiles them, with their data.

    Raises CalledProcessError where that Python does not run.
    """
    chosen = {name: data for name, data in files.items() if "/" in name and ".dist-info/" not in name}
    chosen = {name: data for name, data in chosen.items() if not name.startswith("certifi/")}  # see main.py
    sources = {name: base64.b64encode(data).decode() for name, data in chosen.items() if name.endswith(".py")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    made = subprocess.run(
        [python, "-s", "-S", "-c", _COMPILE],
        env={**kept, "PYTHONHASHSEED": "0"},
        input=json.dumps(sources).encode(),
        capture_output=True,
        check=True,
    )
    answer = json.loads(made.stdout)
    modules = {f"{name}c": base64.b64decode(code) for name, code in answer["modules"].items()}
    data = {name: content for name, content in chosen.items() if not name.endswith(".py")}
    return answer["tag"], answer["version"], modules | data


def write(path: Path, wheels: Iterable[Path], pythons: Iterable[str], moment: tuple[int, ...]) -> list[str]:
    """Write the file, every entry of it dated to `moment`, and return the versions that it is compiled for."""
    files = contents(wheels)
    entries = {f"lib/{name}": data for name, data in files.items()}
    versions = {}
    for python in pythons:
        tag, version, modules = compiled(files, python)
        if tag not in versions:
            versions[tag] = version
            entries |= {f"{tag}/{name}": data for name, data in modules.items()}
    entries["__main__.py"] = (HERE / "main.py").read_bytes()
    with path.open("wb") as out:
        out.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(out, "w") as archive:
            for name in sorted(entries):
                entry = zipfile.ZipInfo(name, moment[:6])  # type: ignore[arg-type]  # six numbers are a date to it
                entry.external_attr = 0o100644 << 16
                entry.create_system = 3  # as on Unix, wherever it is made
                archive.writestr(entry, entries[name], zipfile.ZIP_DEFLATED, 9)
    path.chmod(0o755)
    return list(versions.values())
