from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import UsageError
from gate.simulator import Scenario, load_scenario, parse_scenario
from gate.simulator.runs import Phase

if TYPE_CHECKING:
    from pathlib import Path


def parse(**keys: Any) -> Scenario:
    return parse_scenario(keys, origin="a.yml")


def test_a_scenario_is_loaded_from_a_file(tmp_path: Path) -> None:
    """A YAML file is a scenario, with its name in the errors."""
    file = tmp_path / "a.yml"
    file.write_text("runs: [{model: Checkout}]\n")
    assert load_scenario(file).planned[0].model == "Checkout"
    file.write_text("runs: [{model: Checkout, duraton: 8s}]\n")
    with pytest.raises(UsageError, match=r"a\.yml: runs\[0\]\.duraton: unknown key.\n  Did you mean `duration`"):
        load_scenario(file)


def test_an_empty_file_is_a_scenario_without_runs(tmp_path: Path) -> None:
    """Nothing said is nothing special."""
    file = tmp_path / "a.yml"
    file.write_text("")
    assert load_scenario(str(file)) == Scenario()


@pytest.mark.parametrize("text", ["runs: [", "runs: 2020-13-45", "\x07"])
def test_what_is_no_yaml_is_refused(tmp_path: Path, text: str) -> None:
    """A file that YAML does not understand is an error with its name."""
    file = tmp_path / "a.yml"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"^\S*a\.yml is not valid YAML: (?!.*unicode)"):
        load_scenario(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is an error with its name."""
    with pytest.raises(UsageError, match=r"^--scenario: .*none\.yml cannot be read: No such file or directory"):
        load_scenario(tmp_path / "none.yml")


@pytest.mark.parametrize("values", [[], "text", 5])
def test_the_top_is_keys_and_values(values: object) -> None:
    """A list or a text is no scenario."""
    with pytest.raises(UsageError, match="the top level: found"):
        parse_scenario(values, origin="a.yml")


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"runs": [{}]}, r"runs\[0\]\.model"),
        ({"runs": [{"model": "a", "duration": "x"}]}, r"runs\[0\]\.duration"),
        ({"runs": [{"model": "a", "duration": 1, "statuses": []}]}, r"runs\[0\]\.statuses"),
        ({"runs": [{"model": "a", "statuses": []}]}, r"runs\[0\]\.statuses"),
        ({"runs": [{"model": "a", "statuses": [{"at": 1, "status": "Running"}]}]}, r"runs\[0\]\.statuses"),
        ({"runs": [{"model": "a", "statuses": [{"at": 0}]}]}, r"runs\[0\]\.statuses\[0\]\.status"),
        ({"runs": [{"model": "a", "id": "x"}, {"model": "b", "id": "x"}]}, "runs: two have the id 'x'"),
        ({"history": [{"model": "a"}]}, r"history\[0\]\.durations"),
        ({"history": [{"model": "a", "durations": [-1]}]}, r"history\[0\]\.durations"),
        ({"history": [{"model": "a", "generate": {}}]}, r"history\[0\]\.generate\.count"),
        ({"many": {"duration": [5, 2]}}, r"many\.duration"),
        ({"many": {"duration": [5]}}, r"many\.duration"),
        ({"many": {"outcome": {}}}, r"many\.outcome"),
        ({"many": {"outcome": 5.5}}, r"many\.outcome"),
        ({"clock": {"offset": 60}}, r"clock\.offset"),
        ({"clock": {"offset": "+25:00"}}, r"clock\.offset"),
        ({"clock": {"end_time": "true"}}, r"clock\.end_time"),
        ({"unknown_run": "what"}, "unknown_run"),
        ({"prefix": "dai"}, "prefix"),
        ({"faults": [{"requests": 3}]}, r"faults\[0\]\.kind"),
        ({"faults": [{"kind": "hangs"}]}, r"faults\[0\]\.kind"),
        ({"faults": [{"kind": "hang", "delay": 1}]}, r"faults\[0\]\.delay"),
        ({"faults": [{"kind": "status"}]}, r"faults\[0\]\.status"),
        ({"faults": [{"status": 1000}]}, r"faults\[0\]\.status"),
        ({"faults": [{"kind": "raw", "body": 5}]}, r"faults\[0\]\.body"),
        ({"auth": {"clients": [{"client_id": "a"}]}}, r"auth\.clients\[0\]\.client_secret"),
    ],
)
def test_errors_name_their_place(keys: dict[str, Any], place: str) -> None:
    """Every wrong value is refused, with the file and the place in it."""
    with pytest.raises(UsageError, match=f"^a.yml: {place}"):
        parse(**keys)


@pytest.mark.parametrize("requests", [0, [], True, "x", "every 0", 1.5, [1, "2"]])
def test_requests_that_are_none(requests: object) -> None:
    """A choice of requests that cannot be understood is refused with all that can."""
    with pytest.raises(UsageError, match=r"^a.yml: faults\[0\]\.requests: found .*\n.*every 4"):
        parse(faults=[{"status": 503, "requests": requests}])


def test_ids_are_stable_and_differ() -> None:
    """Without ids runs get some: the same each time, no two alike."""
    runs = {"runs": [{"model": "a"}, {"model": "a"}, {"model": "b"}]}
    ids = [run.id for run in parse(**runs).planned]
    assert ids == [run.id for run in parse(**runs).planned]
    assert len(set(ids)) == 3


def test_a_run_may_never_end() -> None:
    """The duration `never` leaves a run running."""
    run = parse(runs=[{"model": "a", "duration": "never"}]).planned[0]
    assert {run.phase(run.start + age) for age in (0.0, 1e9)} == {Phase(status="Running")}


def test_history_ended_before_the_start() -> None:
    """Earlier runs end one every so often, the last of them that long before the start, outcomes in turn."""
    runs = parse(
        history=[{"model": "a", "durations": ["10s", 20, 30], "outcomes": ["Passed", "Failed"], "every": "1m"}]
    ).planned
    assert [run.start for run in runs] == [-190, -140, -90]
    assert [run.phases[-1] for run in runs] == [
        Phase(at=at, status=word) for at, word in ((10, "Passed"), (20, "Failed"), (30, "Passed"))
    ]


def test_two_histories_of_one_model_go_together() -> None:
    """A model's history may be given in two pieces."""
    assert len(parse(history=[{"model": "a", "durations": [1]}, {"model": "a", "durations": [1]}]).planned) == 2


def test_history_is_generated_log_normally() -> None:
    """Generated durations lie around the median, and are the same for the same seed."""
    keys = {"history": [{"model": "a", "generate": {"count": 201, "median": "8m", "spread": 0.3, "seed": 1}}]}
    lengths = [run.phases[-1].at for run in parse(**keys).planned]
    assert lengths == [run.phases[-1].at for run in parse(**keys).planned]
    logarithms = sorted(math.log(length / 480) for length in lengths)
    assert abs(logarithms[100]) < 0.1
    assert 0.2 < -logarithms[32] < 0.4  # the sixteenth percentile is one standard deviation down


def test_many_runs() -> None:
    """A scale test has models times runs, started together, with outcomes in the shares that were asked for."""
    runs = parse(many={"models": 3, "runs": 100, "duration": [2, 4], "outcome": {"Passed": 0.9, "Failed": 0.1}}).planned
    assert {run.model for run in runs} == {"model-001", "model-002", "model-003"}
    assert all(2 <= run.phases[-1].at <= 4 for run in runs)
    assert all(-0.1 < run.start <= 0 for run in runs)
    assert 15 <= sum(run.phases[-1].status == "Failed" for run in runs) <= 45


def test_many_runs_by_default() -> None:
    """Nothing said of them, 10,000 runs pass after 2 to 20 seconds."""
    runs = parse(many={}).planned
    assert len(runs) == 10_000
    assert {run.phases[-1].status for run in runs} == {"Passed"}
    assert all(2 <= run.phases[-1].at <= 20 for run in runs)
