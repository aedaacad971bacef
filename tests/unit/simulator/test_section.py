from __future__ import annotations

import pytest

from gate.errors import UsageError
from gate.simulator.section import Section, seconds


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (90, 90.0),
        (0.5, 0.5),
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
def test_durations_that_are_understood(written: object, meant: float) -> None:
    """A duration is a number of seconds, or numbers with units."""
    assert seconds(written) == pytest.approx(meant)


@pytest.mark.parametrize("written", ["", "soon", "1d", "5s3", True, None, float("inf"), float("nan"), [1]])
def test_durations_that_are_not(written: object) -> None:
    """What is no duration is None, so that the caller can name its place."""
    assert seconds(written) is None


def section(**values: object) -> Section:
    return Section(values, "runs[0]", "a.yml")


@pytest.mark.parametrize(
    ("read", "right"),
    [
        (lambda keys: keys.text("key"), "a text"),
        (lambda keys: keys.flag("key", default=True), "true or false"),
        (lambda keys: keys.whole("key", 1), "a whole number, 1 or more"),
        (lambda keys: keys.number("key", 1), "a number, 0 or more"),
        (lambda keys: keys.moment("key"), "a duration such as"),
        (lambda keys: keys.duration("key", 1), "a duration such as"),
        (lambda keys: keys.size("key", 1), "a number of bytes"),
        (lambda keys: keys.choice("key", ["x", "y"], "x"), "one of x, y"),
        (lambda keys: keys.texts("key"), "a list of texts"),
        (lambda keys: list(keys.sections("key")), "keys and values"),
        (lambda keys: keys.section("key"), "keys and values"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(read: object, right: str) -> None:
    """The error names file, key path, what was found, and what would be right."""
    assert callable(read)
    with pytest.raises(UsageError) as caught:
        read(section(key=[["odd"]]))
    assert "a.yml: runs[0].key" in caught.value.cause
    assert "odd" in caught.value.cause
    assert right in caught.value.fix


def test_a_list_must_be_one() -> None:
    """A text where a list belongs is refused, and not taken letter by letter."""
    with pytest.raises(UsageError, match="a list"):
        section(key="abc").texts("key")


def test_a_negative_length_is_refused() -> None:
    """A length cannot be negative, though a moment can."""
    assert section(key="-1s").moment("key") == -1
    with pytest.raises(UsageError, match="0 or more"):
        section(key="-1s").duration("key", 0)


def test_a_key_that_must_be_there_is_missed() -> None:
    """A missing key is named, with what belongs there."""
    with pytest.raises(UsageError, match=r"runs\[0\]\.model: is not given"):
        section().text("model")
    with pytest.raises(UsageError, match=r"runs\[0\]\.count: is not given"):
        section().whole("count")


def test_a_misspelt_key_is_suggested_for_the_missing_one() -> None:
    """Where a needed key is missing and a similar one is there, that one is probably meant."""
    with pytest.raises(UsageError, match="Is `modle` meant for it"):
        section(modle="Checkout").text("model")


def test_an_unknown_key_is_refused_with_a_guess() -> None:
    """A key that nobody asks for is an error, with the nearest known one."""
    with pytest.raises(UsageError, match="Did you mean `duration`"), section(duratoin=1) as keys:
        keys.has("duration")


def test_an_unknown_key_that_resembles_none_lists_what_is_known() -> None:
    """Without a near miss the error says what there is."""
    keys = section(zzz=1)
    keys.has("model")
    keys.has("duration")
    with pytest.raises(UsageError, match=r"no such key.*\n  Known here: duration, model\."), keys:
        pass


def test_an_error_inside_is_not_covered_by_another() -> None:
    """The first error stands, whatever other keys there are."""
    with pytest.raises(UsageError, match="true or false"), section(zzz=1, key=3) as keys:
        keys.flag("key", default=False)


def test_values_as_they_are_meant() -> None:
    """Digits are a text where a text belongs, sizes have units, an empty key is an empty list or mapping."""
    keys = section(id=17, size="64KB", bare=10, empty=None, null=None)
    assert keys.text("id") == "17"
    assert (keys.size("size", 0), keys.size("bare", 0), keys.size("none", 5)) == (64_000, 10, 5)
    assert keys.texts("empty") == ()
    assert keys.section("empty").keys() == []
    assert keys.choice("null", ["null"], "x") == "null"
    assert keys.optional_text("empty") is None
    assert keys.optional_duration("empty") is None
