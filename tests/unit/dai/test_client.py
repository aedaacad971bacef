"""Starting and aborting, and asking as an API description says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from commands import clear_environment
from gate.clock import SystemClock
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.api import RUN_PROGRESS, Api
from gate.core.description import AnswerPaths, RequestTemplate, Words
from gate.core.targets import ById, ByModel
from gate.dai.client import LONGEST_ID, Client, Started
from gate.dai.credentials import Credentials
from gate.dai.login import GivenToken
from gate.dai.transport import Transport
from wire import ok, wire

CLOCK = SystemClock()
FORM = {"modelName": "M", "group": "G"}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


def client(url: str, api: Api = RUN_PROGRESS) -> Client:
    transport = Transport(clock=CLOCK, request_timeout=5, version="test")
    return Client(url, transport, Credentials(GivenToken("t"), CLOCK), api=api)


def answered(status: int, body: bytes) -> bytes:
    return ok(body).replace(b"200 OK", f"{status} Whatever".encode())


# Starting


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206])
@pytest.mark.parametrize(
    ("body", "run_id"),
    [
        ({"id": "cecaf3f5-c071", "processid": 5}, "cecaf3f5-c071"),
        ({"id": 12345}, "12345"),
        ({"id": "é" * LONGEST_ID}, "é" * LONGEST_ID),
    ],
)
def test_a_usable_id_is_used(status: int, body: dict[str, Any], run_id: str) -> None:
    """Whatever success the server calls it, and be the id a text or a number."""
    with wire(answered(status, json.dumps(body).encode())) as server:
        assert client(server.url).start(FORM) == Started(run_id, "", body)


BAD_IDS: list[Any] = [None, "", True, 1.5, ["a"], {}, "a b", "a\nb", "\x1b[0m", "a\u2028b", "a" * (LONGEST_ID + 1)]
BAD_IDS += ["::error::x", "##vso[x]", "--model=Other", "a,b", '"a"', "{a}", "[a]"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Welcome</html>",
        b'{"id": "a',
        b"null",
        b"[]",
        b"{}",
        *(json.dumps({"id": bad}).encode() for bad in BAD_IDS),
    ],
)
def test_an_answer_without_a_usable_id(status: int, body: bytes) -> None:
    """A success from which no id can be taken does not say whether the run was started."""
    with wire(answered(status, body)) as server:
        said = client(server.url).start(FORM)
        assert len(server.asked) == 1
    assert isinstance(said, Fault)
    assert (said.kind, said.sent) == (FaultKind.UNREADABLE, True)
    assert f"answered {status}, but without a usable run id" in said.text
    assert said.text.endswith("it is empty.") is (body == b"" or status == 204)
    assert said.fix.startswith("Look in DAI before you start it again.")


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_start_that_is_refused(status: int) -> None:
    """The fix is about what was to be started, and not about a run; of a page, about the address."""
    with wire(answered(status, b'{"message": "No"}')) as server:
        own = client(server.url).start(FORM)
    with wire(answered(status, b"<html>")) as server:
        foreign = client(server.url).start(FORM)
    assert isinstance(own, Fault)
    assert isinstance(foreign, Fault)
    assert own.fix.startswith("Check --model, --group and the other options of the run")
    assert not own.sent
    assert "--group" not in foreign.fix


@pytest.mark.parametrize(
    "answer", [answered(500, b""), answered(502, b"<html>"), answered(504, b""), b"", b"HTTP/1.1 2"]
)
def test_an_unclear_end(answer: bytes) -> None:
    """After an error of the server, or half an answer, the run may be running; it is posted once all the same."""
    with wire(answer) as server:
        said = client(server.url).start(FORM)
        assert len(server.asked) == 1
    assert isinstance(said, Fault)
    assert said.sent
    assert said.fix.startswith("Look in DAI before you start it again.")


@pytest.mark.parametrize("status", [302, 307, 400, 403, 404, 407, 425, 429])
def test_a_clear_refusal(status: int) -> None:
    """A refusal is one: nothing was started."""
    with wire(answered(status, b'{"message": "Agent X is not connected"}')) as server:
        said = client(server.url).start(FORM)
    assert isinstance(said, Fault)
    assert not said.sent
    assert "Look in DAI" not in said.fix


# Asking as a description says


OTHER = Api(
    name="other",
    request=RequestTemplate(method="GET", path="/ai/tasks/{id}", query={"deep": "true"}),
    answer=AnswerPaths(runs="items", id="task.id", status="task.state"),
    words=Words(running=("STARTED",), passed=("OK",), failed=("ERROR",), incomplete=()),
)


def test_a_get_with_the_id_in_its_path() -> None:
    """The id is percent-encoded below the address, the query follows, and nothing is sent as a body."""
    body = json.dumps({"items": [{"task": {"id": "a/b é", "state": "ok"}}]}).encode()
    with wire(ok(body)) as server:
        outcome = client(f"{server.url}/dai", OTHER).progress(ById("a/b é"))
        (asked,) = server.asked
    assert isinstance(outcome, Answer)
    assert outcome.reading.runs[0].word == "ok"
    head, _, content = asked.partition(b"\r\n\r\n")
    assert head.startswith(b"GET /dai/ai/tasks/a%2Fb%20%C3%A9?deep=true HTTP/1.1\r\n")
    assert b"\r\nAuthorization: bearer t" in head
    assert (content, b"content-type" in head.lower()) == (b"", False)


@pytest.mark.parametrize(
    ("method", "kind", "sent", "media"),
    [
        ("POST", "form", b"model=M+1&most=2", b"application/x-www-form-urlencoded"),
        ("POST", "json", json.dumps({"model": "M 1", "most": 2}).encode(), b"application/json"),
    ],
)
def test_a_post_of_a_form_or_of_json(method: str, kind: str, sent: bytes, media: bytes) -> None:
    """A form or JSON is sent as the description says; fields that are not asked for are left out."""
    fields = {"run": "{id}", "model": "{model}", "most": "{limit}"}
    by_form = RequestTemplate(method=method, path="/search", form=fields)
    by_json = RequestTemplate(method=method, path="/search", json=fields)
    api = replace(OTHER, request=by_form if kind == "form" else by_json)
    with wire(ok(b'{"items": []}')) as server:
        assert isinstance(client(server.url, api).progress(ByModel("M 1", 2)), Answer)
        (asked,) = server.asked
    head, _, content = asked.partition(b"\r\n\r\n")
    assert (content, media in head) == (sent, True)


@pytest.mark.parametrize("run_id", [".", ".."])
def test_an_id_that_would_lead_elsewhere(run_id: str) -> None:
    """An id that would be a step in the path is not asked about at all."""
    with wire(ok(b"null")) as server:
        said = client(server.url, OTHER).progress(ById(run_id))
        assert server.asked == []
    assert isinstance(said, Fault)
    assert (said.kind, said.sent) == (FaultKind.REJECTED, False)
    assert "cannot be part of the path" in said.text


@pytest.mark.parametrize(
    "ask",
    [
        lambda asking: asking.progress(ById("r")),
        lambda asking: asking.start(FORM),
        lambda asking: asking.abort("5"),
    ],
    ids=["progress", "start", "abort"],
)
def test_a_second_401_in_a_row_is_final(ask: Callable[[Client], Any]) -> None:
    """A request is repeated once with a fresh token, whatever it asks for."""
    with wire(answered(401, b'{"message": "no"}')) as server:
        said = ask(client(server.url))
        assert len(server.asked) == 2
    assert isinstance(said, Fault)
    assert said.kind is FaultKind.DENIED
    assert said.fix.startswith("Sent: the credentials.")
