"""Bad usage: refused before any request, with where the value came from and what would be right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from commands import HANG_S, Command, clean_environment
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"

# arguments, environment, settings file, and what the error says
BAD: dict[str, tuple[list[str], dict[str, str], str, list[str]]] = {
    "no run": ([], {}, "", ["no run is given", "DAI_RUN_ID"]),
    "unknown option": ([RUN, "--tiemout", "5m"], {}, "", ["no such option --tiemout; did you mean --timeout?"]),
    "no time": ([RUN, "--timeout", "0"], {}, "", ["--timeout: '0' is no time at all", "15m"]),
    "not a number": ([RUN, "--timeout", "nan"], {}, "", ["--timeout: 'nan' is not a duration", "15m"]),
    "negative": ([RUN, "--interval=-5s"], {}, "", ["--interval: '-5s' is not a duration"]),
    "from the environment": ([RUN], {"DAI_TIMEOUT": "soon"}, "", ["environment variable DAI_TIMEOUT: 'soon'"]),
    "from the file": ([RUN], {}, "timeout: soon", ["key 'timeout' in settings.yml: 'soon'"]),
    "yes as a duration": ([RUN], {}, "timeout: yes", ["key 'timeout' in settings.yml: 'yes' is not a duration"]),
    "unknown key": ([RUN], {}, "time-out: 5m", ["unknown setting 'time-out'", "Did you mean 'timeout'?"]),
    "far from any key": ([RUN], {}, "xyz: 5m", ["unknown setting 'xyz'", "Known settings: "]),
    "secret in the file": ([RUN], {}, "token: hush", ["settings.yml holds a secret: 'token'", "set DAI_TOKEN"]),
    "secret as a flag": ([RUN, "--token", "hush"], {}, "", ["--token: a secret on the command line", "DAI_TOKEN"]),
    "password as a flag": ([RUN, "--password=hush"], {}, "", ["--password: a secret", "DAI_PASSWORD"]),
    "secret in the address": ([RUN, "--url", "http://me:hush@x"], {}, "", ["--url: the address holds a user name"]),
    "no address": ([RUN, "--url", "dai.example.com"], {}, "", ["--url: 'dai.example.com' is not an address", "http"]),
    "bad port": ([RUN, "--url", "http://x:99999"], {}, "", ["--url: 'http://x:99999' is not an address"]),
    "query": ([RUN, "--url", "http://x/?a=b"], {}, "", ["--url", "query or fragment"]),
    "broken YAML": ([RUN], {}, "a: [", ["settings.yml is not valid YAML", "line"]),
    "a list as YAML": ([RUN], {}, "- a", ["settings.yml holds no settings"]),
    "a list for one value": ([RUN], {}, "timeout: [1, 2]", ["key 'timeout' in settings.yml: expected a single value"]),
    "an option twice in YAML": (
        [RUN],
        {},
        "timeout: 5m\njitter: 0.2\ntimeout: 6m",
        ["settings.yml is not valid YAML: duplicate key 'timeout' (line 3)"],
    ),
    "minutes and seconds": ([RUN], {}, "timeout: 1:30", ["key 'timeout' in settings.yml: '1:30' is not a duration"]),
    "keys for one value": ([RUN], {}, "timeout: {a: 1}", ["expected a single value, not keys and values"]),
    "keys for a list": (
        [RUN],
        {},
        "exit-code: {incomplete: 0, failed: 9}",
        ["expected a list, not keys and values", "Write it as `exit-code: [incomplete=0, failed=9]`."],
    ),
    "a list of keys": (
        [RUN],
        {},
        "exit-code: [{incomplete: 0}]",
        ["expected a list, not a list of keys and values", "Write it as `exit-code: [incomplete=0]`."],
    ),
    "a list of lists": ([RUN], {}, "abort-on: [[timeout]]", ["not a list of a list", "`abort-on: [one, two]`"]),
    "no such file": ([RUN, "--config", "none.yml"], {}, "", ["--config: none.yml cannot be read: No such file"]),
    "nothing in a list": ([], {}, "model: [null]", ["key 'model' in settings.yml: an entry of its list is empty"]),
    "nothing among exit codes": ([RUN], {}, "exit-code:\n- incomplete=0\n-", ["an entry of its list is empty"]),
    "report is a folder": ([RUN, "--junit", "."], {}, "", ["--junit: ", "folder"]),
    "report will be a folder": ([RUN, "--junit", "new/"], {}, "", ["--junit: new/ names a folder", "a file in it"]),
    "two reports in one file": (
        [RUN, "--json", "./a.xml"],
        {},
        "junit: a.xml",
        ["key 'junit' in settings.yml and --json: both name the file ./a.xml", "a file of its own"],
    ),
    "report from the environment": ([RUN], {"DAI_JSON": "/dev/null/x"}, "", ["environment variable DAI_JSON: "]),
    "two reports on stdout": ([RUN, "--junit", "-", "--json", "-"], {}, "", ["only one report", "Give the others"]),
    "exit code": ([RUN, "--exit-code", "failed=256"], {}, "", ["--exit-code", "0 to 125"]),
    "exit code of what": (
        [RUN, "--exit-code", "bad=1"],
        {},
        "",
        ["--exit-code", "passed, failed, incomplete", "not-found"],
    ),
    "factor": ([RUN, "--backoff-factor", "0.5"], {}, "", ["--backoff-factor: '0.5' is not a number from 1 up"]),
    "jitter": ([RUN, "--jitter", "1"], {}, "", ["--jitter: '1' is not a number from 0 up and below 1"]),
    "intervals": (
        [RUN, "--interval", "40s"],
        {},
        "",
        ["--interval and the default of --max-interval: the longest interval is shorter than the first one"],
    ),
    "link": ([RUN, "--results-url", "{url}/{run}"], {}, "", ["--results-url", "{run}", "{id}"]),
    "no token file": ([RUN, "--token-file", "t"], {"DAI_TOKEN": ""}, "", ["--token-file: t cannot be read"]),
    "two tokens": ([RUN, "--token-file", "t"], {}, "", ["both DAI_TOKEN and --token-file"]),
    "broken token": ([RUN], {"DAI_TOKEN": "hush\nhush"}, "", ["the token in DAI_TOKEN holds a line break"]),
    "run id": (["{an-id}"], {}, "", ["'{an-id}' is neither a run id", "Did you mean an-id?", "cecaf3f5"]),
    "empty run id": ([""], {}, "", ["run id: it is empty", "Is the variable that it comes from set?"]),
    "run ids with nothing between": (["a,,b"], {}, "", ["'a,,b' has an empty entry between its commas"]),
    "nothing on standard input": (["-"], {}, "", ["standard input holds no run id", "piped into dai-gate"]),
    "several on a line": (
        [RUN],
        {"DAI_EXIT_CODE": "timed-out=9 unknown=8"},
        "",
        ["DAI_EXIT_CODE: 'timed-out=9 unknown=8'", "Write several one per line in DAI_EXIT_CODE."],
    ),
    "several in a text": ([RUN], {}, "abort-on: timeout interrupt", ["Several are a list: `abort-on: [one, two]`."]),
    "neither yes nor no": ([RUN], {}, "fail-fast: maybe", ["settings.yml: 'maybe' is neither true nor false"]),
    "a port in letters": ([RUN, "--url", "http://localhost:abc"], {}, "", ["its port is not a whole number from 0"]),
    "an empty query": ([RUN, "--url", "http://localhost:1/?"], {}, "", ["--url: ", "has a query or fragment"]),
    "an empty fragment": ([RUN, "--url", "http://localhost:1/#"], {}, "", ["--url: ", "has a query or fragment"]),
    "the whole address": (
        [RUN, "--url", "http://localhost:1/x/API/Run/Progress/"],
        {},
        "",
        ["already ends in /api/run/progress", "use 'http://localhost:1/x'"],
    ),
    "loud and quiet": ([RUN, "-v", "-q"], {}, "", ["--verbose and --quiet cannot be used together"]),
    "loud here, quiet there": (
        [RUN, "-q"],
        {"DAI_VERBOSE": "1"},
        "",
        ["environment variable DAI_VERBOSE and --quiet cannot be used together"],
    ),
    "half a client": (
        [RUN],
        {"DAI_TOKEN": "", "DAI_CLIENT_ID": "me"},
        "",
        ["a client id is given (environment variable DAI_CLIENT_ID), but no client secret"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_usage(command: Command, serve: Serve, case: str) -> None:
    """Exit 2 before any request, the cause with its origin, the fix, and no secret in the words."""
    arguments, environment, content, words = BAD[case]
    server = serve()
    if content:
        (command.folder / "settings.yml").write_text(content)
        environment = {"DAI_CONFIG": "settings.yml", **environment}
    ended = command("wait", *(["--url", server.url] if "--url" not in arguments else []), *arguments, **environment)
    assert ended.code == 2, ended.err
    assert ended.err.startswith("dai-gate: error: ")
    assert [word for word in words if word not in ended.err] == []
    assert "hush" not in ended.err
    assert "Traceback" not in ended.err
    assert (ended.out, server.requests) == ("", [])


def test_precedence(command: Command, serve: Serve) -> None:
    """A flag wins over the environment, the environment over the file, the file over the default."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "1ms"}])
    file = command.folder / "settings.yml"
    file.write_text(f"url: {server.url}\nsuite-name: from-file\njunit: file.xml\n")

    def suite(*arguments: str, **environment: str) -> str:
        command("wait", RUN, *arguments, DAI_CONFIG="settings.yml", **environment)
        return (command.folder / "file.xml").read_text()

    assert 'name="from-file"' in suite()
    assert 'name="from-env"' in suite(DAI_SUITE_NAME="from-env")
    assert 'name="from-flag"' in suite("--suite-name", "from-flag", DAI_SUITE_NAME="from-env")
    assert 'name="from-file"' in suite(DAI_SUITE_NAME="")


def test_a_higher_layer_replaces_a_list(command: Command, serve: Serve) -> None:
    """A repeatable option is a list in the file and one value a line in its variable, which replaces the list."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "1ms", "outcome": "Incomplete"}])
    (command.folder / "settings.yml").write_text("exit-code: [incomplete=40, failed=41]")
    named = {"DAI_CONFIG": "settings.yml"}
    assert command.wait(server, RUN, **named).code == 40
    assert command.wait(server, RUN, DAI_EXIT_CODE="failed=42\npassed=43", **named).code == 3
    assert command.wait(server, RUN, DAI_EXIT_CODE="failed=42\nincomplete=44", **named).code == 44


def test_run_ids_come_from_the_environment_or_standard_input(command: Command, serve: Serve) -> None:
    """Ids are arguments, else DAI_RUN_ID; `-` stands for those on standard input."""
    runs = [{"id": name, "model": "M", "duration": "1ms"} for name in ("one", "two", "three")]
    server = serve(runs=runs)

    def ids(*arguments: str, stdin: str = "", **environment: str) -> list[str]:
        ended = command("wait", "--url", server.url, *arguments, stdin=stdin, **environment)
        return [line.split()[2] for line in ended.out.splitlines()]

    assert ids(DAI_RUN_ID="one\ntwo") == ["one", "two"]
    assert ids("three", DAI_RUN_ID="one") == ["three"]
    assert ids("one", "-", stdin="two\nthree\n") == ["one", "two", "three"]


def test_an_unwritable_folder_is_found_out_first(command: Command, serve: Serve, tmp_path: Path) -> None:
    """A report path below a file is refused before the first request, and nothing is left behind."""
    server = serve()
    (tmp_path / "file").write_text("x")
    ended = command("wait", "--url", server.url, "--junit", "file/junit.xml", RUN)
    assert (ended.code, server.requests) == (2, [])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file"]


def warnings(err: str) -> list[str]:
    return [line.removeprefix("dai-gate: warning: ") for line in err.splitlines() if "warning: " in line]


def test_what_may_not_be_what_was_meant_is_warned_of(command: Command, serve: Serve) -> None:
    """A misspelled variable and a default address are warned of, and are no error."""
    server = serve(runs=[{"id": "x", "model": "M", "duration": "1ms"}])
    given = {"DAI_TIMOUT": "5m", "DAI_SERVICES": "3", "DAI_GATE_VERDICT": "passed", "DAI_RUN_ID": "x"}
    ended = command("wait", "--url", server.url, **given)
    assert ended.code == 0
    assert warnings(ended.err) == [
        "unknown environment variables: DAI_SERVICES, DAI_TIMOUT (did you mean DAI_TIMEOUT?)"
    ]
    ended = command("wait", "x", "--timeout", "100ms", "--request-timeout", "100ms")
    default = "no --url, DAI_URL or url in the settings file: using the default http://localhost:8000"
    assert warnings(ended.err) == [default]


KUBERNETES = {
    "DAI_SERVICE_HOST": "10.0.0.1",
    "DAI_SERVICE_PORT": "8000",
    "DAI_SERVICE_PORT_HTTP": "8000",
    "DAI_PORT": "tcp://10.0.0.1:8000",
    "DAI_PORT_8000_TCP": "tcp://10.0.0.1:8000",
    "DAI_PORT_8000_TCP_PROTO": "tcp",
    "DAI_PORT_8000_TCP_PORT": "8000",
    "DAI_PORT_8000_TCP_ADDR": "10.0.0.1",
    "DAI_LICENSE_SERVER_SERVICE_HOST": "10.0.0.2",
    "DAI_LICENSE_SERVER_PORT_443_TCP_ADDR": "10.0.0.2",
}


def test_variables_of_others_are_passed_over_in_silence(command: Command, serve: Serve) -> None:
    """What Kubernetes sets for a service, and what the vendor's own software sets, is not warned of."""
    server = serve(runs=[{"id": "x", "model": "M", "duration": "1ms"}])
    vendor = {"DAI_VERSION": "7.4", "DAI_AGENT_NAME": "a", "DAI_AGENT_HOME": "/opt"}
    assert warnings(command("wait", "--url", server.url, "x", **KUBERNETES, **vendor).err) == []


@pytest.mark.parametrize("name", [".dai-gate.yml", ".dai-gate.yaml"])
def test_a_settings_file_that_nobody_named_decides_nothing(command: Command, serve: Serve, name: str) -> None:
    """A file in the working directory is not read, even with --quiet a warning says so, and how to name it."""
    server, other = serve(runs=[{"id": "x", "model": "M", "duration": "1ms", "outcome": "Failed"}]), serve()
    (command.folder / name).write_text(f"url: {other.url}\nexit-code: [failed=0]\nquiet: true\nmodel: M\n")
    for quiet in ((), ("-q",)):
        ended = command("wait", "x", *quiet, DAI_URL=server.url)
        assert ended.code == 1
        (warning,) = warnings(ended.err)
        assert warning.startswith(
            f"{name} is not read, since nobody named it: give --config {name} or DAI_CONFIG={name}"
        )
    assert other.requests == []


def test_the_log_begins_with_the_named_file_and_what_it_decides(command: Command, serve: Serve) -> None:
    """The first line names the file and each value of it that decides where credentials go and what passes."""
    server = serve(runs=[{"id": "x", "model": "M", "duration": "1ms", "outcome": "Failed"}])
    content = f"url: {server.url}\nexit-code: [failed=0, not-found=9]\nrequire: all\ntimeout: 5m\nlimit: 7\n"
    (command.folder / "ci.yml").write_text(content)
    for command_ in ("wait", "status"):
        first = command(command_, "x", "--config", "ci.yml", DAI_LIMIT="3").err.splitlines()[0]
        decided = f"url {server.url}"
        if command_ == "wait":
            decided = f"require all, exit-code failed=0, not-found=9, {decided}"
        assert first.split(maxsplit=1)[1] == f"settings file ci.yml: {decided}"


def test_quiet_hides_no_forced_exit_code(command: Command, serve: Serve) -> None:
    """A failed run that exits 0 is never passed over in silence, --quiet or not."""
    server = serve(runs=[{"id": "x", "model": "M", "duration": "1ms", "outcome": "Failed"}])
    (command.folder / "ci.yml").write_text("exit-code: [failed=0]\nquiet: true\n")
    ended = command("wait", "x", "--url", server.url, DAI_CONFIG="ci.yml")
    assert ended.code == 0
    assert "--exit-code failed=0: the pipeline continues as after a pass" in warnings(ended.err)


@pytest.mark.parametrize(
    ("redirection", "words"),
    [
        ("<&-", "standard input is closed"),
        ("0>file", "standard input cannot be read"),
        ("< latin", "standard input is not UTF-8 text"),
        ("< /dev/zero", "standard input holds more than 1 MiB"),
        ("< pipe", "standard input did not end within --timeout"),
    ],
)
def test_a_standard_input_that_gives_no_ids(command: Command, redirection: str, words: str) -> None:
    """Closed, write-only, not UTF-8, too long or never-ending: exit 2 within the timeout, whatever it is."""
    (command.folder / "latin").write_bytes(b"caf\xe9")
    os.mkfifo(command.folder / "pipe")
    script = f'exec 3<>pipe; exec "$@" {redirection}'
    done = subprocess.run(
        [
            "sh",
            "-c",
            script,
            "sh",
            sys.executable,
            "-m",
            "gate",
            "wait",
            "-",
            "--timeout",
            "1s",
            "--url",
            "http://x.invalid",
        ],
        cwd=command.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.startswith("dai-gate: error: -: ")


def test_usage_errors_are_json_once_the_format_is_known(command: Command) -> None:
    """With `--log-format json` an error of another value is one object, and holds the fix."""
    for ended in (
        command("wait", "x", "--log-format", "json", "--timeout", "soon"),
        command("wait", "x", "--tiemout", "1s", DAI_LOG_FORMAT="json"),
    ):
        (line,) = ended.err.splitlines()
        content = json.loads(line)
        assert ended.code == content["exit_code"] == 2
        assert (content["level"], content["event"]) == ("error", "usage-error")
        assert "timeout" in content["message"]


def test_a_description_in_which_nothing_passes_is_refused_for_a_wait(command: Command, serve: Serve) -> None:
    """`wait` refuses it before any request, `status` takes it."""
    server = serve(runs=[{"id": "x", "model": "M"}])
    text = 'request: {method: POST, path: /api/run/progress, form: {id: "{id}"}}\nanswer: {id: id, status: status}\n'
    (command.folder / "api.yml").write_text(text + "words: {running: [Running]}\n")
    ended = command("wait", "x", "--url", server.url, "--api", "api.yml")
    assert (ended.code, server.requests) == (2, [])
    assert "--api: nothing can pass" in ended.err
    ended = command("status", "x", "--url", server.url, "--api", "api.yml")
    assert ended.code == 0
    assert "API description api.yml (--api)" in ended.err
    for refused in (["start", "--model", "M", "--group", "G"], ["abort", "x"]):
        assert command(*refused, "--url", server.url, "--api", "api.yml").code == 2


@pytest.mark.parametrize("run_id", [".", ".."])
def test_an_id_that_would_lead_to_another_path_is_refused(command: Command, serve: Serve, run_id: str) -> None:
    """Where the id stands in the path, a dot segment is a usage error, and no request is sent."""
    server = serve(runs=[{"id": "x", "model": "M"}])
    text = "request: {path: '/runs/{id}'}\nanswer: {id: id, status: status}\nwords: {passed: [Passed]}\n"
    (command.folder / "api.yml").write_text(text)
    ended = command("wait", run_id, "--url", server.url, "--api", "api.yml")
    assert (ended.code, server.requests) == (2, [])
    assert "cannot be part of the path" in ended.err
