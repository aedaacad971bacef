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
