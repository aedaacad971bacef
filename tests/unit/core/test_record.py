"""Records: as frozen and as comparable as frozen dataclasses."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, field, replace

import pytest

from gate.core.record import record


@record
class Point:
    x: int
    y: int = 0
    hidden: str = field(default="secret", repr=False)


@record(kw_only=True)
class Named:
    """Something with a name."""

    name: str

    def __repr__(self) -> str:
        return self.name


@record
class Other:
    x: int
    y: int = 0
    hidden: str = "secret"


def test_records_are_compared_by_value() -> None:
    """Records of one class are equal and hash alike where their fields are; those of two classes are not."""
    assert Point(1) == Point(1, 0)
    assert hash(Point(1)) == hash(Point(1, 0))
    assert Point(1) != Point(2)
    assert Point(1) != Other(1)  # type: ignore[comparison-overlap]  # they never are
    assert replace(Point(1), y=2) == Point(1, 2)


def test_a_record_is_frozen() -> None:
    """No field of a record can be set again, added or deleted."""
    point = Point(1)
    for name in ("x", "z"):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(point, name, 2)
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert point == Point(1)


def test_what_is_hidden_is_not_shown() -> None:
    """A record shows its fields, but for those with `repr=False`; a method of its own is kept."""
    assert repr(Point(1, 2)) == "Point(x=1, y=2)"
    assert repr(Named(name="n")) == "n"


def test_fields_of_a_record_can_be_by_keyword_only() -> None:
    """With `kw_only=True` a field cannot be given by its position."""
    with pytest.raises(TypeError):
        Named("n")  # type: ignore[call-arg]  # the mistake to be seen
