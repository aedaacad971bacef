"""Hostile texts, and how they show where they got through: a command, an escape sequence, a secret."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

MARK = "PWNED"

# What broke out of a log, a report or a command somewhere, or would if it could.
HOSTILE = (
    f"\r\n::error::{MARK}",
    f"\n::set-output name=verdict::{MARK}",
    f"::stop-commands::{MARK}",
    f":\x1b[0m:stop-commands::{MARK}",
    f"\n##vso[task.complete result=Succeeded;]{MARK}",
    f"##vso[task.setvariable variable=PATH]{MARK}",
    f"#\x1b[1m#vso[task.complete]{MARK}",
    f"##[add-mask]{MARK}",
    f"\n##teamcity[buildStatus status='SUCCESS' text='{MARK}']",
    f"|n##teamcity[{MARK}]",
    f"section_start:0:{MARK}\r\x1b[0K",
    f"\x1b]0;{MARK}\x07",
    f"\x1b[2J\x1b[1;1H{MARK}",
    f"a\x1b\x1b[0m[31m{MARK}",
    f"\x9b31m{MARK}\x90q\x9c",
    f"\x1b]unended {MARK}",
    f"\u202e{MARK}\u2066\u200b",
    f"\u2028::error::{MARK}\u2029\x85##vso[task.complete]{MARK}",
    f"\x0b\x0c::error::{MARK}\x00",
    f"%0A::error::{MARK}%0D",
    f"$(touch {MARK})`touch {MARK}`",
    f"; touch {MARK} #",
    f"'\"><svg/onload={MARK}>",
    f"]]>--><!-- {MARK} ?>",
    f"x\nDAI_GATE_VERDICT=passed\n{MARK}=1",
    f"x\nverdict=passed\n{MARK}<<EOF\nEOF\n",
    f"```\n[x](javascript:{MARK}) ![y](http://evil.example/{MARK})",
    f"| {MARK} | @someone #1 |\n|---|---|",
    f"\ufeff--model={MARK}",
    f"{'A' * 5000}\n::error::{MARK}",
)

# Secrets with everything in them that some spelling changes.
TOKEN = "t0k/3n+s3cr3t=Ab&9<x~Q"
CLIENT_SECRET = 'cl13nt/s3cr3t+Zz"q&<0;Y'
PASSWORD = "p4ss/w0rd+K'k&>1=%2B"

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|\x9b[0-?]*[ -/]*[@-~]")
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_JSON = re.compile(r"\\u([0-9a-fA-F]{4})")


def _plainer(text: str) -> Iterator[str]:
    """Yield a text as those read it who undo one way of spelling."""
    yield unquote(text, errors="replace")
    yield html.unescape(text)
    yield _JSON.sub(lambda found: chr(int(found[1], 16)), text)
    yield _INVISIBLE.sub("", _ESCAPES.sub("", text))


def readings(text: str, depth: int = 3) -> set[str]:
    """Return a text in every reading, so many spellings undone after another."""
    found, new = {text}, {text}
    for _ in range(depth):
        new = {each for one in new for each in _plainer(one)} - found
        found |= new
    return found


def _base64(secret: str) -> Iterator[str]:
    """Yield what of a secret is in the Base64 of a text that holds it, wherever in it."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret.encode()).decode().rstrip("=")
        yield encoded[(0, 2, 3)[shift] : len(encoded) - 1]


def secrets_in(text: str, secrets: tuple[str, ...]) -> list[str]:
    """Return those of the secrets that a text holds in some spelling."""
    if not text:
        return []
    read = [each.casefold() for each in readings(text)]
    return [
        secret
        for secret in secrets
        if any(secret.casefold() in each for each in read) or any(part in text for part in _base64(secret))
    ]
