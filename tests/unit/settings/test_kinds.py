"""Kinds of values: what each reads, and how it refuses."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate.core.verdict import Reason, Require, Verdict
from gate.settings import kinds
from gate.settings.kinds import Kind

SHARE = kinds.number(0, 1, closed=True)
FACTOR = kinds.number(1, 1000)
BELOW_TEN = kinds.number(0, 10)
PORT = kinds.whole_number(0, 65535)
WORD = kinds.choice(("text", "json"))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (kinds.TEXT, "a b", "a b"),
        (kinds.SWITCH, "YES", True),
        (kinds.SWITCH, "0", False),
        (kinds.DURATION, "1m30s", 90.0),
        (kinds.MODEL, "Sign-in Ä", "Sign-in Ä"),
        (
            kinds.MODEL,
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        (kinds.SINCE, "2h", timedelta(hours=2)),
        (kinds.SINCE, "2026-01-31T14:00Z", datetime(2026, 1, 31, 14, tzinfo=UTC)),
        (kinds.REQUIRE, "ANY", Require.ANY),
        (kinds.URL, "https://h:8000/p/", "https://h:8000/p"),
        (kinds.SERVER, "http://h/dai/", "http://h/dai"),
        (kinds.LINK_TEMPLATE, "{url}/runs/{id}?m={model}", "{url}/runs/{id}?m={model}"),
        (kinds.EXIT_CODE, " failed = 7 ", (Verdict.FAILED, 7)),
        (kinds.EXIT_CODE, "not-found=0", (Reason.NOT_FOUND, 0)),
        (SHARE, "1", 1.0),
        (FACTOR, "1.5", 1.5),
        (BELOW_TEN, ".5", 0.5),
        (PORT, "65535", 65535),
        (WORD, "json", "json"),
    ],
)
def test_what_is_read(kind: Kind, text: str, value: object) -> None:
    """A text becomes a value of its true type."""
    read = kind.read(text)
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (kinds.TEXT, "", "the value is empty"),
        (kinds.PATH, "a\nb", "holds a line break"),
        (kinds.SWITCH, "maybe", "neither true nor false"),
        (kinds.MODEL, "", "is not the name of a model"),
        (kinds.MODEL, "a\x1bb", "is not the name of a model"),
        (kinds.MODEL, "\u200d", "is not the name of a model"),
        (kinds.MODEL, "a\u200eb", "is not the name of a model"),
        (kinds.SINCE, "yesterday", "neither a duration like 2h nor a time"),
        (kinds.SINCE, "400d", "longer than a year"),
        (kinds.REQUIRE, "0", "expected all, any, or how many"),
        (kinds.URL, "ftp://h", "is not an address; write it like"),
        (kinds.URL, "http://", "is not an address; write it like"),
        (kinds.URL, "http://[::1", "is not an address: "),
        (kinds.URL, "http://h:99999", "its port is not a whole number"),
        (kinds.URL, "http://h/?a=b", "has a query or fragment"),
        (kinds.URL, "http://user@h", "holds a user name or a password"),
        (kinds.SERVER, "http://h/dai/api/run/progress", "already ends in /api/run/progress"),
        (kinds.LINK_TEMPLATE, "{url}/{run}", "holds {run}"),
        (kinds.LINK_TEMPLATE, "{url}/{", "an unmatched brace"),
        (kinds.LINK_TEMPLATE, "https://a:b@h/{id}", "holds a user name or a password"),
        (kinds.LINK_TEMPLATE, "https://a:b/c@h/{id}", "holds a user name or a password"),
        (kinds.LINK_TEMPLATE, "runs/{id}", "is not an address"),
        (kinds.EXIT_CODE, "bad=1", "the name must be a verdict or a reason"),
        (kinds.EXIT_CODE, "failed=126", "a whole number from 0 to 125"),
        (SHARE, "1.01", "is not a number from 0 to 1"),
        (FACTOR, "0.9", "is not a number from 1 up and below 1000"),
        (BELOW_TEN, "10", "is not a number from 0 up and below 10"),
        (FACTOR, "1e3", "is not a number"),
        (PORT, "65536", "is not a whole number from 0 to 65535"),
        (PORT, "\N{SUPERSCRIPT TWO}", "is not a whole number"),
        (WORD, "xml", "is not one of text, json"),
    ],
)
def test_what_is_refused(kind: Kind, text: str, words: str) -> None:
    """A value that cannot be used is refused with what would be right."""
    with pytest.raises(ValueError, match=re.escape(words)):
        kind.read(text)


@pytest.mark.parametrize("kind", [kinds.URL, kinds.SERVER, kinds.LINK_TEMPLATE])
@pytest.mark.parametrize("text", ["me:ssw0rd@h:80", "http:/me:ssw0rd@h", "https//me:ssw0rd@h", "http://me:pa/ssw0rd@h"])
def test_a_password_in_a_broken_address_is_not_repeated(kind: Kind, text: str) -> None:
    """However wrongly an address with a password is written, the error does not show it."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - what it says is checked
        kind.read(text)
    assert "ssw0rd" not in str(caught.value)


@pytest.mark.parametrize("text", ["https://h/@team/{id}", "https://h:8000/@team/{id}", "{url}/@team/{id}"])
def test_an_at_sign_in_a_path_is_no_password(text: str) -> None:
    """A link may hold an @ behind the host."""
    assert kinds.LINK_TEMPLATE.read(text) == text


def test_a_time_without_a_zone_is_local() -> None:
    """A moment written without an offset is one of this machine's zone."""
    read: Any = kinds.SINCE.read("2026-01-31T14:00")
    assert read == datetime(2026, 1, 31, 14).astimezone()


def test_what_is_around_a_value_is_trimmed() -> None:
    """A byte-order mark, blanks and line ends are no part of a value; bytes that are no text name their origin."""
    assert kinds.trimmed("\ufeff a b \r\n", "DAI_TOKEN") == "a b"
    with pytest.raises(ValueError, match=r"^DAI_TOKEN holds bytes that are not UTF-8 text$"):
        kinds.trimmed("a\udcff", "DAI_TOKEN")
