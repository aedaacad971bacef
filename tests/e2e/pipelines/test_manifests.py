"""Every file for a pipeline is valid, by the schema or the linter of whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from e2e.pipelines.parts import EXAMPLES, ROOT, Ended, run, tool

ACTION = ROOT / "action.yml"
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), EXAMPLES / "github" / "dai.yml"]
SCHEMAS = [
    ("github-actions", ACTION),
    *[("github-workflows", workflow) for workflow in WORKFLOWS],
    ("gitlab-ci", EXAMPLES / "gitlab" / ".gitlab-ci.yml"),
    ("azure-pipelines", EXAMPLES / "azure" / "azure-pipelines.yml"),
    ("renovate", ROOT / "renovate.json"),
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


def test_act_reads_the_workflows(tmp_path: Path) -> None:
    """A stricter reader than the schema takes the workflows as well: it knows what expressions may refer to."""
    for workflow in WORKFLOWS:
        own = ["--workflows", str(workflow), "--action-cache-path", str(tmp_path), "--no-cache-server"]
        run(tool("act"), "--validate", "--strict", *own, folder=ROOT).expect(0)


def test_job_is_valid_by_the_schema_of_kubernetes() -> None:
    """The Job has nothing that Kubernetes does not know."""
    check_job(EXAMPLES / "kubernetes" / "job.yml").expect(0)


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
        (lambda file: check_schema("gitlab-ci", file), SCHEMAS[-2][1], "when: always", "when: ever"),
        (check_job, EXAMPLES / "kubernetes" / "job.yml", "backoffLimit", "backofLimit"),
        (check_task, EXAMPLES / "tekton" / "task.yml", "$(params.url)", "$(params.uri)"),
    ):
        text = file.read_text(encoding="utf-8")
        assert right in text
        wrong.write_text(text.replace(right, mistake), encoding="utf-8")
        assert check(wrong).code != 0, file
