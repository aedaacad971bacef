from __future__ import annotations

from gate.dai.body import MOST_VALUES, quote


def test_words_are_quoted_from_json() -> None:
    """The server's own words are taken out of the JSON of an error."""
    assert quote(b'{"message": "Bad", "more": [0, 0]}') == "Bad"


def test_what_would_take_too_much_memory_is_not_read_for_its_words() -> None:
    """An answer of more values than may be read is quoted as the text that it is, and not parsed after all."""
    body = b'{"message": "Bad", "more": [' + b"{}," * MOST_VALUES + b"0]}"
    assert quote(body).startswith('{"message": "Bad", "more": [{},')
