"""Kinds of values: each turns text, as a person wrote it, into a value of its true type.

`read` raises ValueError, which says what is wrong and what would be right; the caller adds where the text came from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from gate.core.api import RUN_PROGRESS, Api
from gate.core.duration import parse_duration
from gate.core.record import record
from gate.core.verdict import Reason, Require, Verdict
from gate.errors import shown

_YES = frozenset({"true", "t", "yes", "y", "on", "1"})
_NO = frozenset({"false", "f", "no", "n", "off", "0"})
_PROGRESS = "/api/run/progress"


@record(kw_only=True)
class Kind:
    """A kind of value. `metavar` stands for it in `--help`; an option without one is a switch."""

    metavar: str
    read: Callable[[str], Any]
    choices: tuple[str, ...] = ()
    is_path: bool = False


def trimmed(text: str, origin: str) -> str:
    """Return a value without the blanks, line ends and byte-order mark around it, whatever source it came from.

    Raises ValueError naming `origin` for a value that is not UTF-8: Python keeps such bytes as lone surrogates.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{origin} holds bytes that are not UTF-8 text") from error
    return text.strip("\ufeff \t\r\n\v\f")


def _text(text: str) -> str:
    if not text:
        raise ValueError("the value is empty")
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError(f"{shown(text)} holds a line break or another control character")
    return text


def _yes_or_no(text: str) -> bool:
    if text.casefold() not in _YES | _NO:
        raise ValueError(f"{shown(text)} is neither true nor false")
    return text.casefold() in _YES


def number(lowest: float, highest: float, *, closed: bool = False) -> Kind:
    """Return the kind of a decimal number from `lowest` up, below `highest`; up to it where the range is `closed`."""

    def read(text: str) -> float:
        value = float(text) if re.fullmatch(r"\d*\.?\d+", text, re.ASCII) else math.nan
        if not lowest <= value < highest and not (closed and value == highest):
            wanted = f"to {highest:g}" if closed else f"up and below {highest:g}"
            raise ValueError(f"{shown(text)} is not a number from {lowest:g} {wanted}")
        return value

    return Kind(metavar="NUMBER", read=read)


def whole_number(lowest: int, highest: int) -> Kind:
    """Return the kind of a whole number from `lowest` to `highest`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not lowest <= int(text) <= highest:
            raise ValueError(f"{shown(text)} is not a whole number from {lowest} to {highest}")
        return int(text)

    return Kind(metavar="NUMBER", read=read)


def choice(choices: Iterable[str]) -> Kind:
    """Return the kind of a word that is one of a few."""
    words = tuple(choices)

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{shown(text)} is not one of {', '.join(words)}")
        return text

    return Kind(metavar=f"[{'|'.join(words)}]", read=read, choices=words)


# Some scripts, and composed emoji, cannot be written without them.
_JOINERS = str.maketrans("", "", "\u200c\u200d")


def _model(text: str) -> str:
    letters = text.translate(_JOINERS)
    if not letters.strip():
        raise ValueError(f"{shown(text)} is not the name of a model")
    if not letters.isprintable():
        raise ValueError(f"{shown(text)} holds a character that cannot be printed, so it is not the name of a model")
    return text


def _since(text: str) -> datetime | timedelta:
    try:
        return timedelta(seconds=parse_duration(text))
    except ValueError:
        if re.fullmatch(r"[0-9.]+ *[dhms]", text):  # its words say what is wrong with it, such as its length
            raise
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.astimezone()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(text)} is neither a duration like 2h nor a time like 2026-01-31T14:00Z") from error


def _address(text: str) -> str:
    """Return an http or https address without a trailing slash; one with credentials in it is refused."""
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError(f"{_shown(text)} is not an address: {error}") from error
    refuse_credentials(parts.netloc)
    try:
        parts.port  # noqa: B018 - raises where the port is none
    except ValueError as error:
        raise ValueError(f"{_shown(text)} is not an address: its port is not a whole number from 0 to 65535") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"[\s\x00-\x20\x7f\\]", text):
        raise ValueError(f"{_shown(text)} is not an address; write it like https://dai.example.com:8000")
    if re.search(r"[?#]", text):
        raise ValueError(f"{_shown(text)} has a query or fragment; only scheme, host, port and path can be used here")
    return text.rstrip("/")


def _shown(text: str) -> str:
    """Return an address for an error; one that may hold a password, however it is written, is not repeated."""
    return "what is given (not repeated, because it holds an @)" if "@" in text else shown(text)


def refuse_credentials(network_location: str) -> None:
    """Raise ValueError for the host part of an address that holds a user name or a password."""
    if "@" in network_location:
        raise ValueError(
            "the address holds a user name or a password, which would show in logs; "
            "remove it, and give credentials through the environment or files"
        )


def _server(text: str) -> str:
    address = _address(text)
    if address.lower().endswith(_PROGRESS):
        meant = address[: -len(_PROGRESS)].rstrip("/")
        raise ValueError(f"{_shown(address)} already ends in {_PROGRESS}, which dai-gate adds; use {shown(meant)}")
    return address


def _link_template(text: str) -> str:
    """Return an address with `{url}`, `{id}` and `{model}` to be filled in."""
    unknown = [name for name in re.findall(r"\{([^{}]*)\}", text) if name not in {"url", "id", "model"}]
    if unknown or re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)):
        wrong = "{" + unknown[0][:60] + "}" if unknown else "an unmatched brace"
        raise ValueError(f"{_shown(text)} holds {wrong}; {{url}}, {{id}} and {{model}} can be filled in")
    place = text.partition("://")[2]
    # A password may hold a slash: what follows a colon in the host's place and is no port may be one.
    refuse_credentials(
        place if re.match(r"[^/?#]*:(?!\d*([/?#]|$))", place) else re.split(r"[/?#]", place, maxsplit=1)[0]
    )
    if not re.match(r"(https?://|\{url\})", text) or re.search(r"[\s\x00-\x20\x7f]", text):
        raise ValueError(f"{_shown(text)} is not an address; write it like {{url}}/controller/results/runs/{{id}}")
    return text


def _exit_code(text: str) -> tuple[Verdict | Reason, int]:
    word, _, code = (part.strip() for part in text.partition("="))
    names: dict[str, Verdict | Reason] = {each.value: each for kind in (Verdict, Reason) for each in kind}
    if word not in names:
        raise ValueError(f"{shown(text)}: the name must be a verdict or a reason of unknown: {', '.join(names)}")
    if not re.fullmatch(r"\d{1,3}", code, re.ASCII) or int(code) > 125:
        raise ValueError(f"{shown(text)}: the exit code must be a whole number from 0 to 125, as in incomplete=0")
    return names[word], int(code)


def _api(text: str) -> Api:
    """Return the built-in description for its name, else that of a file.

    Raises ValueError for a file that cannot be read, and UsageError with the key for one that cannot be used.
    """
    if text == RUN_PROGRESS.name:
        return RUN_PROGRESS
    if not text:
        raise ValueError(f"the value is empty; expected {RUN_PROGRESS.name} or a YAML file")
    from gate import yamlfile  # noqa: PLC0415 - the built-in description needs no YAML
    from gate.apifile import API  # noqa: PLC0415 - as above
    from gate.declare import Place  # noqa: PLC0415 - as above

    return API.read(yamlfile.read_texts(text), Place(text))


TEXT = Kind(metavar="TEXT", read=_text)
PATH = Kind(metavar="PATH", read=_text, is_path=True)
SWITCH = Kind(metavar="", read=_yes_or_no)
DURATION = Kind(metavar="DURATION", read=parse_duration)
MODEL = Kind(metavar="NAME", read=_model)
SINCE = Kind(metavar="DURATION|TIME", read=_since)
REQUIRE = Kind(metavar="all|any|N", read=Require.parse)
URL = Kind(metavar="URL", read=_address)
SERVER = Kind(metavar="URL", read=_server)
LINK_TEMPLATE = Kind(metavar="TEMPLATE", read=_link_template)
API = Kind(metavar="NAME|FILE", read=_api, is_path=True)
EXIT_CODE = Kind(metavar="NAME=CODE", read=_exit_code)
