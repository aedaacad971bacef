"""The bill of materials of the one file, in CycloneDX 1.6."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

from onefile import normal


def metadata(wheel: Path) -> Message:
    """Return the headers of a wheel's METADATA."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        return Parser().parsestr(archive.read(name).decode("utf-8"), headersonly=True)


def component(wheel: Path, kind: str) -> dict[str, Any]:
    """Return what is said of one package: name, version, licence, and the hash of the wheel that it came from."""
    said = metadata(wheel)
    name = normal(said["Name"])
    purl = f"pkg:pypi/{name}@{said['Version']}"
    found = {"type": kind, "bom-ref": purl, "name": name, "version": said["Version"], "purl": purl}
    if said["License-Expression"]:
        found["licenses"] = [{"expression": said["License-Expression"]}]
    elif said["License"]:
        found["licenses"] = [{"license": {"name": said["License"].strip().splitlines()[0]}}]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return {**found, "hashes": [{"alg": "SHA-256", "content": digest}]}


def document(own: Path, packages: Sequence[Path], pythons: Iterable[str], moment: int) -> dict[str, Any]:
    """Return the document; its serial number goes by what is inside, so that the same build has the same."""
    main = component(own, "application")
    parts = [component(wheel, "library") for wheel in packages]
    references = {part["name"]: part["bom-ref"] for part in parts}
    dependencies = []
    for wheel, part in [(own, main), *zip(packages, parts, strict=True)]:
        wanted = (
            normal(re.split(r"[^\w.-]", each)[0])
            for each in metadata(wheel).get_all("Requires-Dist", [])
            if "extra ==" not in each
        )
        needed = sorted(references[name] for name in wanted if name in references)
        dependencies.append({"ref": part["bom-ref"], "dependsOn": needed})
    serial = uuid.uuid5(uuid.NAMESPACE_URL, " ".join(part["hashes"][0]["content"] for part in [main, *parts]))
    properties = [{"name": "dai-gate:compiled-for", "value": f"CPython {version}"} for version in pythons]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial.urn,
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
            "component": main,
            "properties": properties,
        },
        "components": parts,
        "dependencies": dependencies,
    }
