"""The line between client and server, and everything that can happen on it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from gate.simulator.lies import LIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.simulator.answers import Answer
    from gate.simulator.faults import Fault
    from gate.simulator.lies import Honest

_BLOCK: Final = b" " * 10**6
_SSH: Final = b"SSH-2.0-OpenSSH_9.6\r\n"


class Line(Protocol):
    """One request's way back to its client."""

    def head(self, answer: Answer, length: int | None = None) -> bytes:
        """Return status line and headers; `length` is what Content-Length says if it is not the truth."""
        ...

    def send(self, part: bytes) -> None:
        """Put bytes on the wire at once."""
        ...

    def wait(self, seconds: float | None) -> bool:
        """Let time pass, for ever with None. True when the server was stopped meanwhile."""
        ...

    def drop(self) -> None:
        """End the connection after what was sent."""
        ...

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        ...

    def date(self, seconds: float) -> str:
        """Return the moment that many seconds from now as HTTP writes it."""
        ...


def play(line: Line, fault: Fault, honest: Honest) -> None:
    """Let the fault happen. `honest` answers truly, and does what was asked: only a fault that needs it calls it."""
    if fault.executed:
        answer = honest()
        return play(line, replace(fault, executed=False), lambda: answer)
    if fault.kind in LIES:
        return deliver(line, _marked(line, fault, LIES[fault.kind](fault, honest)))
    if fault.kind in _ACCIDENTS:
        return _ACCIDENTS[fault.kind](line, fault, _marked(line, fault, honest()))
    return _SILENCES[fault.kind](line, fault)


def _marked(line: Line, fault: Fault, answer: Answer) -> Answer:
    headers = {**answer.headers, **fault.headers}
    if fault.retry_after is not None:
        hint = fault.retry_after
        headers["Retry-After"] = hint if isinstance(hint, str) else line.date(hint)
    return replace(answer, headers=headers)


def deliver(line: Line, answer: Answer) -> None:
    """Send an answer as it should be, in one piece."""
    line.send(line.head(answer) + answer.body)


def _slow(line: Line, fault: Fault, answer: Answer) -> None:
    if line.wait(fault.delay):
        line.drop()
    else:
        deliver(line, answer)


def _hang_body(line: Line, _: Fault, answer: Answer) -> None:
    line.send(line.head(answer) + answer.body[: len(answer.body) // 2])
    line.wait(None)
    line.drop()


def _drip(line: Line, fault: Fault, answer: Answer) -> None:
    line.send(line.head(answer))
    _byte_by_byte(line, fault.interval, answer.body)


def _drip_headers(line: Line, fault: Fault, answer: Answer) -> None:
    _byte_by_byte(line, fault.interval, line.head(answer) + answer.body)


def _byte_by_byte(line: Line, interval: float, text: bytes) -> None:
    for byte in text:
        line.send(bytes([byte]))
        if line.wait(interval):
            line.drop()
            return


def _truncate(line: Line, _: Fault, answer: Answer) -> None:
    line.send(line.head(answer) + answer.body[: len(answer.body) // 2])
    line.drop()


def _wrong_length(line: Line, _: Fault, answer: Answer) -> None:
    line.send(line.head(answer, len(answer.body) // 2) + answer.body)


def _huge(line: Line, fault: Fault, answer: Answer) -> None:
    """Send the true answer behind a heap of white space, which JSON allows."""
    line.send(line.head(answer, fault.size + len(answer.body)))
    for part in _spaces(fault.size):
        line.send(part)
    line.send(answer.body)


def _spaces(size: int) -> Iterable[bytes]:
    for _ in range(size // len(_BLOCK)):
        yield _BLOCK
    yield _BLOCK[: size % len(_BLOCK)]


def _gzip_bomb(line: Line, fault: Fault, answer: Answer) -> None:
    """Send the same few bytes of gzip again and again: members of one stream may simply follow each other."""
    whole, rest = divmod(fault.size, len(_BLOCK))
    body = gzip.compress(_BLOCK) * whole + gzip.compress(_BLOCK[:rest] + answer.body)
    deliver(line, replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"}))


_ACCIDENTS: Final[dict[str, Callable[[Line, Fault, Answer], None]]] = {
    "slow": _slow,
    "hang-body": _hang_body,
    "drip": _drip,
    "drip-headers": _drip_headers,
    "truncate": _truncate,
    "wrong-length": _wrong_length,
    "huge": _huge,
    "gzip-bomb": _gzip_bomb,
}
"""What can befall a true answer."""


def _hang(line: Line, _: Fault) -> None:
    line.wait(None)
    line.drop()


def _not_http(line: Line, fault: Fault) -> None:
    line.send((fault.body.encode() if isinstance(fault.body, str) else fault.body) or _SSH)
    line.drop()


_SILENCES: Final[dict[str, Callable[[Line, Fault], None]]] = {
    "close": lambda line, _: line.drop(),
    "reset": lambda line, _: line.reset(),
    "hang": _hang,
    "not-http": _not_http,
}
"""What happens instead of an answer."""
