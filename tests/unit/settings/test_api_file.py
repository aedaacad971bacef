"""API descriptions as a setting: the built-in one by its name, others from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.core.api import RUN_PROGRESS
from gate.errors import UsageError
from gate.settings.load import Settings, load
from gate.settings.watched import watched

BY_ID = """
request: {path: "/tasks/{id}", query: {limit: "{limit}"}}
answer: {id: task_id, status: state}
words: {running: [STARTED], passed: [NO, 1.10], failed: [ERROR]}
"""


def described(folder: Path, text: str) -> Settings:
    (folder / "api.yml").write_text(text)
    return load({"api": str(folder / "api.yml")}, {})


def test_the_built_in_description_has_a_name() -> None:
    """`run-progress` reads no file."""
    assert load({"api": "run-progress"}, {}).connection.api is RUN_PROGRESS


def test_words_are_text_as_written(tmp_path: Path) -> None:
    """`NO` is a word, and so is `1.10`."""
    api = described(tmp_path, BY_ID).connection.api
    assert api.words.passed == ("NO", "1.10")
    assert (api.request.method, api.asks_by_id, api.asks_by_model) == ("GET", True, False)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("task_id", "[a]", "answer.id"),
        ("state", "state, other: x", "answer.other"),
        ("/tasks/{id}", "/tasks", "request"),
        ("/tasks/{id}", "/tasks/%2e%2e/{id}", "request.path"),
        ("/tasks/{id}", "tasks/{id}", "request.path"),
        ('"{limit}"', '"{run}"', "request.query.limit"),
        ("[ERROR]", "[error, Started]", "words.failed"),
        ('path: "', 'method: PUT, path: "', "request.method"),
    ],
)
def test_what_is_refused_names_its_key(tmp_path: Path, old: str, new: str, words: str) -> None:
    """A description that cannot be used is a usage error with the key's name."""
    with pytest.raises(UsageError) as caught:
        described(tmp_path, BY_ID.replace(old, new))
    assert words in caught.value.cause


def test_what_the_description_does_not_cover_is_refused(tmp_path: Path) -> None:
    """Models where it has no {model}, and aborts, which it never has."""
    settings = described(tmp_path, BY_ID)
    assert watched(settings, ("a",)).run_ids == ("a",)
    path = str(tmp_path / "api.yml")
    with pytest.raises(UsageError, match=r"does not ask about \{model\}"):
        watched(load({"api": path, "model": ("M",)}, {}), ())
    with pytest.raises(UsageError, match="--abort-on cannot be used with --api"):
        load({"api": path, "abort_on": ("timeout",)}, {})
