"""API descriptions: what is asked, how words are read, and which descriptions are refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.api import RUN_PROGRESS, Api, RequestSpec, UnaskableError
from gate.core.description import AnswerPaths, ApiError, RequestTemplate, Status, Words
from gate.core.targets import ById, ByModel

PATHS = AnswerPaths(id="id", status="status")
WORDS = Words(passed=("PASSED",), running=("PENDING",))


def described(**request: Any) -> Api:
    return Api(name="tasks", request=RequestTemplate(**{"path": "/tasks/{id}", **request}), answer=PATHS, words=WORDS)


def test_the_documented_request() -> None:
    """The built-in description posts a form to the documented path: an id, or a model's name and a limit."""
    by_id, by_model = (RUN_PROGRESS.request_for(query) for query in (ById("a/b"), ByModel("M", 3)))
    path = "/api/run/progress"
    assert by_id == RequestSpec(method="POST", path=path, query={}, form={"id": "a/b"}, json={})
    assert by_model == RequestSpec(method="POST", path=path, query={}, form={"modelName": "M", "limit": "3"}, json={})


def test_a_field_is_left_out_where_its_placeholder_is_not_asked_for() -> None:
    """Fields are sent where all their placeholders are asked for; a limit that is a whole field of JSON is a number."""
    api = described(
        method="POST",
        path="/runs",
        query={"limit": "{limit}", "v": "1", "both": "{id}{model}"},
        json={"id": "{id}", "filter": "model={model}", "limit": "{limit}", "newest": "{limit} runs"},
    )
    by_id, by_model = api.request_for(ById("a")), api.request_for(ByModel("M", 3))
    assert (by_id.query, by_id.json) == ({"v": "1"}, {"id": "a"})
    assert by_model.query == {"limit": "3", "v": "1"}
    assert by_model.json == {"filter": "model=M", "limit": 3, "newest": "3 runs"}


@given(st.text(min_size=1).filter(lambda text: "." not in text and "%" not in text))
def test_ids_in_a_path_are_percent_encoded(run_id: str) -> None:
    """Whatever an id holds, it stays one segment of the path and is the same when decoded."""
    path = described().request_for(ById(run_id)).path
    assert path.startswith("/tasks/")
    assert set("/?#{} ").isdisjoint(path.removeprefix("/tasks/"))
    assert unquote(path.removeprefix("/tasks/")) == run_id.encode(errors="replace").decode()


@pytest.mark.parametrize(
    "run_id", [".", "..", "a/../b", "%2e%2e", "%252E%252e", "..%2Fx", "..;x", "a\\..", "%25252e%25252e/"]
)
def test_an_id_that_would_lead_elsewhere_is_refused(run_id: str) -> None:
    """An id that becomes a dot segment in any encoding is not asked about."""
    with pytest.raises(UnaskableError, match=r"cannot be part of the path /tasks/\{id\}"):
        described().request_for(ById(run_id))


def test_what_an_api_cannot_be_asked() -> None:
    """Without {model} no model is asked for, without {id} no run; a path that needs the other one is no request."""
    assert (RUN_PROGRESS.asks_by_id, RUN_PROGRESS.asks_by_model) == (True, True)
    assert (described().asks_by_id, described().asks_by_model) == (True, False)
    models = described(path="/models/{model}", query={"id": "{id}"})
    assert (models.asks_by_id, models.asks_by_model) == (False, True)
    with pytest.raises(UnaskableError):
        models.request_for(ById("a"))


def test_words_are_compared_without_regard_to_ascii_case_only() -> None:
    """A known word is known in any ASCII case; letters that merely look or fold alike are unrecognised."""
    for status, word in RUN_PROGRESS.words.items():
        assert {RUN_PROGRESS.status_of(each) for each in (word, word.upper(), word.lower())} == {status}
    for word in (
        "Flying",
        "",
        " Passed",
        "Passed ",
        "passed\n",
        "Pa\u017f\u017fed",
        "PASSED\u00a0",
        "\uff30assed",
        "Passed\0",
    ):
        assert RUN_PROGRESS.status_of(word) is Status.UNRECOGNISED


@given(st.text())
def test_only_the_words_own_letters_are_a_pass(word: str) -> None:
    """No text but `passed` in some ASCII case means a pass."""
    is_pass = RUN_PROGRESS.status_of(word) is Status.PASSED
    assert is_pass == (word.isascii() and word.lower() == "passed")


def test_a_file_replaces_the_words_whole() -> None:
    """A description knows its own words only."""
    api = described()
    assert [api.status_of(word) for word in ("passed", "Pending", "Running")] == [
        Status.PASSED,
        Status.RUNNING,
        Status.UNRECOGNISED,
    ]


def test_the_keys_that_are_read() -> None:
    """Every key of every path is one that must not stand twice in an object."""
    answer = AnswerPaths(id="task.id", status="status", runs="data.items")
    api = Api(name="x", request=described().request, answer=answer, words=WORDS)
    assert api.keys == {"task", "id", "status", "data", "items"}
    assert {"id", "status", "items", "modelname"} < RUN_PROGRESS.keys


@pytest.mark.parametrize(
    ("request_facts", "refusal"),
    [
        ({"method": "PUT"}, "request.method: 'PUT' is not supported; expected GET or POST"),
        ({"path": "tasks/{id}"}, "request.path: 'tasks/{id}' does not begin with a slash"),
        ({"path": "/tasks?id={id}"}, "holds a query or a fragment"),
        ({"path": "/tasks/{id}#x"}, "holds a query or a fragment"),
        ({"path": "/ta sks/{id}"}, "holds a space, a backslash or a control character"),
        ({"path": "/ta\nsks/{id}"}, "holds a space, a backslash or a control character"),
        ({"path": "/tasks\\{id}"}, "holds a space, a backslash or a control character"),
        ({"path": "/../{id}"}, "has a '.' or '..' segment"),
        ({"path": "/%252e%252E/{id}"}, "has a '.' or '..' segment"),
        ({"path": "/x/./{id}"}, "has a '.' or '..' segment"),
        ({"path": "/{id}/{limit}"}, "request.path: unknown placeholder {limit}; expected one of {id}, {model}"),
        ({"path": "/{id}/{"}, "request.path: unknown placeholder {"),
        (
            {"query": {"x": "{name}"}},
            "request.query.x: unknown placeholder {name}; expected one of {id}, {model}, {limit}",
        ),
        ({"query": {"x": "}"}}, "request.query.x: unknown placeholder }"),
        ({"form": {"x": "1"}}, "request.form: a GET request has no body; expected method: POST"),
        ({"json": {"x": "1"}}, "request.json: a GET request has no body; expected method: POST"),
        (
            {"method": "POST", "json": {"x": "1"}, "form": {"x": "1"}},
            "request.json: a request has either a form or JSON",
        ),
        ({"path": "/tasks"}, "request: neither {id} nor {model} is asked for"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused(request_facts: dict[str, Any], refusal: str) -> None:
    """A template of another kind is refused with the name of its key and what is expected."""
    with pytest.raises(ApiError) as refused:
        described(**request_facts)
    assert refusal in str(refused.value)
    assert str(refused.value).startswith(f"{refused.value.key}: ")


def test_paths_and_words_that_cannot_be_used_are_refused() -> None:
    """An id and a status are wanted, each path is keys joined by dots, and a word has one meaning."""
    for make, refusal in (
        (lambda: AnswerPaths(id="", status="s"), "answer.id: missing"),
        (lambda: AnswerPaths(id="id", status=""), "answer.status: missing"),
        (lambda: AnswerPaths(id="a..b", status="s"), "answer.id: 'a..b' is not a dotted path of keys"),
        (lambda: Words(passed=("OK",), failed=("ok",)), "words.failed: 'ok' is in words.passed as well"),
        (lambda: Words(passed=("",)), "words.passed: '' is empty or has spaces around it"),
        (lambda: Words(passed=(" OK",)), "words.passed: ' OK' is empty or has spaces around it"),
    ):
        with pytest.raises(ApiError) as refused:
            make()
        assert str(refused.value) == refusal
    assert [word for _, word in Words(passed=("OK", "ok")).items()] == ["OK", "ok"]
