"""What `make dist` builds, and the workflow that releases it, as far as it goes without a forge."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from e2e.pipelines.parts import PROJECT_URL, ROOT, TOKEN, run, tool
from e2e.pipelines.test_github import SETUP_PYTHON, Act
from gate import __version__
from gate.simulator import Simulator

WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"
UPLOAD = """\
name: stand-in for actions/upload-artifact
description: Keep what a job hands on.
inputs:
  name: {description: What it is called.}
  path: {description: A folder.}
  if-no-files-found: {description: Not heard.}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", FILES: "${{ inputs.path }}"}
      run: cp -R "$FILES" "$OUT/$NAME"
"""
DOWNLOAD = UPLOAD.replace("upload", "download").replace('cp -R "$FILES" "$OUT/$NAME"', 'cp -R "$OUT/$NAME" "$FILES"')


def names(release: Path, pattern: str) -> set[str]:
    (file,) = release.glob(pattern)
    if file.suffix == ".gz":
        with tarfile.open(file) as archive:
            return {name.partition("/")[2] for name in archive.getnames()}
    with zipfile.ZipFile(file) as opened:
        return set(opened.namelist())


def test_two_builds_are_the_same_bytes(release: Path, tagged: Path, tmp_path: Path) -> None:
    """The same files in another folder, built with the same Python, give the same bytes."""
    moment = run("git", "log", "-1", "--format=%ct", folder=ROOT).out.strip()
    words = [str(tagged / "release" / "build.py"), "--to", str(tmp_path / "dist"), "--pythons", sys.executable]
    subprocess.run([tool("git"), "rm", "--quiet", "--cached", "dai-gate.pyz"], cwd=tagged, check=True)
    try:
        run(sys.executable, *words, folder=tmp_path, SOURCE_DATE_EPOCH=moment, PROJECT_URL=PROJECT_URL).expect(0)
    finally:
        subprocess.run([tool("git"), "add", "dai-gate.pyz"], cwd=tagged, check=True)
    first, second = ((folder / "SHA256SUMS").read_text("utf-8") for folder in (release, tmp_path / "dist"))
    assert first == second
    assert len(first.splitlines()) == 4


def test_checksums_are_those_of_the_files(release: Path, tmp_path: Path) -> None:
    """The script that compares them is content, and is not where a file was changed."""
    copied = tmp_path / "dist"
    shutil.copytree(release, copied)
    command = (sys.executable, "-I", str(ROOT / "release" / "sums.py"), str(copied))
    run(*command, folder=tmp_path).expect(0)
    with (copied / "dai-gate.pyz").open("ab") as file:
        file.write(b"\0")
    run(*command, folder=tmp_path).expect(1)


def test_packages_hold_what_was_meant(release: Path) -> None:
    """The wheel is the package and its metadata; the sdist has only files that git knows, and those it needs."""
    wheel = names(release, "*.whl")
    assert {name for name in wheel if not re.match(r"gate/(\w+/)*\w+\.py$|dai_gate-[\d.a-z]+\.dist-info/", name)} == {
        "gate/py.typed",
        "gate/reports/report.css",
    }
    sdist = {name for name in names(release, "*.tar.gz") if name}
    top = {name.partition("/")[0] for name in sdist}
    known = subprocess.run([tool("git"), "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = set(known.stdout.split())
    assert sdist - tracked == {"PKG-INFO"}
    assert {"gate", "tests", "docs", "release", "examples", "templates", "vars", "schemas"} <= top
    assert {"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "action.yml", "Dockerfile"} <= top


def test_one_file_has_no_compiled_parts_and_all_licences(release: Path) -> None:
    """Nothing in it is for one system alone, and each package in it has its licence beside it."""
    inside = names(release, "dai-gate.pyz")
    assert [name for name in inside if name.endswith((".so", ".pyd", ".dll"))] == []
    packages = {name.split("/")[1] for name in inside if ".dist-info/" in name}
    assert len(packages) >= 9
    licensed = {name.split("/")[1] for name in inside if re.search(r"\.dist-info/.*(LICEN[CS]E|COPYING)", name)}
    assert packages == licensed


def test_one_file_leaves_nothing_behind(release: Path, server: Simulator, tmp_path: Path) -> None:
    """Nothing is unpacked or cached: temporary folder, home and working directory are as empty as before."""
    folders = [tmp_path / name for name in ("tmp", "home", "work")]
    for folder in folders:
        folder.mkdir()
    own = {"TMPDIR": str(folders[0]), "HOME": str(folders[1]), "DAI_URL": server.url, "DAI_TOKEN": TOKEN}
    words = (sys.executable, "-I", str(release / "dai-gate.pyz"), "wait", "--interval", "100ms", "passed")
    run(*words, folder=folders[2], **own).expect(0)
    assert [list(folder.iterdir()) for folder in folders] == [[], [], []]


def test_one_file_runs_its_demonstration_and_no_folder_of_that_name(release: Path, tmp_path: Path) -> None:
    """`demo` starts the same file again, not a package `gate` of the working directory or of Python."""
    (tmp_path / "gate").mkdir()
    (tmp_path / "gate" / "__init__.py").write_text("raise SystemExit(99)\n", encoding="utf-8")
    words = (sys.executable, "-I", str(release / "dai-gate.pyz"), "demo", "--outcome", "failed")
    run(*words, folder=tmp_path).expect(1)


def test_linters_of_packages_find_nothing(release: Path, tmp_path: Path) -> None:
    """twine, check-wheel-contents and pyroma have nothing to say, but that no author has an address."""
    (wheel,), (sdist,) = release.glob("*.whl"), release.glob("*.tar.gz")
    run(tool("twine"), "check", "--strict", str(wheel), str(sdist), folder=tmp_path).expect(0)
    run(tool("check-wheel-contents"), str(wheel), folder=tmp_path).expect(0)
    own = ("--min", "10", "--skip-tests", "AuthorEmail")
    run(tool("pyroma"), *own, str(sdist), folder=tmp_path, PROJECT_URL=PROJECT_URL).expect(0)


@pytest.fixture
def act(checkout: Path, tmp_path: Path, memory: Path) -> Act:
    """Give a runner of workflows in a copy of the checkout, whose CHANGELOG dates the section of this version."""
    folder = tmp_path / "tree"
    shutil.copytree(checkout, folder, symlinks=True)
    changelog = (folder / "CHANGELOG.md").read_text("utf-8")
    dated = changelog.replace(f"## [{__version__}] - Unreleased\n", f"## [{__version__}] - 2030-01-01\n")
    (folder / "CHANGELOG.md").write_text(dated, encoding="utf-8")
    commit = ("commit", "--quiet", "--all", "--allow-empty", "--message", "Release")
    subprocess.run([tool("git"), *commit], cwd=folder, check=True)
    return Act(folder, tmp_path, memory)


def release_job(act: Act, tag: str, job: str, *options: str) -> tuple[int, str]:
    """Run a job of the workflow as a push of a tag would."""
    subprocess.run([tool("git"), "tag", "--force", tag], cwd=act.checkout, check=True, capture_output=True)
    event = act.folder / "event.json"
    event.write_text(f'{{"ref": "refs/tags/{tag}", "ref_name": "{tag}"}}', encoding="utf-8")
    kinds = {"setup-python": SETUP_PYTHON, "upload-artifact": UPLOAD, "download-artifact": DOWNLOAD}
    replaced = [act.replace(f"actions/{name}", WORKFLOW, text) for name, text in kinds.items()]
    ended = act(WORKFLOW, *replaced, f"--job={job}", f"--eventpath={event}", *options, PATH=os.environ["PATH"])
    for folder in act.folder.glob("actions-*"):
        shutil.rmtree(folder)
    return ended.code, str(ended)


def test_release_workflow_refuses_a_wrong_tag(act: Act) -> None:
    """A tag that is not the version's ends the workflow before anything is built."""
    code, log = release_job(act, "v99.0.0", "build")
    assert code != 0
    assert f"the tag is v99.0.0, but gate.__version__ is {__version__}" in log
    assert list(act.out.iterdir()) == []


def test_release_workflow_builds_and_tests(act: Act) -> None:
    """The job that builds hands on what it built, twice the same, with its notes; the next one tests just that."""
    # All acceptance tests run elsewhere: here it is enough to see that both artifacts are tested.
    options = ("--matrix=system:ubuntu-latest", "--matrix=python:3.11")
    few = "--env=PYTEST_ADDOPTS=-k 'test_verdicts and passed' -p no:randomly"
    code, log = release_job(act, f"v{__version__}", "test", *options, few)
    assert code == 0, log
    assert (act.out / "notes" / "notes.md").read_text("utf-8").startswith("### ")
    assert (act.out / "dist" / "dai-gate.pyz").exists()
    assert log.count(" passed") >= 2


def test_release_workflow_publishes_after_the_tests_alone() -> None:
    """No job that publishes starts before the tests, and only those jobs may write or have a token."""
    jobs = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    writing = {name for name, job in jobs.items() if "write" in job["permissions"].values()}
    assert writing == {"index", "image", "manifest", "release"}
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "build": None,
        "test": "build",
        "index": "test",
        "image": "test",
        "manifest": "image",
        "release": ["index", "manifest"],
    }
