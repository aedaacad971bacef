"""What the answers at the paths of each generation say of a server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gate.core.answer import Fault, FaultKind
from gate.core.findings import Level, Reply
from gate.core.generations import Presence, generations, judge_generations, judge_path, presence

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LOST = Fault(FaultKind.CONTACT, "The server refused the connection.")


def reply(status: int, *, is_json: bool = True) -> Reply:
    return Reply("nobody", status, is_json, "words", NOON, NOON, NOON, 0.1)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(200), Presence.THERE),
        (reply(400), Presence.THERE),
        (reply(422), Presence.THERE),
        (reply(401), Presence.UNCLEAR),
        (reply(403), Presence.UNCLEAR),
        (reply(403, is_json=False), Presence.ABSENT),
        (reply(404), Presence.UNCLEAR),
        (reply(429), Presence.UNCLEAR),
        (reply(500), Presence.UNCLEAR),
        (reply(404, is_json=False), Presence.ABSENT),
        (reply(405), Presence.ABSENT),
        (LOST, Presence.ABSENT),
    ],
)
def test_what_an_answer_says_of_its_path(answer: Reply | Fault, expected: Presence) -> None:
    """A refusal or an error in JSON does not say whether the path is there; a page or no answer: it is not."""
    assert presence(answer) is expected


def test_each_path_has_a_line() -> None:
    """The line names method and path, the answer or the fault, and what an answer that is unclear can mean."""
    newer = generations("nobody")[1].spec
    assert judge_path(newer, LOST).text == "GET /api/v2/test_config_results: The server refused the connection."
    assert "no such run, or no such path" in judge_path(newer, reply(404)).text
    assert "this account has no access" in judge_path(newer, reply(403)).text
    assert "says nothing about the path" in judge_path(newer, reply(503)).text
    assert judge_path(newer, reply(200)).text.endswith("answered 200, in JSON: words")


@pytest.mark.parametrize(
    ("classic", "newer", "text", "level"),
    [
        (Presence.THERE, Presence.ABSENT, "classic", Level.OK),
        (Presence.ABSENT, Presence.THERE, "newer", Level.OK),
        (Presence.THERE, Presence.THERE, "both classic and newer", Level.OK),
        (Presence.THERE, Presence.UNCLEAR, "classic, perhaps newer", Level.OK),
        (Presence.UNCLEAR, Presence.ABSENT, "none for certain, perhaps classic", Level.WARN),
        (Presence.ABSENT, Presence.ABSENT, "none", Level.WARN),
    ],
)
def test_the_generations_are_named(classic: Presence, newer: Presence, text: str, level: Level) -> None:
    """Classic, newer, both or none; what may be there is named as such."""
    found = judge_generations([("classic", classic), ("newer", newer)])
    assert (found.text, found.level, bool(found.fix)) == (text, level, level is Level.WARN)
