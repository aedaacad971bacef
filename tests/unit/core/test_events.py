"""The names that events give to what they are about."""

from __future__ import annotations

import pytest

from gate.core.events import Subject


@pytest.mark.parametrize(
    ("subject", "label"),
    [
        (Subject("cecaf3f5-c071-46b2-8918-924420e3f954", "Checkout"), "Checkout cecaf3f5"),
        (Subject("nightly-7", "Checkout"), "Checkout nightly-7"),
        (Subject("build-2026-11-25-nightly-checkout-01", "A"), "A build-2026-11-25-nightly-checkout-01"),
        (Subject("r1", None), "r1"),
        (Subject(None, "Checkout"), "Checkout"),
        (Subject(None, None), "-"),
        (Subject(None, "Checkout", runs=3), "Checkout (3 runs)"),
    ],
)
def test_a_label_is_as_short_as_it_can_be(subject: Subject, label: str) -> None:
    """Beside its model a run is named by the beginning of its UUID; several runs by their model and how many."""
    assert subject.label == label
