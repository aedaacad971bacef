"""The image, built by a real engine from the unmodified Dockerfile, at work on a network of containers."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.pipelines.parts import (
    BASE,
    CLIENT_ID,
    CLIENT_SECRET,
    EXAMPLES,
    PROJECT_URL,
    ROOT,
    SERVER,
    TOKEN,
    Ended,
    Engine,
    run,
    tool,
)

STRICT = ("--user", "12345:12345", "--read-only", "--cap-drop=ALL")
BRISK = ("--interval", "100ms", "--max-interval", "200ms")


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Give a folder that any user of a container may write to."""
    tmp_path.chmod(0o777)
    return tmp_path


def gate(engine: Engine, network: str, image: str, *arguments: str, options: tuple[str, ...] = ()) -> Ended:
    """Run `dai-gate wait` in a container of its own."""
    options = ("--rm", f"--network={network}", f"--env=DAI_TOKEN={TOKEN}", f"--env=DAI_URL={SERVER}", *options)
    return engine.docker("run", *options, image, "wait", *BRISK, *arguments, check=False)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["passed"], 0),
        (["failed"], 1),
        (["--timeout=never", "passed"], 2),
        (["incomplete"], 3),
        (["--timeout=500ms", "endless"], 4),
        (["--contact-timeout=500ms", "--url=http://dai:9", "passed"], 5),
    ],
)
def test_docker_run_ends_with_the_codes_of_the_gate(
    engine: Engine, network: str, image: str, arguments: list[str], code: int
) -> None:
    """What the gate says of a server in another container is the exit code of `docker run`."""
    ended = gate(engine, network, image, *arguments)
    ended.expect(code)


def test_docker_run_ends_with_6_for_a_wrong_token(engine: Engine, network: str, image: str) -> None:
    """A token that the server refuses makes `docker run` end with 6, and is not shown."""
    ended = gate(engine, network, image, "passed", options=("--env=DAI_TOKEN=n0t-the-t0ken",))
    ended.expect(6)
    assert "n0t-the-t0ken" not in ended.out + ended.err


def test_strictest_container_writes_its_reports(engine: Engine, network: str, image: str, reports: Path) -> None:
    """Any user, a read-only file system and no capability are enough; the reports are owned by that user."""
    ended = gate(
        engine,
        network,
        image,
        *("--junit=junit.xml", "--json=deep/report.json", "failed"),
        options=(*STRICT, f"--volume={reports}:/work"),
    )
    ended.expect(1)
    assert ET.parse(reports / "junit.xml").getroot().get("failures") == "1"
    assert json.loads((reports / "deep" / "report.json").read_text(encoding="utf-8"))["verdict"] == "failed"
    assert (reports / "junit.xml").stat().st_uid == 12345


def test_sigterm_writes_the_reports(engine: Engine, network: str, image: str, reports: Path) -> None:
    """A container that is asked to end does so with 143, and its reports say that it was interrupted."""
    with engine.started(
        *("run", "--rm", "--name=ended", f"--network={network}", *STRICT, f"--volume={reports}:/work"),
        *(f"--env=DAI_TOKEN={TOKEN}", f"--env=DAI_URL={SERVER}"),
        *(image, "wait", *BRISK, "--junit=junit.xml", "--json=report.json", "endless"),
    ) as process:
        assert process.stderr is not None
        assert any("Running" in line for line in process.stderr)
        engine.docker("stop", "--time=20", "ended")
        assert process.wait(30) == 143
    report = json.loads((reports / "report.json").read_text(encoding="utf-8"))
    assert (report["verdict"], report["exit_code"]) == ("interrupted", 143)
    assert report["polls"] > 0
    assert ET.parse(reports / "junit.xml").getroot().get("errors") == "1"


def test_image_is_small(engine: Engine, image: str) -> None:
    """The image is at most 25 MB larger than the one it is made from."""
    sizes = [int(engine.docker("image", "inspect", "--format={{.Size}}", name).out) for name in (image, BASE)]
    assert sizes[0] - sizes[1] <= 25_000_000


def test_image_says_what_it_is(engine: Engine, image: str) -> None:
    """Labels name what is inside, the entry point is the command itself, and the user is not root."""
    config = json.loads(engine.docker("image", "inspect", "--format={{json .Config}}", image).out)
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels.keys() >= {"title", "description", "licenses", "version", "revision", "base.name"}
    assert labels["source"] == labels["url"] == PROJECT_URL
    assert (labels["title"], labels["version"], labels["revision"]) == ("dai-gate", "1.2.3", "abc")
    assert config["Entrypoint"] == ["dai-gate"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", config["User"])


def test_modules_are_compiled(engine: Engine, image: str) -> None:
    """Nothing is written into a container that may write: what Python would compile is compiled already."""
    engine.docker("run", "--name=written", "--user=0", image, "demo", check=False)
    written = engine.docker("diff", "written").out
    engine.docker("rm", "written")
    assert [line for line in written.splitlines() if "/opt" in line or "pycache" in line] == []
    assert "demo-reports" in written


def test_shell_is_left_for_jobs(engine: Engine, image: str) -> None:
    """A job that runs a shell in the image, as GitLab and Jenkins do, finds the command and the image's own Python."""
    script = "dai-gate --version && python -c 'import sys; print(sys.prefix)'"
    ended = engine.docker("run", "--rm", "--entrypoint=", image, "sh", "-c", script)
    assert ended.out.splitlines()[0].startswith("dai-gate, version ")
    assert ended.out.splitlines()[1] == "/usr"


def test_tests_and_git_stay_outside(engine: Engine, image: str) -> None:
    """Only the package is in the image."""
    script = "ls -A /work /src 2>/dev/null; python -m pip --python /opt/dai-gate/bin/python list --format=freeze"
    names = engine.docker("run", "--rm", "--entrypoint=sh", image, "-c", script).out
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = re.findall(r"^[a-z][\w.-]+==\S+(?= \\$)", text, re.MULTILINE)  # a marker is another system's
    installed = {line.lower().replace("_", "-") for line in names.splitlines() if "==" in line}
    assert {line for line in installed if not line.startswith("dai-gate==")} == set(locked)


def test_hadolint_is_content() -> None:
    """The linter of Dockerfiles has nothing to say."""
    ended = run(tool("hadolint"), "Dockerfile", folder=ROOT)
    ended.expect(0)
    assert ended.out == ""


def test_docker_example_waits(engine: Engine, network: str, image: str, tmp_path: Path) -> None:
    """The example for `docker run` passes the code on and leaves its report in the project's folder."""
    client = tmp_path / "bin" / "docker"
    client.parent.mkdir()
    client.write_text(f'#!/bin/sh\nshift\nexec {tool("docker")} run --network {network} "$@"\n', encoding="utf-8")
    client.chmod(0o755)
    variables = {"DAI_CLIENT_ID": CLIENT_ID, "DAI_CLIENT_SECRET": CLIENT_SECRET, "DAI_URL": SERVER, **engine.variables}
    variables["DAI_GATE_IMAGE"] = image
    variables["PATH"] = f"{client.parent}:/usr/bin:/bin"
    ended = run(str(EXAMPLES / "docker" / "run"), "failed", folder=tmp_path, **variables)
    ended.expect(1)
    assert ET.parse(tmp_path / "reports" / "dai.xml").getroot().get("failures") == "1"


def job_in_docker(job: dict[str, Any], secret: Path) -> tuple[list[str], list[str]]:
    """Return the options and arguments with which Docker runs the container of a Job, as strictly as it says."""
    pod = job["spec"]["template"]["spec"]
    container = pod["containers"][0]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"]
    assert not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    user = f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    (mount,) = container["volumeMounts"]
    options = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--user={user}"]
    options += [f"--env={each['name']}={each['value']}" for each in container["env"]]
    options += [f"--volume={secret}:{mount['mountPath']}:ro"]
    return options, container["args"]


@pytest.mark.parametrize(("run_id", "code", "action"), [("passed", 0, None), ("failed", 1, "FailJob")])
def test_kubernetes_job_runs_as_it_says(
    engine: Engine, network: str, image: str, tmp_path: Path, run_id: str, code: int, action: str | None
) -> None:
    """The container of the Job runs as its manifest says; a verdict fails the Job at once, the report is its log."""
    job = yaml.safe_load((EXAMPLES / "kubernetes" / "job.yml").read_text(encoding="utf-8"))
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "client-secret").write_text(CLIENT_SECRET, encoding="utf-8")
    (secret / "client-secret").chmod(0o444)
    options, arguments = job_in_docker(job, secret)
    own = [f"--env=DAI_RUN_ID={run_id}", f"--env=DAI_URL={SERVER}"]
    ended = engine.docker("run", "--rm", f"--network={network}", *options, *own, image, *arguments, check=False)
    ended.expect(code)
    assert json.loads(ended.out)["exit_code"] == code
    rules = job["spec"]["podFailurePolicy"]["rules"]
    actions = [rule["action"] for rule in rules if code in rule.get("onExitCodes", {}).get("values", [])]
    assert actions == ([action] if action else [])
