"""The action is a thin cover over the command: its inputs are the options of `dai-gate wait`, and the lists it installs
from are those of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from commands import clean_environment
from gate.settings.secrets import SECRETS
from gate.settings.sections import OPTIONS
from scripts import ROOT, script

WRITER = script("scripts/documents.py")
posix = pytest.mark.skipif(os.name == "nt", reason="the step is a script for bash, which Windows has only on runners")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def steps() -> dict[str, dict[str, Any]]:
    return {step["id"]: step for step in ACTION["runs"]["steps"]}


def locked(name: str) -> dict[str, str]:
    """Return the versions that a list of packages names."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


def test_inputs_are_the_options_of_the_command() -> None:
    """Each option of `dai-gate wait` is an input in the program's own words, and there is no other but the secrets."""
    options = ["config", *(each.key for each in OPTIONS)]
    assert set(ACTION["inputs"]) == {"run-id", *options, *SECRETS} - {"no-color"}
    assert {name: value["description"] for name, value in ACTION["inputs"].items()} == WRITER.action_inputs()


def test_each_input_is_one_variable_of_one_step() -> None:
    """An input reaches the command as its DAI_ variable alone; the workflow's own holds where it is empty."""
    variables = {name: "DAI_" + name.upper().replace("-", "_") for name in ACTION["inputs"]}
    expected = {variable: f"${{{{ inputs.{name} || env.{variable} }}}}" for name, variable in variables.items()}
    assert steps()["wait"]["env"] == expected


def test_documents_list_the_same_options() -> None:
    """The reference names the inputs of the action and those that are left out; README names a dozen or so of them."""
    options = set(ACTION["inputs"]) - {"run-id", *SECRETS} | {"no-color"}
    assert _options("docs/reference.md", "sections") == options - {"config"}
    assert _options("README.md", "options") < options
    assert 10 <= len(_options("README.md", "options")) <= 14


def _options(document: str, block: str) -> set[str]:
    """Return the options in the tables of a block of a document."""
    text = (ROOT / document).read_text(encoding="utf-8")
    [found] = re.findall(rf"<!-- {block} -->(.*?)<!-- /{block} -->", text, re.DOTALL)
    return set(re.findall(r"^\| `--([a-z-]+)`", found, re.MULTILINE))


def test_nothing_is_interpolated_into_a_script() -> None:
    """A script holds no expression, so that no input can become a command."""
    assert [step["id"] for step in steps().values() if "${{" in step["run"]] == []


def test_outputs_come_from_the_step_that_waits() -> None:
    """The outputs are those of the contract, each handed on from the command."""
    counts = ["passed", "failed", "total"]
    reports = ["junit", "json", "markdown", "dotenv", "html"]
    assert list(ACTION["outputs"]) == [
        *("verdict", "exit-code", "run-id", "run-ids", "reason"),
        *counts,
        "results-url",
        *reports,
    ]
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.wait.outputs.{name} }}}}"


def step(workspace: Path, action: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the step in a workspace, with the action in another folder."""
    own = {"GITHUB_ACTION_PATH": str(action), "RUNNER_TEMP": str(workspace.parent), **variables}
    command = [
        shutil.which("bash") or "bash",
        "--noprofile",
        "--norc",
        "-e",
        "-o",
        "pipefail",
        "-c",
        steps()["wait"]["run"],
    ]
    environment = clean_environment(**{"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **own})
    return subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Give a workspace in which every module that Python may look for leaves a mark when it is run."""
    workspace = tmp_path / "workspace"
    (workspace / "gate").mkdir(parents=True)
    for name in ("pip", "venv", "sitecustomize", "usercustomize", "json", "os", "certifi", "gate/__init__"):
        (workspace / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'a').write('{name} ')\n", "utf-8")
    return workspace


@posix
def test_one_file_is_run_where_it_is(hostile: Path, tmp_path: Path) -> None:
    """The file beside the action is run as it is, isolated from variables of Python and from the workspace."""
    action = tmp_path / "action"
    action.mkdir()
    (action / "dai-gate.pyz").write_text(
        "import sys\nprint(sys.argv[1:], sys.flags.isolated, sys.flags.utf8_mode)\nsys.exit(3)\n", "utf-8"
    )
    poisoned = {"PYTHONPATH": str(hostile), "PYTHONHOME": str(hostile), "PYTHONSTARTUP": str(hostile / "pip.py")}
    done = step(hostile, action, **poisoned)
    assert (done.returncode, done.stdout, done.stderr) == (3, "['wait'] 1 1\n", "")
    assert not (tmp_path / "executed").exists()


@posix
def test_packages_come_into_a_new_folder_with_pips_settings_shut_out(hostile: Path, tmp_path: Path) -> None:
    """Without the one file the packages are installed by hash; a variable of pip only says where they come from.

    What fails before the command starts ends with 2: 1 would say that the run failed.
    """
    shut_out = {"PIP_TARGET": str(hostile), "PIP_USER": "1", "PIP_PREFIX": str(hostile), "PIP_REQUIRE_VIRTUALENV": "1"}
    place = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "nothing")}
    (action := tmp_path / "action").mkdir()
    for lock in ROOT.glob("requirements*.lock"):
        shutil.copy(lock, action)
    done = step(hostile, action, **shut_out, **place, PYTHONPATH=str(hostile))
    assert done.returncode == 2, done.stderr
    assert done.stdout.startswith("::error title=dai-gate::The packages in requirements.lock cannot be installed.")
    assert "No matching distribution" in done.stderr
    (folder,) = tmp_path.glob("dai-gate.*")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "executed").exists()


@posix
def test_runner_without_python_gets_one_clear_error(tmp_path: Path) -> None:
    """Where there is no Python 3.11, one annotation says so and names the fix."""
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (tmp_path / "python3").chmod(0o755)
    done = step(tmp_path, ROOT, PATH=str(tmp_path))
    (line,) = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (2, "")
    assert line.startswith("::error title=dai-gate::There is no Python 3.11 or later on this runner.")
    assert "actions/setup-python" in line


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock"])
def test_lists_name_each_package_by_hash_and_no_index(name: str) -> None:
    """Every package of a list has a hash, and the list leaves it to the machine where packages come from."""
    text = (ROOT / name).read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z].*?(?=^[a-z#]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert packages
    assert [package for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in text
    assert "index" not in text


def test_lists_satisfy_the_project() -> None:
    """What the project needs to run and to be built stands in its lists, in versions that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {
        "requirements.lock": project["project"]["dependencies"],
        "requirements-build.lock": project["build-system"]["requires"],
    }
    for name, requirements in wanted.items():
        versions = locked(name)
        for requirement in map(Requirement, requirements):
            assert requirement.specifier.contains(versions[requirement.name.lower()]), requirement


def test_workflows_pin_each_action_by_its_hash() -> None:
    """Every action that the project's own workflow and its examples use is named by a full hash with its version."""
    files = [*(ROOT / ".github" / "workflows").glob("*.yml"), *(ROOT / "examples" / "github").glob("*.yml")]
    used = [line for file in files for line in re.findall(r"uses: (.*)", file.read_text(encoding="utf-8"))]
    assert used
    own = [line for line in used if re.match(r"\./|OWNER/dai-gate@", line)]
    assert own
    for line in set(used) - set(own):
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
