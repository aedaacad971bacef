"""The action and the workflows, run by `act`: the steps are real processes on this machine."""

from __future__ import annotations

import json
import os
import re
import signal
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from e2e.pipelines.parts import (
    BASE,
    CLIENT_SECRET,
    EXAMPLES,
    GATE,
    HERE,
    ROOT,
    TOKEN,
    Ended,
    Engine,
    run,
    started,
    tool,
)
from gate.simulator import Simulator, load_scenario

STEPS = {
    step["id"]: step for step in yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
}

SETUP_PYTHON = """\
name: stand-in for actions/setup-python
description: Give the job a Python of its own, made from this machine's.
inputs:
  python-version:
    description: Not heard.
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        python3 -m venv "$RUNNER_TEMP/python"
        echo "$RUNNER_TEMP/python/bin" >> "$GITHUB_PATH"
"""
STORE = """\
name: stand-in for an action that takes files
description: Copy what it is given to the folder OUT.
inputs:
  path: {description: Files.}
  files: {description: Files.}
  name: {description: Not heard.}
  comment_mode: {description: Not heard.}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        FILES: ${{ inputs.path || inputs.files }}
      run: cp -R $FILES "$OUT/"
"""


class Act:
    """Runs workflows of a checkout; `out` is the folder OUT that they write to, `memory` is where jobs have theirs."""

    def __init__(self, checkout: Path, folder: Path, memory: Path) -> None:
        self.checkout, self.folder, self.out, self.memory = checkout, folder, folder / "out", memory
        self.out.mkdir()
        (folder / "config" / "act").mkdir(parents=True)
        (folder / "config" / "act" / "actrc").touch()  # without it, act asks which images to use

    def command(self, workflow: Path, *options: str, event: str = "push") -> Sequence[str]:
        where = ["--directory", str(self.checkout), "--workflows", str(workflow)]
        alone = ["--no-cache-server", "--action-offline-mode", "--action-cache-path", str(self.memory / "act")]
        # The steps run on this machine: nothing shall be installed into its own Python.
        environment = ["--env=PIP_REQUIRE_VIRTUALENV=1", f"--env=OUT={self.out}"]
        return [
            tool("act"),
            event,
            *where,
            *alone,
            "--platform=ubuntu-latest=-self-hosted",
            *environment,
            *options,
        ]

    def variables(self) -> dict[str, str]:
        return {"XDG_CONFIG_HOME": str(self.folder / "config")}

    def __call__(self, workflow: Path, *options: str, event: str = "push", **variables: str) -> Ended:
        command = self.command(workflow, *options, event=event)
        return run(*command, folder=self.checkout, **{**self.variables(), **variables})

    def replace(self, action: str, workflow: Path, text: str) -> str:
        """Return the option that puts an action of ours in the place of one that cannot be fetched."""
        used = re.search(rf"uses: ({action}@\S+)", workflow.read_text(encoding="utf-8"))
        assert used is not None
        folder = self.folder / action.replace("/", "-")
        folder.mkdir()
        (folder / "action.yml").write_text(text, encoding="utf-8")
        return f"--local-repository={used[1]}={folder}"


@pytest.fixture
def act(checkout: Path, tmp_path: Path, memory: Path) -> Act:
    """Give a runner of workflows in the checkout."""
    return Act(checkout, tmp_path, memory)


@pytest.fixture(scope="module")
def outcomes(tagged: Path, memory: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path]:
    """Run the workflow that uses the action once for each way to end; give what was logged, and the folder OUT."""
    runner = Act(tagged, tmp_path_factory.mktemp("outcomes"), memory)
    with Simulator(load_scenario(HERE / "scenario.yml")) as server:
        ended = runner(HERE / "outcomes.yml", f"--var=URL={server.url}", f"--secret=DAI_TOKEN={TOKEN}")
    ended.expect(0)
    return ended, runner.out


OUTCOMES = {"passed": 0, "failed": 1, "incomplete": 3, "timed-out": 4, "denied": 6}


@pytest.mark.parametrize(("verdict", "code"), OUTCOMES.items())
def test_step_has_outcome_and_outputs(outcomes: tuple[Ended, Path], verdict: str, code: int) -> None:
    """The outcome of the step and its outputs show how the run ended."""
    step = json.loads((outcomes[1] / "steps.json").read_text(encoding="utf-8"))[verdict]
    assert step["outcome"] == ("success" if code == 0 else "failure")
    outputs = step["outputs"]
    run_id = {"timed-out": "endless", "denied": "passed"}.get(verdict, verdict)
    assert (outputs["verdict"], outputs["exit-code"], outputs["run-id"]) == (verdict, str(code), run_id)
    assert outputs["results-url"].endswith(f"/results/{run_id}")
    assert outputs["junit"] == f"reports/{verdict}.xml"
    suite = ET.parse(outcomes[1] / outputs["junit"]).getroot()
    assert int(suite.get("failures", 0)) + int(suite.get("errors", 0)) == (code != 0)


@pytest.mark.parametrize("verdict", OUTCOMES)
def test_step_has_a_summary(outcomes: tuple[Ended, Path], verdict: str) -> None:
    """The summary of the step says in its title how the run ended, and links to the results."""
    summaries = re.findall(r"Summary - \n(# .*?\n)(?=\[outcomes)", outcomes[0].out, re.DOTALL)
    (outputs,) = {summary for summary in summaries if re.match(rf"# \S+ dai-gate: {verdict}\n", summary)}
    assert "/results/" in outputs


def test_each_run_that_did_not_pass_is_annotated(outcomes: tuple[Ended, Path]) -> None:
    """There is one annotation for each run that did not pass, and none for one that did."""
    found = re.findall(r"::error title=([\w-]+)|❗\s+::error[^:]*title=([\w-]+)", outcomes[0].out)
    assert sorted(first or second for first, second in found) == sorted(set(OUTCOMES) - {"passed"})


def test_secrets_are_masked(outcomes: tuple[Ended, Path]) -> None:
    """The runner masks the secrets it knows; the gate prints none that it was given, not even to have it masked."""
    assert "the token is ***, the one that was refused n0t-the-t0ken" in outcomes[0].out
    assert "add-mask" not in outcomes[0].out


def test_cancelled_step_leaves_reports(act: Act, server: Simulator) -> None:
    """A job that is cancelled in the middle leaves reports that say so, and not green or nothing."""
    command = act.command(HERE / "cancelled.yml", f"--var=URL={server.url}", f"--secret=DAI_TOKEN={TOKEN}")
    with started(*command, folder=act.checkout, **act.variables()) as process:
        assert process.stdout is not None
        assert any("Running" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert json.loads((act.out / "report.json").read_text(encoding="utf-8"))["verdict"] == "interrupted"
    assert ET.parse(act.out / "junit.xml").getroot().get("errors") == "1"


def step(server: Simulator, action: Path, **variables: str) -> dict[str, str]:
    """Return the environment of the action's step."""
    own = {"GITHUB_ACTION_PATH": str(action), "DAI_URL": server.url, "DAI_TOKEN": TOKEN, "DAI_INTERVAL": "100ms"}
    return {**own, **variables}


def test_signal_to_the_entry_process_reaches_the_gate(server: Simulator, tagged: Path, tmp_path: Path) -> None:
    """SIGINT to the process that the runner started, all that a cancelled job sends, ends the wait with 130."""
    (tmp_path / "script").write_text(STEPS["wait"]["run"], encoding="utf-8")
    own = step(server, tagged, DAI_RUN_ID="endless", DAI_JSON="report.json")
    with started("bash", "-e", "-o", "pipefail", "script", folder=tmp_path, **own) as process:
        assert process.stderr is not None
        assert any("Running" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["exit_code"]) == ("interrupted", 130)


@pytest.mark.parametrize("one_file", [True, False], ids=["one file", "packages"])
def test_workspace_cannot_pass_itself_off_as_the_gate(
    server: Simulator, tagged: Path, checkout: Path, tmp_path: Path, one_file: bool
) -> None:
    """No module of the workspace, whatever its name, is run, nor do variables of Python and pip change anything."""
    workspace = tmp_path / "workspace"
    (workspace / "gate").mkdir(parents=True)
    for name in ("pip", "venv", "sitecustomize", "requests", "gate/__init__", "gate/__main__"):
        (workspace / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w')\n", encoding="utf-8")
    own = step(server, tagged if one_file else checkout, DAI_RUN_ID="failed", RUNNER_TEMP=str(tmp_path))
    own |= {"PYTHONPATH": str(workspace), "PIP_TARGET": str(workspace), "PIP_USER": "1", "PIP_PREFIX": str(workspace)}
    run("bash", "-e", "-o", "pipefail", "-c", STEPS["wait"]["run"], folder=workspace, **own).expect(1)
    assert not (tmp_path / "executed").exists()
    assert len(list(workspace.iterdir())) == 5


@pytest.mark.parametrize(
    ("platform", "version"),
    [("win_amd64", "3.11"), ("win_amd64", "3.14"), ("macosx_11_0_arm64", "3.12"), ("manylinux_2_17_aarch64", "3.14")],
)
def test_packages_can_be_had_for_other_runners(tmp_path: Path, platform: str, version: str) -> None:
    """On other systems and Pythons the list of packages is met by ready-made ones, so that nothing is compiled."""
    runner = [f"--platform={platform}", f"--python-version={version}", "--only-binary=:all:", "--no-deps"]
    own = ["--dry-run", "--require-hashes", "--disable-pip-version-check", "--target=packages"]
    command = [
        f"{GATE}/python",
        "-m",
        "pip",
        "install",
        *own,
        *runner,
        "--requirement",
        str(ROOT / "requirements.lock"),
    ]
    run(*command, folder=tmp_path).expect(0)


JOBS = {
    "lint": [],
    "test": ["--matrix=python:3.11"],
    "ranges": ["--matrix=end:lowest"],
    "wheel": [],
    "action": ["--matrix=system:ubuntu-latest"],
    "image": [],
}


@pytest.mark.parametrize("job", JOBS)
def test_jobs_of_the_own_workflow_succeed(act: Act, engine: Engine, job: str, tmp_path: Path) -> None:
    """The jobs of the project's own workflow succeed, those of a matrix on one of its systems and Pythons."""
    workflow = ROOT / ".github" / "workflows" / "ci.yml"
    setup = act.replace("actions/setup-python", workflow, SETUP_PYTHON)
    (tmp_path / "client").mkdir()
    # The base that the Dockerfile names by its digest cannot be pulled here.
    build = f'[ "$1" != build ] || {{ shift; set -- build --build-arg PYTHON_IMAGE={BASE} "$@"; }}'
    client = tmp_path / "client" / "docker"
    client.write_text(f'#!/bin/sh\n{build}\nexec {tool("docker")} "$@"\n', encoding="utf-8")
    client.chmod(0o755)
    options = [f"--env={name}={value}" for name, value in engine.variables.items()]
    # `make test` has run all tests already: here it is enough to see that the jobs find and run some.
    options += ["--env=PYTEST_ADDOPTS=-k 'test_verdicts and passed or test_duration'", "--env=CORE_COVERAGE=0"]
    path = f"{tmp_path / 'client'}:{os.environ['PATH']}"
    event = "workflow_dispatch" if job == "ranges" else "push"
    ended = act(workflow, setup, *options, f"--job={job}", *JOBS[job], event=event, PATH=path)
    ended.expect(0)
    assert "Job succeeded" in ended.out


@pytest.mark.parametrize(
    ("run_id", "code", "warned"),
    [("passed", 0, False), ("incomplete", 0, True), ("failed", 1, False)],
)
def test_github_example_decides(
    act: Act, server: Simulator, checkout: Path, run_id: str, code: int, warned: bool
) -> None:
    """The example passes on Passed, warns on Incomplete, stops on all else, and hands the JUnit file on each time."""
    example = EXAMPLES / "github" / "dai.yml"
    text = example.read_text(encoding="utf-8").replace("https://dai.example.com:8000", server.url)
    text = text.replace("          timeout: 90m\n", "          interval: 100ms\n          not-found-grace: 100ms\n")
    workflow = act.folder / "dai.yml"
    workflow.write_text(text, encoding="utf-8")
    ended = act(
        workflow,
        f"--local-repository=OWNER/dai-gate@REF={checkout}",
        *(
            act.replace(name, example, STORE)
            for name in ("actions/upload-artifact", "EnricoMi/publish-unit-test-result-action")
        ),
        *(f"--input=run-id={run_id}", f"--secret=DAI_CLIENT_SECRET={CLIENT_SECRET}"),
        event="workflow_dispatch",
    )
    ended.expect(code)
    assert ("The run did not complete" in ended.out) == warned
    assert ET.parse(act.out / "dai.xml").getroot().get("tests") == "1"
