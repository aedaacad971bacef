from __future__ import annotations

import pytest

from gate.dai.peer import Peer
from gate.dai.response import MOST_VALUES, Response


def quote(body: bytes) -> str:
    return Response(400, {}, body, Peer("http://dai.example:8000/api/run")).words


def test_words_are_quoted_from_json() -> None:
    """The server's own words are taken out of the JSON of an error."""
    assert quote(b'{"message": "Bad", "more": [0, 0]}') == "Bad"


def test_what_would_take_too_much_memory_is_not_read_for_its_words() -> None:
    """An answer of more values than may be read is quoted as the text that it is, and not parsed after all."""
    body = b'{"message": "Bad", "more": [' + b"{}," * MOST_VALUES + b"0]}"
    assert quote(body).startswith('{"message": "Bad", "more": [{},')


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"processid": 5,\n "message": " "}', '{"processid": 5, "message": " "}'),
        (b"[]", "[]"),
        (b"null", "null"),
        (b'{"a": "' + b"x" * 1000 + b'"}', '{"a": "' + "x" * 192 + "…"),
        (b" \n", ""),
        (b"", ""),
    ],
)
def test_json_without_a_message_is_quoted_as_it_is(body: bytes, words: str) -> None:
    """The beginning of JSON that has no words of its own is quoted; nothing is said of an empty body alone."""
    assert quote(body) == words
