"""Every file for a pipeline is valid, by the schema or the linter of whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from e2e.pipelines.parts import EXAMPLES, ROOT, Ended, run, tool

ACTION = ROOT / "action.yml"
GITLAB = EXAMPLES / "gitlab" / ".gitlab-ci.yml"
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), EXAMPLES / "github" / "dai.yml"]
SCHEMAS = [
    ("github-actions", ACTION),
    *[("github-workflows", workflow) for workflow in WORKFLOWS],
    ("gitlab-ci", GITLAB),
    ("azure-pipelines", EXAMPLES / "azure" / "azure-pipelines.yml"),
    ("renovate", ROOT / "renovate.json"),
    ("azure-pipelines", EXAMPLES / "azure" / "wait-steps.yml"),
    ("circle-ci", EXAMPLES / "circleci" / "config.yml"),
    ("bitbucket-pipelines", EXAMPLES / "bitbucket" / "bitbucket-pipelines.yml"),
]


def check_schema(schema: str, file: Path) -> Ended:
    return run(tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(file), folder=ROOT)


def check_job(file: Path) -> Ended:
    return run(tool("kubernetes-validate"), "--strict", str(file), folder=ROOT)


def check_task(file: Path) -> Ended:
    return run(tool("tekton-lint"), "--max-warnings", "0", file.name, folder=file.parent)


@pytest.mark.parametrize(("schema", "file"), SCHEMAS, ids=lambda value: getattr(value, "name", value))
def test_file_is_valid_by_its_schema(schema: str, file: Path) -> None:
    """Whoever reads the file finds it valid."""
    check_schema(schema, file).expect(0)


def test_zizmor_finds_nothing() -> None:
    """The auditor of workflows has no finding, neither in our own nor in those that people copy."""
    run(tool("zizmor"), "--offline", "--no-progress", str(ACTION), *map(str, WORKFLOWS), folder=ROOT).expect(0)


def test_actionlint_finds_nothing() -> None:
    """The linter of workflows, which also knows contexts, runners and shells, has no finding."""
    run(tool("actionlint"), *map(str, WORKFLOWS), folder=ROOT).expect(0)


def test_act_reads_the_workflows(tmp_path: Path) -> None:
    """A stricter reader than the schema takes the workflows as well: it knows what expressions may refer to."""
    for workflow in WORKFLOWS:
        own = ["--workflows", str(workflow), "--action-cache-path", str(tmp_path), "--no-cache-server"]
        run(tool("act"), "--validate", "--strict", *own, folder=ROOT).expect(0)


@pytest.mark.parametrize("name", ["job.yml", "indexed-job.yml"])
def test_job_is_valid_by_the_schema_of_kubernetes(name: str) -> None:
    """The Job has nothing that Kubernetes does not know."""
    check_job(EXAMPLES / "kubernetes" / name).expect(0)


def test_indexed_job_splits_the_runs(tmp_path: Path) -> None:
    """Every run id goes to one pod: together they have them all, and none has another's."""
    spec = yaml.safe_load((EXAMPLES / "kubernetes" / "indexed-job.yml").read_text(encoding="utf-8"))["spec"]
    container = spec["template"]["spec"]["containers"][0]
    pods = next(each["value"] for each in container["env"] if each["name"] == "PODS")
    assert int(pods) == spec["completions"]
    ids = [f"run-{number}" for number in range(1, 11)]
    (tmp_path / "run-ids").write_text("\n".join(ids) + "\n", encoding="utf-8")
    split = container["args"][0].splitlines()[0].replace("/run/dai", str(tmp_path)).partition(" > ")[0]
    parts = [
        run("sh", "-euc", split, folder=tmp_path, PODS=pods, JOB_COMPLETION_INDEX=str(index)).out.split()
        for index in range(int(pods))
    ]
    assert sorted(each for part in parts for each in part) == sorted(ids)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_job_can_fail_by_exit_code() -> None:
    """The rules for exit codes hold: pods are not restarted in place, and the container is the one that is named."""
    job = yaml.safe_load((EXAMPLES / "kubernetes" / "job.yml").read_text(encoding="utf-8"))["spec"]
    pod = job["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    fail, ignore = job["podFailurePolicy"]["rules"]
    assert (fail["action"], ignore["action"]) == ("FailJob", "Ignore")
    assert fail["onExitCodes"]["containerName"] == pod["containers"][0]["name"]
    assert 0 not in fail["onExitCodes"]["values"]
    assert 5 not in fail["onExitCodes"]["values"]


def test_task_is_taken_by_the_linter_of_tekton() -> None:
    """The linter of Tekton, which knows parameters, results and workspaces, has neither error nor warning."""
    check_task(EXAMPLES / "tekton" / "task.yml").expect(0)


def test_validators_would_say_so(tmp_path: Path) -> None:
    """A file with a mistake is refused by each of them: that they say nothing above means something."""
    wrong = tmp_path / "wrong.yml"
    for check, file, right, mistake in (
        (lambda file: check_schema("github-actions", file), ACTION, "using: composite", "using: compost"),
        (lambda file: check_schema("gitlab-ci", file), GITLAB, "when: always", "when: ever"),
        (check_job, EXAMPLES / "kubernetes" / "job.yml", "backoffLimit", "backofLimit"),
        (check_task, EXAMPLES / "tekton" / "task.yml", "$(params.url)", "$(params.uri)"),
    ):
        text = file.read_text(encoding="utf-8")
        assert right in text
        wrong.write_text(text.replace(right, mistake), encoding="utf-8")
        assert check(wrong).code != 0, file
