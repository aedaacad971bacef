"""The examples for GitLab, Azure Pipelines and Tekton at work: what they hand to a shell really runs."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.pipelines.conftest import make_repository
from e2e.pipelines.parts import CLIENT_ID, CLIENT_SECRET, EXAMPLES, ROOT, SERVER, TOKEN, Ended, Engine, run, tool
from gate.simulator import Simulator, load_scenario

GITLAB = EXAMPLES / "gitlab" / ".gitlab-ci.yml"
AZURE = EXAMPLES / "azure" / "azure-pipelines.yml"
TASK = EXAMPLES / "tekton" / "task.yml"


def load(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("run_id", "code"), [("passed", 0), ("failed", 1)])
def test_gitlab_job_leaves_its_artifacts(server: Simulator, tmp_path: Path, run_id: str, code: int) -> None:
    """The job that gitlab-ci-local runs passes or fails like the run; its artifacts hold the JUnit and dotenv files."""
    project = tmp_path / "project"
    project.mkdir()
    text = GITLAB.read_text(encoding="utf-8").replace("https://dai.example.com:8000", server.url)
    (project / ".gitlab-ci.yml").write_text(text, encoding="utf-8")
    make_repository(project)
    run("git", "remote", "add", "origin", "https://gitlab.example.com/group/project.git", folder=project).expect(0)
    variables = {"DAI_RUN_ID": run_id, "DAI_CLIENT_SECRET": CLIENT_SECRET, "DAI_INTERVAL": "100ms"}
    given = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    ended = run(tool("gitlab-ci-local"), "--force-shell-executor", *given, folder=project, HOME=str(tmp_path))
    # It lets any code through where only some are allowed, unlike GitLab: what counts is how it says the job ended.
    assert ("FAIL 1" in ended.err) == (code == 1), str(ended)
    reports = project / ".gitlab-ci-local" / "artifacts" / "dai" / "reports"
    assert ET.parse(reports / "dai.xml").getroot().get("failures") == str(code)
    values = dict(line.split("=", 1) for line in (reports / "dai.env").read_text(encoding="utf-8").splitlines())
    assert values["DAI_GATE_VERDICT"] == run_id
    assert values["DAI_GATE_EXIT_CODE"] == str(code)


@pytest.mark.parametrize(("run_id", "code"), [("passed", 0), ("failed", 1), ("--model=Checkout", 5)])
def test_gitlab_component_makes_a_job(server: Simulator, tmp_path: Path, run_id: str, code: int) -> None:
    """The component's job has the name it is given, and passes or fails like the run; an option is no run id to it."""
    project = tmp_path / "project"
    (project / "templates").mkdir(parents=True)
    shutil.copy(ROOT / "templates" / "wait.yml", project / "templates")
    inputs = {"url": server.url, "client-id": CLIENT_ID, "run-id": run_id, "job-name": "gate", "timeout": "20s"}
    include = {"include": [{"local": "templates/wait.yml", "inputs": inputs}]}
    (project / ".gitlab-ci.yml").write_text(yaml.safe_dump(include), encoding="utf-8")
    make_repository(project)
    run("git", "remote", "add", "origin", "https://gitlab.example.com/group/project.git", folder=project).expect(0)
    variables = {"DAI_CLIENT_SECRET": CLIENT_SECRET, "DAI_INTERVAL": "100ms", "DAI_NOT_FOUND_GRACE": "100ms"}
    given = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    ended = run(tool("gitlab-ci-local"), "--force-shell-executor", *given, folder=project, HOME=str(tmp_path))
    assert (f"FAIL {code}" in ended.err + ended.out) == (code != 0), str(ended)
    report = project / ".gitlab-ci-local" / "artifacts" / "gate" / "reports" / "dai.json"
    if report.exists():
        assert json.loads(report.read_text(encoding="utf-8"))["exit_code"] == code
    assert report.exists() or code == 5
    assert [request for request in server.requests if b"modelName=Checkout" in request.body] == []


@pytest.mark.parametrize(("run_id", "code"), [("passed", 0), ("incomplete", 0), ("failed", 1)])
def test_circleci_step_runs(server: Simulator, tmp_path: Path, run_id: str, code: int) -> None:
    """The command of the CircleCI job passes, also for an incomplete run, or fails; it leaves what is published."""
    job = load(EXAMPLES / "circleci" / "config.yml")["jobs"]["dai"]
    step = job["steps"][0]["run"]
    assert job["environment"]["DAI_RUN_ID"] == "<< pipeline.parameters.run-id >>"
    script = step["command"].replace("cd /tmp", f"cd {tmp_path}")
    own = {**job["environment"], "DAI_RUN_ID": run_id, "DAI_URL": server.url, "DAI_CLIENT_SECRET": CLIENT_SECRET}
    run(*step["shell"].split(), "-c", script, folder=tmp_path, **own, DAI_INTERVAL="100ms").expect(code)
    assert (tmp_path / "reports" / "dai.xml").exists()


@pytest.mark.parametrize(("run_id", "code"), [("passed", 0), ("failed", 1)])
def test_bitbucket_step_runs(server: Simulator, tmp_path: Path, run_id: str, code: int) -> None:
    """The script of the Bitbucket step ends like the run, and leaves the JUnit file where Bitbucket takes it from."""
    step = load(EXAMPLES / "bitbucket" / "bitbucket-pipelines.yml")["pipelines"]["custom"]["dai"][1]["step"]
    script = "\n".join(["set -e", *step["script"]]).replace("https://dai.example.com:8000", server.url)
    own = {"DAI_RUN_ID": run_id, "DAI_CLIENT_SECRET": CLIENT_SECRET, "DAI_INTERVAL": "100ms"}
    run("sh", "-c", script, folder=tmp_path, **own).expect(code)
    assert (tmp_path / "test-results" / "dai.xml").exists()


def test_gitlab_job_runs_in_the_image(engine: Engine, network: str, image: str) -> None:
    """With the entry point that the example clears, a shell in the image runs the script that GitLab hands to it."""
    job = load(GITLAB)["dai"]
    assert job["image"]["entrypoint"] == [""]
    script = "\n".join(["set -e", "cd /tmp", *job["script"], "cat reports/dai.env"])
    own = {"DAI_RUN_ID": "passed", "DAI_URL": SERVER, "DAI_CLIENT_SECRET": CLIENT_SECRET}
    variables = {**job["variables"], **own}
    given = [f"--env={name}={value}" for name, value in variables.items()]
    ended = engine.docker("run", "--rm", f"--network={network}", "--entrypoint=", *given, image, "sh", "-c", script)
    assert "DAI_GATE_VERDICT=passed" in ended.out


def test_gitlab_lets_incomplete_through() -> None:
    """The one exit code that is allowed is that of an incomplete run."""
    assert load(GITLAB)["dai"]["allow_failure"] == {"exit_codes": 3}


def azure(folder: Path, url: str, run_id: str) -> Ended:
    """Run the steps of the Azure example that are scripts, as an agent would: the variables of each filled in."""
    install, wait = [step for step in load(AZURE)["jobs"][0]["steps"] if "bash" in step]
    assert install["bash"].startswith("python -m pip install ")  # what is tested here is installed already
    filled = {"DAI_CLIENT_SECRET": CLIENT_SECRET, "DAI_RUN_ID": run_id, "DAI_URL": url}
    assert wait["env"].keys() == filled.keys() | {"DAI_CLIENT_ID", "DAI_TIMEOUT"}
    own = {**wait["env"], **filled, "DAI_INTERVAL": "100ms", "TF_BUILD": "True"}
    return run("bash", "--noprofile", "--norc", "-c", wait["bash"], folder=folder, **own)


@pytest.mark.parametrize(("run_id", "code", "issues"), [("passed", 0, 0), ("incomplete", 0, 1), ("failed", 1, 0)])
def test_azure_steps_run(server: Simulator, tmp_path: Path, run_id: str, code: int, issues: int) -> None:
    """The script passes, passes with an issue for an incomplete run, or fails; and leaves what the next tasks take."""
    ended = azure(tmp_path, server.url, run_id)
    ended.expect(code)
    assert ended.out.count("##vso[task.complete result=SucceededWithIssues;]") == issues
    assert (tmp_path / "reports" / "dai.xml").exists()
    publish = next(step for step in load(AZURE)["jobs"][0]["steps"] if step.get("task") == "PublishTestResults@2")
    assert publish["inputs"]["testResultsFiles"] == "reports/dai.xml"


def fill(text: str, **values: str) -> str:
    """Replace the variables of a Task as Tekton does; one that is not known is an error."""
    return re.sub(r"\$\(([\w.-]+)\)", lambda match: values[match[1]], text)


@pytest.mark.parametrize(("run_id", "code"), [("passed", 0), ("incomplete", 3)])
def test_tekton_step_runs_in_the_image(
    engine: Engine, network: str, image: str, tmp_path: Path, run_id: str, code: int
) -> None:
    """The step's script runs in the image without any right, leaves its result and reports, and ends with the code."""
    (step,) = load(TASK)["spec"]["steps"]
    for folder in (tmp_path, *(tmp_path / name for name in ("reports", "results", "credentials"))):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)  # the user of the image is not the one of this test
    (tmp_path / "credentials" / "client-secret").write_text(CLIENT_SECRET, encoding="utf-8")
    (tmp_path / "script").write_text(step["script"], encoding="utf-8")
    (tmp_path / "script").chmod(0o755)
    values = {"params.run-id": run_id, "params.url": SERVER, "params.client-id": CLIENT_ID, "params.timeout": "50m"}
    values |= {f"workspaces.{name}.path": f"/tekton/{name}" for name in ("reports", "credentials")}
    values |= {"results.verdict.path": "/tekton/results/verdict"}
    given = [f"--env={each['name']}={fill(each['value'], **values)}" for each in step["env"]]
    own = [f"--network={network}", f"--volume={tmp_path}:/tekton", f"--workdir={fill(step['workingDir'], **values)}"]
    strict = ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only"]
    ended = engine.docker("run", "--rm", *own, *strict, *given, "--entrypoint=/tekton/script", image, check=False)
    ended.expect(code)
    assert (tmp_path / "results" / "verdict").read_text(encoding="utf-8") == f"{run_id}\n"
    assert (tmp_path / "reports" / "dai.xml").exists()


def test_scenario_of_the_examples_can_be_simulated(tmp_path: Path) -> None:
    """The scenario that README names is one that the simulator understands, and its token lets in."""
    with Simulator(load_scenario(EXAMPLES / "scenario.yml")) as server:
        ended = run("dai-gate", "status", "search-1", folder=tmp_path, DAI_URL=server.url, DAI_TOKEN=TOKEN)
    ended.expect(0)
    assert "search-1" in ended.out
