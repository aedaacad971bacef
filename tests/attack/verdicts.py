"""What must hold in every world. Each function yields what does not, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from attack.runner import VICTIM, Ended
from attack.texts import CLIENT_SECRET, MARK, PASSWORD, TOKEN, secrets_in
from attack.worlds import World

LARGEST_MB: Final = 200
VERDICTS = r"passed|failed|incomplete|timed-out|unknown|denied|interrupted"
_OUTPUTS: Final = frozenset(
    {"verdict", "exit-code", "run-id", "run-ids", "reason", "passed", "failed", "total", "results-url"}
    | {"junit", "json", "markdown", "html", "dotenv"}
)
# What the gate itself may say to a build server, at the beginning of a line of its log.
_MEANT: Final = {
    "github": re.compile(r"::(error|warning|notice|debug|group|endgroup|add-mask)( [a-z]+=[^:\n]*)?::"),
    "azure": re.compile(
        r"##vso\[task\.(logissue type=(error|warning)|setvariable variable=[a-zA-Z_-]+(;[a-zA-Z]+=\w+)*"
        r"|setsecret|uploadsummary)[^\]]*\]|##\[(group|endgroup|section|warning|error|debug)\]"
    ),
    "teamcity": re.compile(
        r"##teamcity\[(buildProblem|buildStatus|importData|message|setParameter|addBuildTag|publishArtifacts"
        r"|blockOpened|blockClosed|test\w+)( [a-zA-Z]+='([^'|\]]|\|['|\]\[nrx]|\|0x[0-9A-Fa-f]{4})*')*\]\s*$"
    ),
}
_COMMAND: Final = re.compile(r"^\s*(::|##(?!#? ))")  # a heading of Markdown is none
_ANYWHERE: Final = re.compile(r"##vso\[|##teamcity\[|##\[")
# How the display is taken away before the gate's own commands are written. A foreign one breaks prints_no_control.
_CURSOR: Final = re.compile(r"^(\x1b\[[0-9;?]*[A-Za-z])+")
_SECTION: Final = re.compile(r"(\x1b\[0K)?section_(start|end):\d+:[a-z0-9_.-]+(\[[a-z=]+\])?\r\x1b\[0K")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_DOTENV: Final = re.compile(r"DAI_GATE_[A-Z_]+=[^$`\\\x00-\x1f]*")


def never_passes_wrongly(world: World, ended: Ended) -> Iterator[str]:
    if world.command == "wait" and ended.code == 0 and not world.passes:
        yield "exit 0, though the right server did not say Passed of the right run"
    if ended.code not in {0, 1, 2, 3, 4, 5, 6, 130, 143}:
        yield f"exit code {ended.code}"
    if "itself failed" in ended.err or "Traceback" in ended.err:
        yield "a fault of the gate itself"


def asks_nobody_else(_: World, ended: Ended) -> Iterator[str]:
    for request in ended.evil:
        yield f"a request to a host that nobody named: {request.method} {request.path}"


def shows_no_secret(world: World, ended: Ended) -> Iterator[str]:
    masks = r"(?m)^(::add-mask::|##vso\[task\.setsecret\]).*$"
    log = ended.err
    if world.system in {"github", "azure"} and world.stderr != "file":
        for line in re.finditer(masks, log):
            if secrets_in(line[0], (TOKEN, CLIENT_SECRET, PASSWORD)):
                yield "a secret that was given is printed to be masked"
        log = re.sub(masks, "", log)
    places = {"stdout": ended.out, "stderr": log, "GITHUB_OUTPUT": ended.output, "summary": ended.summary}
    for place, text in {**places, **ended.files}.items():
        for secret in secrets_in(text, (TOKEN, CLIENT_SECRET, PASSWORD, *ended.tokens)):
            yield f"the secret {secret!r} in {place}"


def commands_nobody(world: World, ended: Ended) -> Iterator[str]:
    for stream, text in (("stdout", ended.out), ("stderr", ended.err)):
        meant = _MEANT.get(world.system) if stream == "stderr" else None
        for written in text.splitlines():
            line = _CURSOR.sub("", written)
            head = meant.match(line) if meant else None
            if _COMMAND.match(line) and not head:
                yield f"{stream} has a line that begins like a command: {line[:200]!r}"
            if _ANYWHERE.search(line[head.end() if head else 0 :]):
                yield f"{stream} has a line with a command in it: {line[:200]!r}"
            if head and MARK in head[0].partition("=")[0]:
                yield f"{stream} has a command of another: {line[:200]!r}"


def prints_no_control(world: World, ended: Ended) -> Iterator[str]:
    if world.stderr == "terminal" and ended.is_process:
        if "\x1b]" in ended.err or f"H{MARK}" in ended.err:
            yield "stderr has an escape sequence of another"
        log = ""
    else:
        log = _SECTION.sub("", ended.err) if world.system == "gitlab" else ended.err
    for stream, text in (("stdout", ended.out), ("stderr", log)):
        if found := _CONTROL.search(text):
            around = text[max(0, found.start() - 40) : found.end() + 40]
            yield f"{stream} has the control character {found[0]!r} in {around!r}"
    waits = world.command == "wait" or "--wait" in world.arguments
    if waits and ended.code != 2 and "-" not in world.arguments:
        for line in ended.out.splitlines():
            if not re.match(rf"({VERDICTS})  ", line):
                yield f"stdout has a line that is no result: {line[:200]!r}"
    if world.command == "start" and not waits and ended.code == 0 and not re.fullmatch(r"\S{1,200}\n", ended.out):
        yield f"start printed no id alone: {ended.out[:200]!r}"


def logs_only_json(world: World, ended: Ended) -> Iterator[str]:
    if "--log-format" not in world.arguments:
        return
    for line in ended.err.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict) or not {"time", "level", "event", "message"} <= entry.keys():
            yield f"a line of the log that is no entry: {line[:200]!r}"


def writes_only_its_own(_: World, ended: Ended) -> Iterator[str]:
    if ended.outside != {VICTIM: VICTIM}:
        yield f"outside of the workspace: {sorted(ended.outside)}"
    for name in ended.files:
        if MARK in name:
            yield f"a file {name!r}"


def keeps_output_files(_: World, ended: Ended) -> Iterator[str]:
    names = _names_of_outputs(ended.output)
    if names is None or not set(names) <= _OUTPUTS or len(set(names)) != len(names):
        yield f"GITHUB_OUTPUT has {names}: {ended.output[:300]!r}"
    for line in ended.files.get("gate.env", "").splitlines():
        if not _DOTENV.fullmatch(line):
            yield f"the dotenv report has {line!r}"


def _names_of_outputs(text: str) -> list[str] | None:
    """Return the names of a step's outputs as the runner reads them; None where it cannot."""
    names = []
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        plain, _, _ = line.partition("=")
        name, found, delimiter = line.partition("<<")
        if found and "=" not in name:
            names.append(name)
            if not any(each == delimiter for each in lines):
                return None
        elif "=" in line:
            names.append(plain)
        else:
            return None
    return names


def stays_small(_: World, ended: Ended) -> Iterator[str]:
    if ended.peak_mb > LARGEST_MB:
        yield f"{ended.peak_mb:.0f} MB"


RULES: Final[tuple[Callable[[World, Ended], Iterator[str]], ...]] = (
    never_passes_wrongly,
    asks_nobody_else,
    shows_no_secret,
    commands_nobody,
    prints_no_control,
    logs_only_json,
    writes_only_its_own,
    keeps_output_files,
    stays_small,
)


def broken(world: World, ended: Ended) -> list[str]:
    """Return every rule that does not hold, with what was seen."""
    return [f"{rule.__name__}: {words}" for rule in RULES for words in rule(world, ended)]
