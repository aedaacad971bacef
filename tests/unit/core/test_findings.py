"""What the check makes of the facts it finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gate.core.answer import Fault, FaultKind
from gate.core.findings import (
    Certificate,
    Finding,
    Level,
    Reply,
    exit_code,
    failure,
    judge_certificate,
    judge_clock,
    judge_distrust,
    judge_reply,
    judge_token,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OK, WARN = Finding(Level.OK, "a", "b"), Finding(Level.WARN, "a", "b")
FAIL, DENIED = Finding(Level.FAIL, "a", "b"), Finding(Level.FAIL, "a", "b", denied=True)
FAULT = Fault(FaultKind.CONTACT, "answered 503")


@pytest.mark.parametrize(
    ("findings", "code"),
    [([], 0), ([OK, WARN], 0), ([OK, FAIL], 5), ([DENIED], 6), ([FAIL, DENIED], 6)],
)
def test_exit_codes(findings: list[Finding], code: int) -> None:
    """Warnings are no failure; a failure about credentials weighs most."""
    assert exit_code(findings) == code


@pytest.mark.parametrize("topic", ["name", "connection", "TLS", "credentials", "progress", "else"])
@pytest.mark.parametrize("kind", [FaultKind.CONTACT, FaultKind.DENIED])
def test_each_failure_has_a_fix(topic: str, kind: FaultKind) -> None:
    """A fault without a fix of its own gets one; a fault's own fix stays."""
    found = failure(topic, Fault(kind, "text"))
    assert (found.level, found.denied) == (Level.FAIL, kind is FaultKind.DENIED)
    assert found.fix
    assert failure(topic, Fault(kind, "text", "own")).fix == "own"


@pytest.mark.parametrize(("days", "level", "words"), [(21, Level.OK, "(21 days)"), (1, Level.WARN, "(1 day)")])
def test_certificates(days: int, level: Level, words: str) -> None:
    """A certificate that has less than three weeks left is warned of."""
    found = judge_certificate(Certificate("TLSv1.3", "dai", "Our CA", NOW + timedelta(days=days)), NOW)
    assert found.level is level
    assert words in found.text
    assert bool(found.fix) is (level is Level.WARN)


def test_distrust() -> None:
    """--insecure is a warning either way: needless, or with what a verification would have said."""
    assert judge_distrust(None).fix == "Remove --insecure."
    found = judge_distrust(Fault(FaultKind.CONTACT, "It is expired.", "Renew it."))
    assert (found.level, found.fix) == (Level.WARN, "Renew it.")
    assert found.text.endswith("Without that: It is expired.")


def reply(status: int = 404, words: str = "no such run", *, is_json: bool = True, date: float | None = 0.0) -> Reply:
    """Return an answer that took a second; `date` is how far its Date is from the moment the request was sent."""
    moment = None if date is None else NOW + timedelta(seconds=date)
    return Reply("c0ffee-1", status, is_json, words, moment, NOW, NOW + timedelta(seconds=1), 1.0)


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (reply(200, ""), Level.OK),
        (reply(400, "Bad Request"), Level.OK),
        (reply(404, "Run ID x does not exist"), Level.OK),
        (reply(404, "Not Found - no such run."), Level.OK),
        (reply(404, "C0FFEE-1: Not Found"), Level.OK),
        (reply(404, "Not Found"), Level.FAIL),
        (reply(404, "There is nothing at /dai/api/run/progress."), Level.FAIL),
        (reply(200, "an HTML page", is_json=False), Level.FAIL),
        (reply(404, "", is_json=False), Level.FAIL),
        (reply(503), Level.FAIL),
        (reply(302), Level.FAIL),
    ],
)
def test_replies(answer: Reply, level: Level) -> None:
    """Any answer of the API proper is good; a 404 that speaks of no run is about the address; all else is none."""
    found = judge_reply("POST /api/run/progress", answer, FAULT)
    assert found.level is level
    assert bool(found.fix) is (level is not Level.OK)


@pytest.mark.parametrize(
    ("is_json", "before", "after"), [(True, Level.FAIL, Level.OK), (False, Level.FAIL, Level.WARN)]
)
def test_a_run_that_was_found_is_proof(is_json: bool, before: Level, after: Level) -> None:
    """A 404 that says nothing of a run fails, unless another run was found there: then the API is there."""
    answer = reply(404, "Not Found", is_json=is_json)
    assert judge_reply("GET /tasks", answer, FAULT).level is before
    assert judge_reply("GET /tasks", answer, FAULT, is_certain=True).level is after


@pytest.mark.parametrize(
    ("date", "words"),
    [
        (-31.0, "agree"),
        (31.0, "agree"),
        (-33.0, "32s behind"),
        (33.0, "32s ahead of"),
        (-86400.0, "23h59m59s behind"),
        (None, "no Date"),
    ],
)
def test_clocks(date: float | None, words: str) -> None:
    """A Date is compared with the whole time of the request, and may be a second old."""
    found = judge_clock(reply(date=date))
    assert words in found.text
    assert (found.level is Level.OK) is (words == "agree")


@pytest.mark.parametrize(
    ("life_s", "ends_in_s", "level", "words"),
    [
        (300.0, None, Level.OK, "lives 5m"),
        (300.0, 10.0, Level.OK, "lives 5m"),
        (None, None, Level.OK, "unknown lifetime"),
        (None, 3601.0, Level.OK, "expires in 1h"),
        (None, 3600.0, Level.WARN, "expires in 1h"),
        (None, -60.0, Level.WARN, "expired 1m ago"),
    ],
)
def test_tokens(life_s: float | None, ends_in_s: float | None, level: Level, words: str) -> None:
    """A token that can be renewed may end; one that cannot is warned of where it ends within the hour."""
    ends_at = None if ends_in_s is None else NOW + timedelta(seconds=ends_in_s)
    found = judge_token("token in DAI_TOKEN", life_s, ends_at, NOW)
    assert (found.level, found.topic) == (level, "credentials")
    assert words in found.text
    assert bool(found.fix) is (level is Level.WARN)
