"""What is written for the build server that runs the gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from gate.core.verdict import Verdict
from gate.reports import azure, ci, github, gitlab, markdown, teamcity
from gate.reports.ci import SYSTEMS, BuildServer, System
from reporting import make_report, make_run

REPORT = make_report(make_run(Verdict.FAILED))


def server(*systems: str, written: list[str], folder: Path | None = None) -> BuildServer:
    output, summary = (str(folder / name) if folder else None for name in ("output", "summary"))
    return BuildServer(systems, written.append, output=output, summary=summary)


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_gets_commands_of_its_own(system: str) -> None:
    """The log gets the lines of the build server at hand."""
    written: list[str] = []
    assert server(system, written=written).publish(REPORT, {}) == {}
    module = {"github": github, "gitlab": gitlab, "azure": azure, "teamcity": teamcity}[system]
    assert written == module.lines(REPORT)


def test_without_a_build_server_nothing_is_written(tmp_path: Path) -> None:
    """Where no build server is at hand, nothing is written anywhere."""
    written: list[str] = []
    nobody = server(written=written, folder=tmp_path)
    nobody.mask("hunter2")
    assert nobody.publish(REPORT, {"junit": "junit.xml"}) == {}
    assert written == []
    assert list(tmp_path.iterdir()) == []


def test_github_has_files(tmp_path: Path) -> None:
    """The step's outputs and its summary go to the files that GitHub named."""
    assert server("github", written=[], folder=tmp_path).publish(REPORT, {"junit": "junit.xml"}) == {}
    assert "\njunit.xml\n" in (tmp_path / "output").read_text()
    assert (tmp_path / "summary").read_text() == f"\n{markdown.render(REPORT)}"


def test_what_fails_is_reported_and_the_rest_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is gone, and lines that cannot be made, take nothing else with them."""

    def fail(*arguments: object) -> list[str]:
        raise KeyError("surprise")

    monkeypatch.setattr(github, "lines", fail)
    written: list[str] = []
    both = BuildServer(
        ["github", "azure"], written.append, output=str(tmp_path / "gone" / "x"), summary=str(tmp_path / "summary")
    )
    assert both.publish(REPORT, {}) == {
        "the lines for github": "the lines for github could not be written: KeyError: 'surprise'",
        "the step's outputs": "the step's outputs could not be written: No such file or directory",
    }
    assert written == azure.lines(REPORT)
    assert (tmp_path / "summary").exists()


def test_what_cannot_be_loaded_takes_nothing_else_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the module for one build server is gone during the wait, the other still gets its lines."""

    def gone() -> System:
        raise ModuleNotFoundError("gate.reports.gitlab")

    monkeypatch.setattr(ci, "SYSTEMS", {**SYSTEMS, "gitlab": gone})
    written: list[str] = []
    assert list(server("gitlab", "azure", written=written).publish(REPORT, {})) == ["the lines for gitlab"]
    assert written == azure.lines(REPORT)


def test_secrets_are_masked_where_that_can_be_asked_for() -> None:
    """GitHub and Azure hide a word that is masked; the others are not shown it."""
    written: list[str] = []
    server(*SYSTEMS, written=written).mask("hunter2")
    assert written == ["::add-mask::hunter2", "##vso[task.setsecret]hunter2"]


def test_a_secret_is_not_written_into_a_file() -> None:
    """Where the log is a file, which nobody masks, the secret is not written into it."""
    written: list[str] = []
    BuildServer(["github", "azure"], written.append, masks=False, output=None, summary=None).mask("hunter2")
    assert written == []


def test_a_log_of_objects_gets_no_line(tmp_path: Path) -> None:
    """Where the log is for a collector, only the files of the build server are written."""
    output, summary = (str(tmp_path / name) for name in ("output", "summary"))
    without_log = BuildServer(["github", "teamcity"], None, output=output, summary=summary)
    without_log.mask("hunter2")
    assert without_log.publish(REPORT, {}) == {}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["output", "summary"]


def test_a_log_that_is_gone_is_no_reason_to_stop() -> None:
    """A secret that cannot be masked, because nobody reads the log, is not printed either."""

    def gone(line: str) -> None:
        raise BrokenPipeError

    BuildServer(["github"], gone, output=None, summary=None).mask("hunter2")
