"""Faults of the transport: the true answer sent badly, or no answer."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gate.declare import BYTES, DURATION, FLAG, SIZE, TEXT, key, whole
from gate.simulator.answers import Answer, Exchange, phrase
from gate.simulator.faults import Fault, kind
from gate.simulator.listener import Connection

MB: Final = 10**6
_BLOCK: Final = b" " * MB
_SSH: Final = b"SSH-2.0-OpenSSH_9.6\r\n"


@kind("slow", "the true answer after a delay")
class Slow(Fault):
    delay: float = key(DURATION, "the delay", 2.0)

    def send(self, connection: Connection, answer: Answer) -> None:
        if connection.wait(self.delay):
            connection.drop()
        else:
            connection.deliver(answer)


@kind("drip", "the body of the true answer byte by byte")
class Drip(Fault):
    interval: float = key(DURATION, "the time between two bytes", 0.2)

    def send(self, connection: Connection, answer: Answer) -> None:
        connection.send(connection.head(answer))
        self.drip(connection, answer.body)

    def drip(self, connection: Connection, text: bytes) -> None:
        for byte in text:
            connection.send(bytes([byte]))
            if connection.wait(self.interval):
                connection.drop()
                return


@kind("drip-headers", "the whole true answer byte by byte")
class DripHeaders(Drip):
    def send(self, connection: Connection, answer: Answer) -> None:
        self.drip(connection, connection.head(answer) + answer.body)


@kind("hang-body", "half the body, and then nothing")
class HangBody(Fault):
    def send(self, connection: Connection, answer: Answer) -> None:
        connection.send(connection.head(answer) + answer.body[: len(answer.body) // 2])
        connection.wait(None)
        connection.drop()


@kind("truncate", "half the body, and then the end of the connection")
class Truncate(Fault):
    def send(self, connection: Connection, answer: Answer) -> None:
        connection.send(connection.head(answer) + answer.body[: len(answer.body) // 2])
        connection.drop()


@kind("wrong-length", "more bytes than Content-Length says")
class WrongLength(Fault):
    def send(self, connection: Connection, answer: Answer) -> None:
        connection.send(connection.head(answer, len(answer.body) // 2) + answer.body)


@kind("interim", "interim answers (100 to 103) before the true one, on the same connection")
class Interim(Fault):
    status: int = key(whole(100, 103), "their HTTP status", 103)
    times: int = key(whole(1, 1000), "how many", 1)

    def send(self, connection: Connection, answer: Answer) -> None:
        link = "Link: </style.css>; rel=preload\r\n" if self.status == 103 else ""
        connection.send(f"HTTP/1.1 {self.status} {phrase(self.status)}\r\n{link}\r\n".encode() * self.times)
        connection.deliver(answer)


@kind("extra-answer", "the true answer and a second one after it, which a client that reuses the connection reads next")
class ExtraAnswer(Fault):
    status_word: str = key(TEXT, "`Running` in the true answer becomes this word in the second one", "Passed")
    late: bool = key(FLAG, "send the second one 50 ms later", False)

    def send(self, connection: Connection, answer: Answer) -> None:
        body = answer.body.replace(b'"Running"', f'"{self.status_word}"'.encode())
        second = replace(answer, body=body)
        connection.deliver(answer)
        if not self.late or not connection.wait(0.05):
            connection.deliver(second)


@kind("huge", "the true answer after a great many spaces, which JSON allows")
class Huge(Fault):
    size: int = key(SIZE, "how many bytes", 50 * MB)

    def send(self, connection: Connection, answer: Answer) -> None:
        connection.send(connection.head(answer, self.size + len(answer.body)))
        for _ in range(self.size // len(_BLOCK)):
            connection.send(_BLOCK)
        connection.send(_BLOCK[: self.size % len(_BLOCK)] + answer.body)


@kind("gzip-bomb", "the true answer after a great many spaces, compressed")
class GzipBomb(Fault):
    size: int = key(SIZE, "how many bytes they become", 200 * MB)

    def send(self, connection: Connection, answer: Answer) -> None:
        """Repeat a few bytes of gzip: members of one stream may simply follow each other."""
        repeats, rest = divmod(self.size, len(_BLOCK))
        body = gzip.compress(_BLOCK) * repeats + gzip.compress(_BLOCK[:rest] + answer.body)
        connection.deliver(replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"}))


def _silence(name: str, about: str, end: Callable[[Connection], object]) -> None:
    """Declare a kind that has no keys and no answer."""

    @kind(name, about)
    class Ending(Fault):
        def happen(self, connection: Connection, exchange: Exchange) -> None:  # noqa: ARG002 - it gets no answer
            end(connection)


def _hang(connection: Connection) -> None:
    connection.wait(None)
    connection.drop()


_silence("close", "the end of the connection", Connection.drop)
_silence("reset", "a TCP reset", Connection.reset)
_silence("hang", "nothing at all", _hang)


@kind("not-http", "bytes of another protocol")
class NotHttp(Fault):
    body: bytes = key(BYTES, "text, or bytes as `!!binary`; default: an SSH greeting", b"")

    def happen(self, connection: Connection, exchange: Exchange) -> None:  # noqa: ARG002 - it gets no answer
        connection.send(self.body or _SSH)
        connection.drop()
