from __future__ import annotations

import gzip
from typing import Any

import pytest

from unit.simulator.asking import Reply, ask, simulate

RUN = {"model": "Checkout", "id": "a1"}


def lie(form: dict[str, Any] | None = None, shape: str = "by-query", **fault: Any) -> Reply:
    with simulate(runs=[RUN], shape=shape, faults=[fault]) as simulator:
        return ask(simulator, **(form or {"id": "a1"}))


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("json", "application/json", b'"message": "Bad Gateway"'),
        ("html", "text/html; charset=utf-8", b"<h1>502 Bad Gateway</h1>"),
        ("text", "text/plain", b"upstream connect error"),
        ("empty", "application/json", b""),
        ("honest", "application/json", b'"id": "a1"'),
    ],
)
def test_another_status(body: str, kind: str, words: bytes) -> None:
    """A status comes with the server's JSON, a proxy's page or text, nothing, or the true answer."""
    reply = lie(status=502, body=body)
    assert (reply.status, reply.headers["Content-Type"]) == (502, kind)
    assert words in reply.body
    assert bool(words) == bool(reply.body)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_has_no_body(status: int) -> None:
    """Where HTTP forbids a body there is none."""
    assert lie(status=status).body == b""


def test_a_status_that_nobody_registered() -> None:
    """Proxies invent statuses."""
    reply = lie(status=520)
    assert (reply.status, reply.json["message"]) == (520, "")


def test_a_redirect() -> None:
    """A redirect names where to go, which is not followed for the client."""
    reply = lie(kind="redirect", status=307, location="http://127.0.0.1:1/x")
    assert (reply.status, reply.headers["Location"]) == (307, "http://127.0.0.1:1/x")
    assert lie(kind="redirect").status == 302


def test_a_raw_answer() -> None:
    """A scenario can give a body word by word, or byte by byte."""
    reply = lie(kind="raw", status=201, body="\u00fc", content_type="text/plain")
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (201, "text/plain", b"\xc3\xbc")
    assert lie(kind="raw", body=b"\xff").body == b"\xff"


def test_a_login_page() -> None:
    """A proxy may answer 200 with a page of its own."""
    reply = lie(kind="html-200")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_broken_json() -> None:
    """JSON that ends too early is no JSON."""
    with pytest.raises(ValueError, match="Expecting property name"):
        _ = lie(kind="invalid-json").json


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        ({"kind": "wrong-type"}, "just text"),
        ({"kind": "wrong-type", "value": 42}, 42),
        ({"kind": "wrong-type", "value": True}, True),
        ({"kind": "null"}, None),
        ({"kind": None}, None),
        ({"kind": "empty-array"}, []),
        ({"kind": "empty-object"}, {}),
    ],
)
def test_json_of_another_kind(fault: dict[str, Any], value: object) -> None:
    """JSON can be something else than a run."""
    reply = lie(**fault)
    assert (reply.status, reply.json) == (200, value)


def test_deep_nesting() -> None:
    """A hundred thousand brackets exhaust a parser that recurses."""
    assert lie(kind="deep-nesting").body == b"[" * 100_000 + b"]" * 100_000
    assert lie(kind="deep-nesting", depth=2).json == [[]]


def test_duplicate_keys() -> None:
    """A status that is said twice: first the true one, last the one that parsers keep."""
    reply = lie(kind="duplicate-keys")
    assert reply.body.index(b'"status": "Running"') < reply.body.index(b'"status": "Passed"')
    assert reply.json["status"] == "Passed"


def test_another_run() -> None:
    """An answer can be about a run that nobody asked for."""
    run = lie(kind="other-run").json
    assert run["id"] != "a1"
    assert run["status"] == "Passed"


def test_an_unknown_status() -> None:
    """A status word can be one that nobody has heard of."""
    assert lie(kind="unknown-status").json["status"] == "Blocked"
    assert lie(kind="unknown-status", status_word="\u2603").json["status"] == "\u2603"


@pytest.mark.parametrize("shape", ["array", "items"])
def test_every_run_of_an_answer_is_changed(shape: str) -> None:
    """A lie about runs holds for all of them, in every shape."""
    reply = lie({"modelName": "Checkout"}, shape, kind="unknown-status").json
    runs = reply["items"] if shape == "items" else reply
    assert [run["status"] for run in runs] == ["Blocked"]


def test_a_lie_about_nothing() -> None:
    """Where no run is in the answer, nothing is changed."""
    assert lie({"modelName": "zz"}, "object", kind="unknown-status").json is None


@pytest.mark.parametrize("charset", ["utf-16", "latin-1"])
def test_the_wrong_charset(charset: str) -> None:
    """The bytes are not of the charset that the answer declares."""
    reply = lie(kind="wrong-charset", charset=charset)
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert '"agentname": "Pr\u00fcfstand"' in reply.body.decode(charset)
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode("utf-8")


def test_an_encoding_that_it_is_not() -> None:
    """The answer claims a compression that was not done."""
    reply = lie(kind="unexpected-encoding")
    assert reply.headers["Content-Encoding"] == "gzip"
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(reply.body)
    assert lie(kind="unexpected-encoding", encoding="br").headers["Content-Encoding"] == "br"


def test_the_previous_answer() -> None:
    """A proxy that mixes up two clients gives one the answer that was meant for the other."""
    runs = [RUN, {"model": "Search", "id": "b2"}]
    with simulate(runs=runs, faults=[{"requests": "2-", "kind": "previous-answer"}]) as simulator:
        asked = [ask(simulator, id=run_id).json["id"] for run_id in ("a1", "b2", "a1")]
    assert asked == ["a1", "a1", "b2"]


def test_there_may_be_no_previous_answer() -> None:
    """The first request gets the true answer."""
    assert lie(kind="previous-answer").json["id"] == "a1"


def test_long_texts_differ_from_request_to_request() -> None:
    """A text is as long as asked, and another each time."""
    with simulate(runs=[RUN], faults=[{"kind": "long-text", "field": "agentname", "size": "2MB"}]) as simulator:
        texts = {ask(simulator, id="a1").json["agentname"] for _ in range(3)}
    assert [len(text) for text in texts] == [2_000_000] * 3


@pytest.mark.parametrize(
    ("spelling", "spelled"),
    [
        ("plain", "t/k"),
        ("percent", "%74%2F%6B"),
        ("percent-lower", "%74%2f%6b"),
        ("percent-twice", "t%252Fk"),
        ("html", "&#x74;&#x2f;&#x6b;"),
        ("html-names", "t&#x2F;k"),
        ("json", "\\u0074\\u002f\\u006b"),
        ("base64", "dC9r"),
        ("basic", "dXNlcjp0L2s="),
        ("upper", "T/K"),
        ("split", "t\x1b[\x1b[0m31m/k"),
    ],
)
def test_secrets_are_echoed_in_every_spelling(spelling: str, spelled: str) -> None:
    """An error can repeat the token that it was sent, spelled as servers and proxies spell."""
    with simulate(runs=[RUN], faults=[{"kind": "echo", "spelling": spelling, "times": 2}]) as simulator:
        reply = ask(simulator, token="t/k", id="a1")
    assert (reply.status, reply.json["description"]) == (403, f"You sent {spelled} {spelled}.")


def test_credentials_are_echoed_by_a_login() -> None:
    """A login page can repeat the secret that it was sent, with any status."""
    fault = {"path": "/auth", "kind": "echo", "status": 200}
    with simulate(faults=[fault]) as simulator:
        reply = ask(simulator, "/auth", token=None, username="me", password="pa55word")
    assert (reply.status, reply.json["description"]) == (200, "You sent pa55word.")


@pytest.mark.parametrize("status", [201, 202, 206])
def test_a_start_may_be_answered_by_another_status(status: int) -> None:
    """A start is executed and answered truly, but for its status."""
    with simulate(faults=[{"path": "/api/run", "status": status}]) as simulator:
        reply = ask(simulator, "/api/run", modelName="Checkout", group="g")
        assert [run.id for run in simulator.runs()] == [reply.json["id"]]
    assert reply.status == status


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 204},
        {"status": 200, "body": "empty"},
        {"status": 200, "body": "html"},
        {"kind": "raw", "body": '{"id": 12345}'},
        {"kind": "invalid-json"},
    ],
)
def test_a_start_may_be_executed_and_answered_badly(fault: dict[str, Any]) -> None:
    """A start that is executed leaves one run behind, whatever the client reads."""
    with simulate(faults=[{"path": "/api/run", "executed": True, **fault}]) as simulator:
        reply = ask(simulator, "/api/run", modelName="Checkout", group="g")
        assert len(simulator.runs()) == 1
    assert reply.status in {200, 204}


def test_a_token_endpoint_may_refuse_with_200() -> None:
    """A refusal can come with the status of success."""
    body = '{"error": "invalid_client", "error_description": "no"}'
    with simulate(faults=[{"path": "/auth*", "kind": "raw", "body": body}]) as simulator:
        reply = ask(simulator, "/auth", token=None, username="me", password="x")
    assert (reply.status, reply.json["error"]) == (200, "invalid_client")
