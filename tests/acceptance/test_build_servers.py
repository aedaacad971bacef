"""What build servers read, chosen by their variables, besides the reports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from commands import TOKEN, Command, clean_environment
from gate.simulator import Simulator
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"


def failing(serve: Serve) -> Simulator:
    return serve(runs=[{"id": RUN, "model": "Checkout", "outcome": "Failed", "duration": "1ms"}])


def test_github_gets_an_annotation_outputs_and_a_summary(command: Command, serve: Serve) -> None:
    """The annotation goes to the log, outputs and summary to the step's files, and the given token nowhere."""
    (command.folder / "summary.md").write_text("before\n")
    files = {"GITHUB_OUTPUT": "output.txt", "GITHUB_STEP_SUMMARY": "summary.md"}
    ended = command.wait(failing(serve), RUN, GITHUB_ACTIONS="true", **files)
    assert ended.code == 1
    assert len([line for line in ended.err.splitlines() if line.startswith("::error ")]) == 1
    assert TOKEN not in ended.err  # the runner masks what it was given
    output = (command.folder / "output.txt").read_text()
    for name, value in {"verdict": "failed", "exit-code": "1", "run-id": RUN, "junit": "junit.xml"}.items():
        assert f"{name}<<" in output
        assert f"\n{value}\n" in output
    summary = (command.folder / "summary.md").read_text()
    assert summary.startswith("before\n")
    assert "Checkout" in summary


@pytest.mark.parametrize("into_file", [False, True])
def test_a_token_obtained_on_the_way_is_masked(command: Command, serve: Serve, into_file: bool) -> None:
    """A token that a login brought is given to GitHub to be masked, the secret never is, and neither goes to a file."""
    login = {"clients": [{"client_id": "ci", "client_secret": "cl13nt-s3cret"}]}
    server = serve(runs=[{"id": RUN, "model": "Checkout", "duration": "1ms"}], auth=login)
    words = [sys.executable, "-m", "gate", "wait", "--url", server.url, RUN]
    variables = {"DAI_TOKEN": "", "DAI_CLIENT_ID": "ci", "DAI_CLIENT_SECRET": "cl13nt-s3cret", "GITHUB_ACTIONS": "true"}
    path = command.folder / "gate.log"
    with path.open("w") as log:
        done = subprocess.run(
            words,
            env=clean_environment(**variables),
            stdout=subprocess.DEVNULL,
            stderr=log if into_file else subprocess.PIPE,
            text=True,
            timeout=20,
            check=False,
        )
    err = path.read_text() if into_file else done.stderr
    assert done.returncode == 0, err
    assert ("::add-mask::" in err) is not into_file
    assert "cl13nt-s3cret" not in err


@pytest.mark.parametrize(
    ("variables", "sign"),
    [
        ({"TF_BUILD": "True"}, "##vso[task.logissue type=error"),
        ({"TEAMCITY_VERSION": "2026.1"}, "##teamcity[buildProblem "),
        ({"GITLAB_CI": "true"}, "\x1b[0Ksection_start:"),
        ({"GITHUB_ACTIONS": "true"}, "::error "),
    ],
)
def test_each_build_server_is_told_in_its_own_way(
    command: Command, serve: Serve, variables: dict[str, str], sign: str
) -> None:
    """The environment chooses what is written, on standard error alone, and --no-ci switches it off."""
    ended = command.wait(failing(serve), RUN, **variables)
    assert (ended.code, sign in ended.err) == (1, True)
    assert ended.out == f"failed  Checkout  {RUN}  1ms\n"
    assert sign not in command.wait(failing(serve), "--no-ci", RUN, **variables).err
    assert sign not in command.wait(failing(serve), RUN).err


def test_a_file_of_the_build_server_that_cannot_be_written_is_told(command: Command, serve: Serve) -> None:
    """A step's output file that is gone is complained of, and the verdict stays."""
    ended = command.wait(failing(serve), RUN, GITHUB_ACTIONS="true", GITHUB_OUTPUT="gone/output.txt")
    assert ended.code == 1
    assert "the step's outputs could not be written: No such file or directory" in ended.err


def test_every_format_is_written(command: Command, serve: Serve) -> None:
    """Markdown, dotenv and HTML are written where they are asked for."""
    command.wait(failing(serve), "--markdown", "a.md", "--dotenv", "a.env", "--html", "a.html", RUN)
    assert "failed" in (command.folder / "a.md").read_text()
    assert "DAI_GATE_VERDICT=failed\nDAI_GATE_EXIT_CODE=1\n" in (command.folder / "a.env").read_text()
    assert (command.folder / "a.html").read_text().lower().startswith("<!doctype html>")
