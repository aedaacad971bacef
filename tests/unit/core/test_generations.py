"""What the answers at the paths of each generation say of a server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gate.core.answer import Fault, FaultKind
from gate.core.findings import Level, Reply
from gate.core.generations import Presence, doubt, generations, judge_generations, judge_path, presence

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
    """The line names method and path, and the answer or the fault."""
    _, (_, newer), *_ = generations("nobody")
    assert judge_path(newer, LOST).text == "GET /api/v2/test_config_results: The server refused the connection."
    assert judge_path(newer, reply(200)).text.endswith("answered 200, in JSON: words")


def test_an_id_leads_nowhere_else() -> None:
    """Of an id that would be a segment of dots in a path only those paths are tried that do not hold it."""
    assert [spec.path for _, spec in generations("..")] == ["/api/run/progress", "/api/v2/test_config_results"]
    assert [name for name, _ in generations("nobody")] == ["classic", "newer", "newer", "newer"]


@pytest.mark.parametrize(
    ("answer", "is_there", "expected"),
    [
        (reply(404), False, "404 can mean no such run, or no such path. Give the id of a run that exists to find out."),
        (reply(404), True, "404 can mean no such run, or no such path."),
        (
            reply(403),
            False,
            "403 can mean that this account has no access, or that something in front refuses every path.",
        ),
        (reply(503), False, "503 says nothing about a path: try again later."),
        (reply(200), False, ""),
        (reply(404, is_json=False), False, ""),
        (LOST, False, ""),
    ],
)
def test_what_an_unclear_answer_can_mean(answer: Reply | Fault, is_there: bool, expected: str) -> None:
    """An answer that does not say whether its path is there is explained; an id is asked for unless one was given."""
    assert doubt(answer, is_there=is_there) == expected


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
    found = judge_generations([("classic", classic), ("newer", newer)], ["404 can mean."])
    assert (found.text, found.level) == (text, level)
    assert found.fix == "404 can mean." + (" See docs/newer-servers.md for how to find out." * (level is Level.WARN))
