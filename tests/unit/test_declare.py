from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from gate.declare import (
    ANYTHING,
    BYTES,
    DURATION,
    FLAG,
    MOMENT,
    NUMBER,
    SIZE,
    TEXT,
    Kind,
    ListOf,
    MapOf,
    Place,
    Record,
    WrongValueError,
    choice,
    key,
    whole,
)
from gate.errors import UsageError

HERE = Place("a.yml").at("runs").at(0).at("key")


@dataclass(frozen=True, kw_only=True)
class Example:
    """A record with a key of each sort."""

    model: str = key(TEXT, "required")
    duration: float | None = key(DURATION, "may be null", None)
    labels: Mapping[str, str] = key(MapOf(TEXT), "a default that could be changed", {})
    counts: tuple[int, ...] = key(ListOf(whole(1)), "a list", ())

    def __post_init__(self) -> None:
        if self.counts and self.duration:
            raise WrongValueError("counts", "either counts or a duration")


EXAMPLE = Record(Example)


def read(**values: Any) -> Example:
    return EXAMPLE.read(values, Place("a.yml"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (90, 90.0),
        (0.5, 0.5),
        (0, 0.0),
        ("0s", 0.0),
        ("-0.000s", 0.0),
        ("0h 0m", 0.0),
        ("90", 90.0),
        ("90s", 90.0),
        ("1h30m", 5400.0),
        ("250ms", 0.25),
        ("-2m", -120.0),
        ("+1s", 1.0),
        (" 8S ", 8.0),
        ("1h 30m", 5400.0),
        ("1.5s", 1.5),
    ],
)
def test_durations_that_are_read(written: object, meant: float) -> None:
    """A duration is a number of seconds, or numbers with units."""
    assert MOMENT.read(written, HERE) == pytest.approx(meant)


@pytest.mark.parametrize("written", ["", "soon", "5s3", "--5s", True, None, float("inf"), float("nan"), [1]])
def test_durations_that_are_refused(written: object) -> None:
    """Anything else is an error."""
    with pytest.raises(UsageError, match=r"Expected a duration such as"):
        MOMENT.read(written, HERE)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (TEXT, "text"),
        (FLAG, "true or false"),
        (whole(1), "a whole number, 1 or more"),
        (whole(1, 5), "a whole number, from 1 to 5"),
        (NUMBER, "a number, 0 or more"),
        (MOMENT, "a duration such as"),
        (DURATION, "a duration of 0 or more"),
        (SIZE, "a number of bytes"),
        (BYTES, "bytes as"),
        (choice(["x", "y"]), "one of x, y"),
        (MapOf(TEXT), "keys and values"),
        (EXAMPLE, "keys and values"),
        (ListOf(TEXT), "text"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(kind: Kind[Any], expected: str) -> None:
    """The error names file, key, what was found, and what was expected."""
    with pytest.raises(UsageError) as caught:
        kind.read([["odd"]], HERE)
    assert caught.value.cause.startswith("a.yml: runs[0].key")
    assert "odd" in caught.value.cause
    assert expected in caught.value.fix


@pytest.mark.parametrize(
    ("kind", "found"), [(DURATION, "-1s"), (NUMBER, -1), (NUMBER, True), (whole(0), True), (whole(1, 5), 6)]
)
def test_a_value_out_of_bounds_is_refused(kind: Kind[Any], found: object) -> None:
    """A length is not negative, a truth value is no number, and bounds hold."""
    with pytest.raises(UsageError, match="found"):
        kind.read(found, HERE)


def test_a_long_value_is_cut_in_the_error() -> None:
    """An error never repeats more of a wrong value than a person can read."""
    with pytest.raises(UsageError) as caught:
        FLAG.read("x" * 10**6, HERE)
    assert len(caught.value.cause) < 300


def test_a_list_is_not_taken_letter_by_letter() -> None:
    """A text where a list belongs is refused."""
    with pytest.raises(UsageError, match="a list"):
        ListOf(TEXT).read("abc", HERE)


def test_values_as_they_are_meant() -> None:
    """Digits are a text where a text belongs, sizes have units, and a bare null is the word null."""
    assert TEXT.read(17, HERE) == "17"
    assert [SIZE.read(each, HERE) for each in ("64KB", "1 mb", 10)] == [64_000, 1_000_000, 10]
    assert [BYTES.read(each, HERE) for each in ("\u00fc", b"\xff")] == [b"\xc3\xbc", b"\xff"]
    assert choice(["null", "x"]).read(None, HERE) == "null"
    assert ANYTHING.read(None, HERE) is None


def test_a_record_is_read_with_its_defaults() -> None:
    """What is not given is the default; a list or a mapping whose entries were commented out is empty."""
    assert read(model="a") == Example(model="a", duration=None, labels={}, counts=())
    assert read(model="a", duration=None, labels=None, counts=None) == read(model="a")
    assert read(model="a", labels={1: 2}, counts=[3]) == Example(model="a", labels={"1": "2"}, counts=(3,))


def test_errors_inside_name_their_whole_place() -> None:
    """An entry of a list or a mapping in a record is named by its path."""
    with pytest.raises(UsageError, match=r"^a.yml: counts\[1\]: found 0"):
        read(model="a", counts=[1, 0])
    with pytest.raises(UsageError, match=r"^a.yml: labels\.x: found \[\]"):
        read(model="a", labels={"x": []})


def test_a_required_key_that_is_missing() -> None:
    """A missing key is named, with what belongs there."""
    with pytest.raises(UsageError, match=r"^a.yml: model: missing.\n  Expected text\."):
        read()


def test_an_unknown_key() -> None:
    """A key that is not declared is an error with the nearest known one, and with all of them."""
    with pytest.raises(UsageError, match=r"duratoin: unknown key.\n  Did you mean `duration`\? Known here: counts, "):
        read(model="a", duratoin=1)
    with pytest.raises(UsageError, match=r"zzz: unknown key.\n  Known here: counts, duration, labels, model\."):
        read(model="a", zzz=1)


def test_values_that_contradict_each_other() -> None:
    """A record can refuse a combination, and names the key."""
    with pytest.raises(UsageError, match=r"^a.yml: counts: found \[1\].\n  Expected either counts or a duration\."):
        read(model="a", duration=1, counts=[1])


def test_a_record_describes_itself() -> None:
    """The JSON Schema has the keys with what they are about, those that are required, and no others."""
    schema = EXAMPLE.schema
    assert (schema["required"], schema["additionalProperties"]) == (["model"], False)
    assert list(schema["properties"]) == ["model", "duration", "labels", "counts"]
    assert schema["properties"]["model"] == {"description": "required", "type": ["string", "integer"]}
    assert "null" in schema["properties"]["duration"]["type"]
