"""The Jenkinsfile in real Groovy, its `sh` in a real container; Jenkins itself is a few steps of ours."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from e2e.pipelines.parts import CLIENT_SECRET, EXAMPLES, HERE, ROOT, SERVER, Ended, Engine, run, tool

JENKINSFILE = EXAMPLES / "jenkins" / "Jenkinsfile"


def build(engine: Engine, network: str, image: str, folder: Path, run_id: str) -> tuple[Ended, dict[str, Any]]:
    """Run the pipeline in a workspace; return what was logged, and what Jenkins would have taken in."""
    text = JENKINSFILE.read_text(encoding="utf-8")
    for example, real in (("registry.example.com/dai-gate:1", image), ("https://dai.example.com:8000", SERVER)):
        assert example in text
        text = text.replace(example, real)
    (folder / "Jenkinsfile").write_text(text, encoding="utf-8")
    given = {"DOCKER": tool("docker"), "DOCKER_RUN": f"--network={network} --env=DAI_INTERVAL=100ms"}
    given |= {"PARAMETER_DAI_RUN_ID": run_id, "SECRET_DAI_CLIENT_SECRET": CLIENT_SECRET, **engine.variables}
    ended = run(tool("groovy"), str(HERE / "jenkins.groovy"), "Jenkinsfile", "result.json", folder=folder, **given)
    ended.expect(0)
    return ended, json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("run_id", "result"), [("passed", "SUCCESS"), ("failed", "FAILURE"), ("incomplete", "UNSTABLE")]
)
def test_jenkinsfile_judges_by_exit_code(
    engine: Engine, network: str, image: str, tmp_path: Path, run_id: str, result: str
) -> None:
    """The build is as the run was, unstable for an incomplete one; in each case the JUnit file is there to be read."""
    ended, noted = build(engine, network, image, tmp_path, run_id)
    assert noted["result"] == result, str(ended)
    assert noted["stages"] == ["DAI"]
    assert noted["junit"] == ["reports/dai.xml"]
    assert ET.parse(tmp_path / "reports" / "dai.xml").getroot().get("tests") == "1"
    assert [file.name for file in tmp_path.glob(noted["archived"][0])] != []
    assert CLIENT_SECRET not in ended.out


LIBRARY = """
pipeline {
    agent { docker { image '%s'; args '--entrypoint=' } }
    parameters { string(name: 'RUN_ID', description: 'The run to wait for') }
    stages {
        stage('DAI') {
            steps {
                script {
                    daiGate(url: '%s', clientId: 'ci', credentialsId: 'dai-client-secret', runId: RUN_ID)
                }
            }
        }
    }
}
"""


@pytest.mark.parametrize(
    ("run_id", "result"),
    [("passed", "SUCCESS"), ("failed", "FAILURE"), ("incomplete", "UNSTABLE"), ("--model=Checkout", "FAILURE")],
)
def test_step_of_the_shared_library_judges_by_exit_code(
    engine: Engine, network: str, image: str, tmp_path: Path, run_id: str, result: str
) -> None:
    """The library's step ends the build like the run, publishes its tests, and takes no option for a run id."""
    (tmp_path / "Jenkinsfile").write_text(LIBRARY % (image, SERVER), encoding="utf-8")
    docker_run = f"--network={network} --env=DAI_INTERVAL=100ms --env=DAI_NOT_FOUND_GRACE=100ms"
    given = {"DOCKER": tool("docker"), "DOCKER_RUN": docker_run, **engine.variables}
    given |= {"PARAMETER_RUN_ID": run_id, "SECRET_DAI_CLIENT_SECRET": CLIENT_SECRET}
    words = [str(HERE / "jenkins.groovy"), "Jenkinsfile", "result.json", str(ROOT / "vars")]
    ended = run(tool("groovy"), *words, folder=tmp_path, **given)
    ended.expect(0)
    noted = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert noted["result"] == result, str(ended)
    assert noted["junit"] == ["reports/dai.xml"]


LINTED = [(JENKINSFILE.parent, "**/Jenkinsfile"), (ROOT / "vars", "**/*.groovy")]


@pytest.mark.parametrize(("folder", "pattern"), LINTED)
def test_linter_of_groovy_finds_no_error(folder: Path, pattern: str) -> None:
    """The linter, which also compiles, finds no error in the Jenkinsfile and the step of the shared library."""
    options = ["--noserver", "--parse", "--failon", "error"]
    run(tool("npm-groovy-lint"), *options, "--files", pattern, folder=folder).expect(0)
