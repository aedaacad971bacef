"""Run ids as people and scripts write them, and what is watched by them."""

from __future__ import annotations

import pytest

from gate.errors import UsageError
from gate.settings.load import load
from gate.settings.watched import ids_in, read_run_ids, watched

UUID = "cecaf3f5-c071-46b2-8918-924420e3f954"


def no_input() -> bytes:
    raise AssertionError("standard input is not read")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("a1", ["a1"]),
        ("\ufeff a1\r\n", ["a1"]),
        ('"a1"', ["a1"]),
        ("'a1'", ["a1"]),
        (f"{{{UUID}}}", [UUID]),
        (f'"{{{UUID.upper()}}}"', [UUID.upper()]),
        ('["a1"]', ["a1"]),
        ('[\n  "a1",\n  "b2"\n]', ["a1", "b2"]),
        ("a,b", ["a", "b"]),
        ("a, b\nc\td", ["a", "b", "c", "d"]),
        ("\u00a0a1\u00a0", ["a1"]),
        ('["null"]', ["null"]),
        ("[]", []),
        ("", []),
    ],
)
def test_what_is_around_an_id_is_taken_off(text: str, ids: list[str]) -> None:
    """Quotes, the braces of a UUID, JSON brackets, blanks and commas are no part of an id."""
    assert list(ids_in(text, "run id")) == ids


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{a1}", "Did you mean a1?"),
        ("'a1", "Did you mean a1?"),
        ('"a b"', "Did you mean a?"),
        ("[a1", "Did you mean a1?"),
        ("a,,b", "Is one of its variables empty?"),
        (",a", "Is one of its variables empty?"),
        ("a,", "Is one of its variables empty?"),
        ('["a"]["b"]', "looks like"),
        ("[a][b]", "looks like"),
        ('"a""b"', "looks like"),
        ('["a", null]', "looks like"),
        ("-", "standard input"),
        ("a,-", "standard input"),
        ("a\x1b[0m", "looks like"),
        *(
            (f"{before}a1{after}", "Did you mean a1?")
            for before, after in ("‘’", "‚‘", "«»", "‹›", "＂＂", "´´", "„“", "``")  # noqa: RUF001 - quotes
        ),
        ("x" * 201, "looks like"),
        ("a\udcff", "looks like"),
    ],
)
def test_what_is_unclear_is_refused(text: str, words: str) -> None:
    """Anything else is a usage error with the id that was probably meant, and never asked about."""
    with pytest.raises(UsageError) as caught:
        list(ids_in(text, "DAI_RUN_ID"))
    assert caught.value.cause.startswith("DAI_RUN_ID")
    assert words in caught.value.fix
    assert len(str(caught.value)) < 400


def test_arguments_win_over_the_variable_and_each_id_counts_once() -> None:
    """DAI_RUN_ID is read where no argument is given; `-` takes the ids of standard input in its place."""
    environ = {"DAI_RUN_ID": "x,y\nx"}
    assert read_run_ids([], environ, no_input) == ("x", "y")
    assert read_run_ids(["a", "b,a"], environ, no_input) == ("a", "b")
    assert read_run_ids(["a", "-", "z"], environ, lambda: b"\xef\xbb\xbfb c") == ("a", "b", "c", "z")


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_standard_input_without_ids_is_refused(content: bytes) -> None:
    """Nothing, and what is not UTF-8, is a usage error."""
    with pytest.raises(UsageError, match="standard input"):
        read_run_ids(["-"], {}, lambda: content)


@pytest.mark.parametrize(
    ("flags", "ids", "words"),
    [
        ({}, (), "no run is given"),
        ({"limit": "2"}, ("a",), "--limit without a model"),
        ({"require": "3"}, ("a", "b"), "--require: 3 runs must pass, but only 2 are named"),
        ({"require": "2"}, (UUID, UUID.upper()), "--require: 2 runs must pass, but only 1 is named"),
    ],
)
def test_what_cannot_be_watched_is_refused(flags: dict[str, str], ids: tuple[str, ...], words: str) -> None:
    """Nothing to watch, an option without effect, and more passes than runs are usage errors."""
    with pytest.raises(UsageError, match=words):
        watched(load(flags, {}), ids)


def test_a_number_above_the_ids_is_taken_where_models_are_watched() -> None:
    """How many runs a model has is not known before it was asked about."""
    targets = watched(load({"require": "3", "model": ("M",)}, {}), ("a",))
    assert (targets.run_ids, [each.model for each in targets.models]) == (("a",), ["M"])


def test_one_run_in_two_spellings_is_watched_once() -> None:
    """The letter case of a UUID makes no second run of it, which would count as a second pass."""
    ids = ("a", UUID.upper(), "A", UUID, "a")
    assert watched(load({}, {}), ids).run_ids == ("a", UUID.upper(), "A")
