"""The examples for a person's own machine: git asks the gate before it pushes or merges."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from e2e.pipelines.conftest import make_repository
from e2e.pipelines.parts import EXAMPLES, TOKEN, Ended, run
from gate.simulator import Simulator, parse_scenario

BRISK = {"DAI_TOKEN": TOKEN, "DAI_INTERVAL": "100ms", "DAI_MAX_INTERVAL": "200ms"}


class Repository:
    """A repository with a commit, and a bare one beside it to push to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bare = folder / "work", folder / "bare.git"
        self.folder.mkdir()
        (self.folder / "README.md").write_text("Hello\n", encoding="utf-8")
        make_repository(self.folder)
        self.git("init", "--quiet", "--bare", str(self.bare)).expect(0)
        self.git("remote", "add", "origin", str(self.bare)).expect(0)

    def git(self, *words: str) -> Ended:
        return run("git", *words, folder=self.folder, **BRISK)

    def point(self, server: Simulator) -> None:
        """Say where the server is, as the hook wants it; a file in the checkout says something else."""
        self.git("config", "dai-gate.url", server.url).expect(0)
        hostile = "url: http://127.0.0.1:9\nexit-code: [failed=0, unknown=0, denied=0]\nquiet: true\n"
        (self.folder / ".dai-gate.yml").write_text(hostile, encoding="utf-8")

    def heads(self) -> str:
        return self.git("ls-remote", "--heads", "origin").out


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Give a repository whose pushes are gated."""
    made = Repository(tmp_path)
    shutil.copy(EXAMPLES / "local" / "pre-push", made.folder / ".git" / "hooks")
    made.git("config", "dai-gate.model", "Checkout").expect(0)
    made.git("config", "dai-gate.group", "Smoke").expect(0)
    return made


def scenario(outcome: str) -> Simulator:
    keys = {"started": {"outcome": outcome, "duration": "500ms"}, "auth": {"tokens": [TOKEN]}}
    return Simulator(parse_scenario(keys, origin="test"))


def test_push_is_refused_when_the_run_failed(repository: Repository) -> None:
    """Nothing arrives on the other side when the run fails, and the reason is printed."""
    with scenario("Failed") as server:
        repository.point(server)
        ended = repository.git("push", "origin", "main")
    assert ended.code != 0
    assert "pre-push: nothing is pushed to refs/heads/main" in ended.err
    assert repository.heads() == ""


def test_push_goes_through_when_the_run_passed(repository: Repository) -> None:
    """The push arrives when the run passes: one run was started, of the model that was named."""
    with scenario("Passed") as server:
        repository.point(server)
        repository.git("push", "origin", "main").expect(0)
        started = [request.body for request in server.requests if request.path == "/api/run"]
    assert repository.heads().endswith("refs/heads/main\n")
    assert len(started) == 1
    assert b"Checkout" in started[0]


def test_push_of_another_branch_is_not_gated(repository: Repository) -> None:
    """A branch that is not gated is pushed without asking anybody."""
    repository.git("push", "origin", "main:topic").expect(0)
    assert repository.heads().endswith("refs/heads/topic\n")


@pytest.mark.parametrize("name", ["url", "model", "group"])
def test_push_with_a_setting_missing_is_refused(repository: Repository, name: str) -> None:
    """A hook that was not set up closes the branch instead of letting everything through, and says what is missing."""
    with scenario("Passed") as server:
        repository.point(server)
        repository.git("config", "--unset", f"dai-gate.{name}").expect(0)
        ended = repository.git("push", "origin", "main")
        assert server.requests == []
    assert ended.code != 0
    assert f"dai-gate.{name} is not set" in ended.err
    assert repository.heads() == ""


@pytest.mark.parametrize(("run_id", "code"), [("passed", 0), ("failed", 1), ("incomplete", 3)])
def test_branch_is_merged_when_its_run_passed(server: Simulator, tmp_path: Path, run_id: str, code: int) -> None:
    """A branch is merged when the run passed, and stays out with the gate's own exit code otherwise."""
    repository = Repository(tmp_path)
    for words in (
        ["switch", "--quiet", "--create", "topic"],
        ["commit", "--quiet", "--allow-empty", "--message", "Try"],
    ):
        repository.git(*words).expect(0)
    repository.git("switch", "--quiet", "main").expect(0)
    merge = str(EXAMPLES / "local" / "pre-merge")
    ended = run(merge, "topic", run_id, folder=repository.folder, DAI_URL=server.url, **BRISK)
    ended.expect(code)
    merged = repository.git("log", "--merges", "--format=%s", "main").out
    assert merged == ("Merge topic: the DAI run passed\n" if code == 0 else "")


def test_run_id_is_never_an_option(server: Simulator, tmp_path: Path) -> None:
    """What stands in place of the run id is asked about as an id, or refused, but never taken for an option."""
    repository = Repository(tmp_path)
    merge = str(EXAMPLES / "local" / "pre-merge")
    words = ("main", "--model=Checkout")
    ended = run(merge, *words, folder=repository.folder, DAI_URL=server.url, DAI_NOT_FOUND_GRACE="100ms", **BRISK)
    assert ended.code in {2, 5}, str(ended)
    assert [request for request in server.requests if b"modelName=Checkout" in request.body] == []


def test_merge_without_a_server_is_refused(tmp_path: Path) -> None:
    """Where nobody said which server to ask, nothing is merged."""
    repository = Repository(tmp_path)
    ended = run(str(EXAMPLES / "local" / "pre-merge"), "main", "passed", folder=repository.folder, DAI_TOKEN=TOKEN)
    ended.expect(2)
    assert "DAI_URL" in ended.err
