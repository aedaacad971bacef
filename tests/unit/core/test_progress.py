"""What the server said: shapes, ids, and answers that contradict themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import said
from gate.core.api import RUN_PROGRESS, Api
from gate.core.description import AnswerPaths, RequestTemplate, Status, Words
from gate.core.progress import AmbiguousError, Progress, Reading, Unreadable, parse, same_id

DOCUMENTED = {
    "id": "cecaf3f5-c071-46b2-8918-924420e3f954",
    "modelname": "BBCSport",
    "username": "",
    "starttime": "2018-05-31 17:00:01.366412+01",
    "endtime": None,
    "type": "model",
    "agentname": None,
    "initiator": "api",
    "status": "Running",
    "processid": "5637",
}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from([*DOCUMENTED, "items"]), inner),
    max_leaves=20,
)


@pytest.mark.parametrize("name", ["", " ", "\n\t", "\u2003"])
def test_a_blank_name_is_none(name: str) -> None:
    """A model whose name is nothing but blanks has no name that anybody could read."""
    assert parse({**DOCUMENTED, "modelname": name}, RUN_PROGRESS).runs[0].model is None


def test_the_documented_answer() -> None:
    """The vendor's own example is read field by field."""
    assert parse(DOCUMENTED, RUN_PROGRESS).runs == (
        Progress(
            id="cecaf3f5-c071-46b2-8918-924420e3f954",
            word="Running",
            status=Status.RUNNING,
            model="BBCSport",
            type="model",
            agent=None,
            process_id="5637",
            started_at=datetime(2018, 5, 31, 16, 0, 1, 366412, tzinfo=UTC),
            ended_at=None,
        ),
    )


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"id": "a", "status": "Passed"}, ["a"]),
        ([{"id": "a", "status": "Passed"}], ["a"]),
        ([{"id": "a", "status": "Passed"}, {"id": "b", "status": "x"}], ["a", "b"]),
        ({"items": [{"id": "a", "status": "Passed"}]}, ["a"]),
        ({"items": []}, []),
        ({"items": [], "total": 0, "id_of_page": 3}, []),
        ([], []),
        (None, []),
        ({"id": 12345678901234567890, "status": 7}, ["12345678901234567890"]),
        ({"id": 7, "status": "Passed", "processid": 5, "endtime": 3, "runid": 1, "is_paused": False}, ["7"]),
    ],
)
def test_shapes(body: Any, ids: list[str]) -> None:
    """An object, an array, a wrapper, nothing, and extra keys are all read."""
    reading = parse(body, RUN_PROGRESS)
    assert ([run.id for run in reading.runs], reading.unreadable) == (ids, ())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("Passed", "expected a run, found text"),
        (3, "expected a run, found a number"),
        (True, "expected a run, found a boolean"),
        ([None], "expected a run, found null"),
        ([[]], "expected a run, found an array"),
        ({"message": "no"}, "a run without an id (keys: message)"),
        ({}, "a run without an id (keys: none)"),
        ({"id": True, "status": "Passed"}, "a run without an id (keys: id, status)"),
        ({"id": 1.5, "status": "Passed"}, "a run without an id (keys: id, status)"),
        ({"id": "a" * 201, "status": "Passed"}, "a run with an id of more than 200 characters"),
        ({"id": "a", "status": "Passed", "items": []}, "an answer that is a run and holds 'items' as well"),
        ({"status": "Passed", "items": [{}]}, "an answer that is a run and holds 'items' as well"),
        ({"id": "a", "items": [{}]}, "an answer that is a run and holds 'items' as well"),
        ({"items": {"id": "a", "status": "Passed"}}, "a run without an id (keys: items)"),
    ],
)
def test_what_is_no_run_is_named(body: Any, why: str) -> None:
    """An entry without a usable id and status is not a run, nor is one that is a list as well."""
    assert parse(body, RUN_PROGRESS) == Reading((), (Unreadable(why=why),))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, "a run whose status is missing"),
        ({"status": None}, "a run whose status is null"),
        ({"status": True}, "a run whose status is a boolean"),
        ({"status": 1.0}, "a run whose status is a number"),
        ({"status": ["Passed"]}, "a run whose status is an array"),
    ],
)
def test_a_run_without_a_status_word_is_unreadable(facts: dict[str, Any], why: str) -> None:
    """A run whose status is no text and no whole number is unreadable; its other facts are kept."""
    facts |= {"id": "a", "modelname": "M", "starttime": "2026-01-02 03:04:05Z"}
    started_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert parse(facts, RUN_PROGRESS).unreadable == (Unreadable(why=why, id="a", model="M", started_at=started_at),)


def test_names_and_words_are_bounded() -> None:
    """No name or word of more than 200 characters is kept; one that was cut is not taken for a shorter one."""
    long = "Passed" + " " * 5000 + "x"
    body = {"id": "a", "status": long, **dict.fromkeys(("modelname", "type", "agentname", "processid"), long)}
    (run,) = parse(body, RUN_PROGRESS).runs
    assert {len(text or "") for text in (run.word, run.model, run.type, run.agent, run.process_id)} == {200}
    assert (run.status, run.word[-1]) == (Status.UNRECOGNISED, "…")


@given(anything)
def test_any_json_is_read_without_a_crash(body: Any) -> None:
    """Whatever JSON comes, reading it gives runs or names what is none."""
    reading = parse(body, RUN_PROGRESS)
    assert all(run.id and isinstance(run.word, str) for run in reading.runs)


TASKS = Api(
    name="tasks",
    request=RequestTemplate(path="/tasks/{id}"),
    answer=AnswerPaths(runs="data.list", id="task.id", status="state.word", started_at="times.start"),
    words=Words(passed=("SUCCESS",)),
)


@pytest.mark.parametrize("wrap", [lambda run: [run], lambda run: run])
def test_a_description_says_where_facts_stand(wrap: Any) -> None:
    """Dotted paths lead to the list of runs or the run, and to each fact of a run."""
    run = {"task": {"id": 5}, "state": {"word": "success"}, "times": {"start": "2026-01-02 03:04:05Z"}}
    (found,) = parse({"data": {"list": wrap(run)}}, TASKS).runs
    started_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found == Progress(id="5", word="success", status=Status.PASSED, started_at=started_at)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"data": {}}, "an answer without 'data.list' (keys: data)"),
        ({"data": []}, "an answer without 'data.list' (keys: data)"),
        ([], "an answer without 'data.list' (an array)"),
        ({"items": [{"id": "5", "status": "Passed"}]}, "an answer without 'data.list' (keys: items)"),
        ({"data": {"list": 3}}, "expected a run, found a number"),
        ({"data": {"list": {"id": "5", "status": "Passed"}}}, "a run without an id (keys: id, status)"),
    ],
)
def test_an_answer_of_another_form_than_described_is_unreadable(body: Any, why: str) -> None:
    """Where nothing stands at the path of the runs, the answer is unreadable; the built-in form does not count."""
    assert parse(body, TASKS) == Reading((), (Unreadable(why=why),))


def test_null_at_the_path_of_the_runs_is_no_run() -> None:
    """A list that is null holds no run."""
    assert parse({"data": {"list": None}}, TASKS) == Reading(())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a", True),
        ("a", "A", False),
        ("a", "b", False),
        ("CECAF3F5-c071-46b2-8918-924420e3f954", "cecaf3f5-c071-46b2-8918-924420e3f954", True),
    ],
)
def test_ids_are_the_same_letter_for_letter_or_as_uuids(one: str, other: str, same: bool) -> None:
    """The case matters, except in a UUID."""
    assert same_id(one, other) is same


def test_a_reading_finds_its_run_or_a_contradiction() -> None:
    """Two equal words for one run are one; two different ones are a contradiction."""
    assert Reading((said("a", "Passed"), said("a", "PASSED"))).find("a") == said("a", "PASSED")
    assert Reading((said("a", "Passed"),)).find("b") is None
    with pytest.raises(AmbiguousError, match="Passed and Failed"):
        Reading((said("a", "Passed"), said("a", "Failed"))).find("a")


def test_a_run_that_is_unreadable_as_well_contradicts_itself() -> None:
    """One run said both Passed and something that cannot be read has not passed."""
    reading = parse([{"id": "a", "status": "Passed"}, {"id": "a", "status": None}], RUN_PROGRESS)
    with pytest.raises(AmbiguousError, match="a run whose status is null"):
        reading.find("a")


def test_an_answer_with_very_many_unreadable_entries_says_nothing() -> None:
    """Where more entries cannot be read than are kept, one of them may be about any run."""
    reading = parse([{"id": "a", "status": "Passed"}, *[1] * 11], RUN_PROGRESS)
    with pytest.raises(AmbiguousError, match="more than 10 entries that cannot be read"):
        reading.find("a")
