"""The action is a thin cover over the command: its inputs are the options of `dai-gate wait`, and the lists it installs
from are those of the project."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from gate.cli.app import dai_gate
from gate.settings import SECRETS
from gate.settings.params import Setting

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

# Options that make no sense in a workflow, each with the reason.
LEFT_OUT = {"no-color": "the log of a job is no terminal, and has no colours to switch off"}

RUN_ID = "The run to wait for; several are separated by blanks or lines."
SECRET = "A secret, which is never written to a file or a log: {0}."
SECRET_WORDS = {
    "token": "the access token",
    "client-secret": "the secret of client-id",
    "password": "the password of username",
}


def options() -> Iterator[Setting]:
    """Return the options of the command that the action offers, in their order."""
    for param in dai_gate.commands["wait"].params:
        if isinstance(param, Setting) and param.key not in LEFT_OUT:
            yield param


def expected_inputs() -> dict[str, dict[str, str]]:
    """Return what stands below `inputs`: the options as the program describes them, and the secrets."""
    inputs = {"run-id": {"description": RUN_ID}}
    for option in options():
        shown = f" Default: {option.default}." if option.show_default else ""
        inputs[option.key] = {"description": (option.help or "").replace("  [default: ", " [default: ") + shown}
    return inputs | {name: {"description": SECRET.format(SECRET_WORDS[name])} for name in SECRETS}


def expected_environment() -> dict[str, str]:
    """Return the variables of the step that runs the command; those of the workflow hold where an input is empty."""
    variables = {name: "DAI_" + name.upper().replace("-", "_") for name in expected_inputs()}
    return {variable: f"${{{{ inputs.{name} || env.{variable} }}}}" for name, variable in variables.items()}


def steps() -> dict[str, dict[str, Any]]:
    return {step["id"]: step for step in ACTION["runs"]["steps"]}


def locked(name: str) -> dict[str, str]:
    """Return the versions that a list of packages names."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


def test_inputs_are_the_options_of_the_command() -> None:
    """Each option of `dai-gate wait` is an input in the program's own words, and there is no other but the secrets."""
    assert ACTION["inputs"] == expected_inputs()


def test_each_input_is_one_variable_of_one_step() -> None:
    """An input reaches the command as its DAI_ variable and in no other way."""
    environment = steps()["wait"]["env"]
    assert {name: value for name, value in environment.items() if name.startswith("DAI_")} == expected_environment()
    assert "env" not in steps()["install"]


def test_documents_list_the_same_options() -> None:
    """The table of options, in README or below docs, names the inputs of the action besides those that are left out."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(document.read_text(encoding="utf-8") for document in documents)
    tables = re.findall(r"<!-- options -->(.*?)<!-- /options -->", text, re.DOTALL)
    listed = [name for table in tables for name in re.findall(r"^\| `--([a-z-]+)`", table, re.MULTILINE)]
    assert set(listed) == set(ACTION["inputs"]) - {"run-id", *SECRETS} | set(LEFT_OUT)


def test_nothing_is_interpolated_into_a_script() -> None:
    """A script holds no expression, so that no input can become a command."""
    assert [step["id"] for step in steps().values() if "${{" in step["run"]] == []


def test_outputs_come_from_the_step_that_waits() -> None:
    """The outputs are those of the contract, each handed on from the command."""
    assert list(ACTION["outputs"]) == ["verdict", "exit-code", "run-id", "results-url", "junit"]
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.wait.outputs.{name} }}}}"


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
