"""start, status, abort, simulate and demo, as a user runs them."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest

from commands import Command
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"


def test_start_prints_the_id_alone(command: Command, serve: Serve) -> None:
    """The new run's id is all that stands on standard output, and the documented form is sent."""
    server = serve(models=["Checkout"])
    ended = command("start", "--url", server.url, "--model", "Checkout", "--group", "Smoke", "--max-actions", "50")
    assert ended.code == 0
    assert ended.out == f"{server.runs()[0].id}\n"
    assert server.requests[0].body == b"modelName=Checkout&group=Smoke&maxActions=50"


@pytest.mark.parametrize(("outcome", "code"), [("Passed", 0), ("Failed", 1)])
def test_start_and_wait_is_one_line(command: Command, serve: Serve, outcome: str, code: int) -> None:
    """`start --wait` continues as the gate, from an empty folder, with the gate's output and exit code."""
    server = serve(models=["Checkout"], started={"duration": "500ms", "outcome": outcome, "visible_after": "50ms"})
    ended = command(
        "start", "--url", server.url, "--model", "Checkout", "--group", "G", "--wait", "--interval", "100ms"
    )
    assert ended.code == code, ended.err
    assert ended.out.split()[:3] == [outcome.lower(), "Checkout", server.runs()[0].id]


def test_an_agent_that_is_not_connected_is_explained(command: Command, serve: Serve) -> None:
    """A refused start says why in the server's words, and starts nothing a second time."""
    server = serve(models=["Checkout"], disconnected_agents=["Win7"])
    ended = command("start", "--url", server.url, "--model", "Checkout", "--group", "G", "--agent-name", "Win7")
    assert (ended.code, ended.out) == (5, "")
    assert "Agent Win7 is not connected to the server" in ended.err
    assert len(server.requests) == 1


def test_a_lost_answer_to_a_start_is_not_asked_for_again(command: Command, serve: Serve) -> None:
    """Where it is not known whether the run was started, the gate says so instead of starting it twice."""
    server = serve(models=["Checkout"], faults=[{"requests": 1, "path": "/api/run", "kind": "close", "executed": True}])
    ended = command("start", "--url", server.url, "--model", "Checkout", "--group", "G")
    assert (ended.code, len(server.runs())) == (5, 1)
    assert "the run may have been started: " in ended.err


@pytest.mark.parametrize("flags", [["--junit", "x.xml"], ["--timeout=5m"], ["--no-fail-fast"], ["--require", "all"]])
def test_a_start_alone_refuses_the_options_of_a_wait(command: Command, serve: Serve, flags: list[str]) -> None:
    """What only a wait heeds is refused as a flag without --wait, and left alone in the environment and the file."""
    server = serve(models=["Checkout"])
    (command.folder / ".dai-gate.yml").write_text("timeout: 5m")
    start = ("start", "--url", server.url, "--model", "Checkout", "--group", "G")
    ended = command(*start, *flags)
    assert (ended.code, server.requests) == (2, [])
    assert f"{flags[0].partition('=')[0].replace('--no-', '--')} needs --wait\n  Add --wait" in ended.err
    assert command(*start, DAI_JUNIT="x.xml").code == 0


def test_status_of_running_and_ended_runs(command: Command, serve: Serve) -> None:
    """One poll prints a table of ids and models, and exits with 0 whatever the runs say."""
    server = serve(
        runs=[
            {"id": RUN, "model": "Checkout", "duration": "never", "start": "-60s", "agent": "Win11"},
            {"id": "b", "model": "Search", "outcome": "Failed", "duration": "30s", "start": "-60s"},
            {"id": "c", "model": "Search", "outcome": "Passed", "duration": "30s", "start": "-90s"},
        ]
    )
    ended = command("status", "--url", server.url, RUN, "--model", "Search", "--limit", "2")
    rows = [line.split() for line in ended.out.splitlines()]
    assert ended.code == 0
    assert [row[:2] for row in rows] == [
        ["STATUS", "MODEL"],
        ["Running", "Checkout"],
        ["Failed", "Search"],
        ["Passed", "Search"],
    ]
    assert len(server.requests) == 2
    shown = json.loads(command("status", "--url", server.url, "b", "--json", "-").out)
    assert [(run["id"], run["status"], run["duration_s"]) for run in shown["runs"]] == [("b", "Failed", 30.0)]


def test_status_of_a_run_whose_id_is_the_name_of_a_model(command: Command, serve: Serve) -> None:
    """An id that is also the name of a model is asked about as an id, and its run is shown whatever its model."""
    runs = [{"id": "Search", "model": "Checkout"}, {"id": "b", "model": "Search"}]
    server = serve(runs=[{**run, "start": "-1m", "duration": "30s"} for run in runs])
    shown = json.loads(command("status", "--url", server.url, "Search", "--model", "Search", "--json", "-").out)
    assert [run["id"] for run in shown["runs"]] == ["Search", "b"]


def test_status_of_an_unknown_run(command: Command, serve: Serve) -> None:
    """A run that cannot be read is named with the reason, and the exit code is 5."""
    server = serve(runs=[{"id": RUN, "model": "M"}])
    ended = command("status", "--url", server.url, RUN, "nobody")
    assert ended.code == 5
    assert "nobody: " in ended.err
    assert "does not exist" in ended.err
    denied = command("status", "--url", server.url, RUN, DAI_TOKEN="wrong-token")
    assert (denied.code, "Sent: token in DAI_TOKEN." in denied.err) == (6, True)


def test_abort_finds_the_process_and_warns(command: Command, serve: Serve) -> None:
    """The run's process is found and aborted, with a note about schedules."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "never"}])
    ended = command("abort", "--url", server.url, RUN)
    assert ended.code == 0, ended.err
    assert "aborts the whole schedule" in ended.err
    assert server.runs()[0].status == "Incomplete"
    again = command("abort", "--url", server.url, RUN)
    assert (again.code, "nothing to abort" in again.err) == (0, True)


def test_abort_speaks_both_dialects(command: Command, serve: Serve) -> None:
    """A server that does not understand the documented `id` is asked with `processid`, as the vendor's client does."""
    fault = {"requests": 1, "path": "/api/run/abort", "status": 400}
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "never"}], faults=[fault])
    assert command("abort", "--url", server.url, RUN).code == 0
    bodies = [request.body.partition(b"=")[0] for request in server.requests if request.path.endswith("abort")]
    assert bodies == [b"id", b"processid"]


def test_abort_of_a_run_whose_word_nobody_knows(command: Command, serve: Serve) -> None:
    """A status that is not known is no end: the run may be running, and is aborted."""
    server = serve(runs=[{"id": RUN, "model": "M", "statuses": [{"at": "0s", "status": "Wobbling"}]}])
    ended = command("abort", "--url", server.url, RUN)
    assert [request.path for request in server.requests][:2] == ["/api/run/progress", "/api/run/abort"], ended.err


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ({"status": 403}, 6, "could not be aborted: "),
        ({"status": 401}, 6, "could not be aborted: "),
        ({"status": 500}, 5, "may not have been aborted: "),
        ({"status": 202}, 0, "aborted (the server says: "),
        ({"body": "html", "status": 200}, 5, "answered 200, but with an HTML page"),
    ],
)
def test_what_the_server_makes_of_an_abort(
    command: Command, serve: Serve, answer: dict[str, Any], code: int, words: str
) -> None:
    """A refusal is denied, any 2xx is a success, and the page of a login in front is none."""
    fault = {"requests": "1-9", "path": "/api/run/abort", **answer}
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "1h"}], faults=[fault])
    ended = command("abort", "--url", server.url, RUN)
    assert (ended.code, words in ended.err) == (code, True), ended.err


def test_abort_reads_a_run_id_from_standard_input(command: Command, serve: Serve) -> None:
    """A dash is standard input, as for `wait`; with nothing on it no request is sent."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "1h"}])
    assert command("abort", "--url", server.url, "-").code == 2
    assert server.requests == []
    assert command("abort", "--url", server.url, "-", stdin=f"{RUN}\n").code == 0


def test_abort_of_what_cannot_be_found(command: Command, serve: Serve) -> None:
    """A run that the server does not know cannot be aborted, and that is no success."""
    ended = command("abort", "--url", serve().url, RUN)
    assert ended.code == 5
    assert f"{RUN} could not be looked up" in ended.err


@pytest.mark.parametrize(("outcome", "code"), [("passed", 0), ("failed", 1), ("incomplete", 3), ("timed-out", 4)])
def test_demo_ends_as_it_was_asked_to(command: Command, outcome: str, code: int) -> None:
    """The demonstration exits with the gate's own code and leaves its reports, whatever the pipeline has set."""
    ended = command("demo", "--outcome", outcome, DAI_TIMEOUT="1ms", DAI_URL="http://127.0.0.1:1")
    assert ended.code == code, ended.err
    assert ended.out.split()[0] == outcome
    assert "demo-reports/junit.xml" in ended.err
    assert (command.folder / "demo-reports" / "junit.xml").is_file()


def test_simulate_serves_a_scenario_until_it_is_stopped(command: Command) -> None:
    """The simulated server says where it is, serves the scenario's runs, and ends with Ctrl-C."""
    (command.folder / "scenario.yml").write_text(f"runs: [{{id: {RUN}, model: M, outcome: Failed, duration: 1ms}}]")
    server = command.start("simulate", "--port", "0", "--scenario", "scenario.yml")
    url = server.until(";").split(" is at ")[1].split(";")[0]
    try:
        assert command("wait", "--url", url, RUN).code == 1
    finally:
        server.signal(signal.SIGTERM)
        ended = server.ended()
    assert ended.code == 143
    assert f"POST /api/run/progress id={RUN}: 200\n" in ended.err


def test_simulate_tells_what_reaches_it_and_no_secret(command: Command) -> None:
    """A line a request, what befell it, and no login; a scenario without runs says that it has none."""
    (command.folder / "s.yml").write_text("faults: [{requests: all, path: /auth, kind: close}]")
    server = command.start("simulate", "--port", "0", "--scenario", "s.yml")
    url = server.until(";").split(" is at ")[1].split(";")[0]
    try:
        command("status", "--url", url, RUN, DAI_TOKEN="", DAI_USERNAME="me", DAI_PASSWORD="hush-hush")
        taken = command("simulate", "--port", url.rpartition(":")[2])
    finally:
        server.signal(signal.SIGTERM)
        said = server.ended().err
    assert "it has no runs" in said
    assert "POST /auth: no answer (close)\n" in said
    assert "hush" not in said
    assert (taken.code, "Address already in use" in taken.err) == (2, True), taken.err


def test_help_and_version_load_no_http_library(command: Command) -> None:
    """What only describes the program does not load the HTTP library."""
    for arguments in (["--help"], ["--version"], ["wait", "--help"]):
        ended = command(*arguments, PYTHONPROFILEIMPORTTIME="1")
        assert ended.code == 0
        assert "gate.cli.app" in ended.err
        assert "requests" not in ended.err.replace("gate.requests", "")
        assert "rich" not in ended.err


def test_summaries_are_whole(command: Command) -> None:
    """The list of commands fits a terminal of 80 columns, and a wait's help says where run ids may come from."""
    assert "..." not in command("--help", COLUMNS="80").out.partition("Commands:")[2]
    assert "DAI_RUN_ID; - reads them from standard input" in command("wait", "--help", COLUMNS="100").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(command: Command, shell: str) -> None:
    """Each shell gets its script, and what the script asks for is answered."""
    assert "_DAI_GATE_COMPLETE" in command("completion", shell).out
    words = {"COMP_WORDS": "dai-gate wait --not", "COMP_CWORD": "2", "_DAI_GATE_COMPLETE": "bash_complete"}
    assert "--not-found-grace" in command(**words).out


def test_what_is_missing_is_named(command: Command) -> None:
    """A start without its model says which option is missing."""
    ended = command("start", "--group", "G")
    assert (ended.code, "--model is missing" in ended.err) == (2, True)


def test_status_says_once_what_is_wrong_with_many(command: Command) -> None:
    """Runs that could not be read for the same reason share a line; as JSON each has its own."""
    ids = [f"r{number}" for number in range(7)]
    ended = command("status", "--url", "http://127.0.0.1:1", *ids)
    (line,) = ended.err.splitlines()
    assert line.startswith("dai-gate: r0, r1, r2, r3, r4 and 2 more: 127.0.0.1:1 refused the connection.")
    assert len(command("status", "--url", "http://127.0.0.1:1", "--log-format", "json", *ids).err.splitlines()) == 7


def test_help_offers_what_can_be_used(command: Command) -> None:
    """`start` and `abort` refuse --api with the reason, and their help does not offer it; long rows are wrapped."""
    for name in ("start", "abort"):
        assert "--api" not in command(name, "--help").out
        assert command(name, "--help", COLUMNS="80").code == 0
    assert "--api" in command("wait", "--help").out
    table = command("wait", "--help", COLUMNS="80").out.partition("Exit codes:")[2]
    assert "internal" in table
    assert max(map(len, table.splitlines())) <= 80


def test_an_option_of_another_command_is_not_guessed_at(command: Command) -> None:
    """An option that looks like none of the command's own is named alone; dashes are no likeness."""
    ended = command("check", "--model", "Checkout")
    assert (ended.code, "no such option --model\n" in ended.err) == (2, True)
    assert "did you mean --verbose?" in command("check", "--verbos").err


def test_a_run_that_nobody_could_report_is_not_started(command: Command, serve: Serve) -> None:
    """With --wait a report path that cannot be written is found out before the run is started."""
    server = serve(models=["Checkout"])
    ended = command("start", "--url", server.url, "--model", "Checkout", "--group", "G", "--wait", "--junit", ".")
    assert (ended.code, server.requests) == (2, [])


def test_a_run_that_could_not_be_waited_for_is_not_started(command: Command, serve: Serve) -> None:
    """With --wait a rule that one run cannot satisfy is found out before the run is started."""
    server = serve(models=["Checkout"])
    start = ("start", "--url", server.url, "--model", "Checkout", "--group", "G")
    for ended in (command(*start, "--wait", "--require", "2"), command(*start, "--wait", DAI_REQUIRE="2")):
        assert (ended.code, server.requests) == (2, [])
        assert "2 runs must pass, but only 1 is named" in ended.err


def test_a_start_that_fails_leaves_red_reports(command: Command, serve: Serve) -> None:
    """With --wait the reports say why the run could not be started; those of an earlier wait do not outlive it."""
    server = serve(models=["Checkout"])
    (command.folder / "junit.xml").write_text("<testsuite tests='1'><testcase name='earlier'/></testsuite>")
    start = ("start", "--url", server.url, "--model", "Gone", "--group", "G", "--wait")
    ended = command(*start, "--junit", "junit.xml", "--json", "report.json")
    assert ended.code == 5, ended.err
    assert (ended.junit.get("errors"), ended.json["verdict"], ended.json["exit_code"]) == ("1", "unknown", 5)
    (run,) = ended.json["runs"]
    assert (run["model"], run["id"], run["reason"]) == ("Gone", None, "rejected")
    assert run["message"] in ended.err
    assert run["message"].startswith("the run could not be started: ")


def test_a_full_disk_does_not_cost_the_id_of_a_run(command: Command, serve: Serve) -> None:
    """Where the server's answer cannot be written, the id of the run that was started is printed all the same."""
    server = serve(models=["Checkout"])
    start = ("start", "--url", server.url, "--model", "Checkout", "--group", "G", "-q", "--json", "/dev/full")
    ended = command(*start)
    assert (ended.code, len(ended.out.split())) == (5, 1)
    assert "the server's answer could not be written to /dev/full: No space left on device" in ended.err


def test_the_log_of_a_start_begins_with_the_named_file(command: Command, serve: Serve) -> None:
    """With --wait, too, what a settings file decides is in the log before the run is started, and once."""
    server = serve(models=["Checkout"], started={"duration": "1ms"})
    (command.folder / "ci.yml").write_text("require: any\n")
    start = ("start", "--config", "ci.yml", "--url", server.url, "--model", "Checkout", "--group", "G", "--wait")
    lines = command(*start).err.splitlines()
    assert lines[0].endswith("settings file ci.yml: require any")
    assert [line for line in lines if "settings file" in line] == lines[:1]


@pytest.mark.parametrize("given", [("--model", "M"), (RUN,)])
def test_the_link_to_the_results_is_in_the_log_once_it_is_known(
    command: Command, serve: Serve, given: tuple[str, ...]
) -> None:
    """A link that needs the run's id or its model is logged when an answer has brought that."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "300ms"}])
    ended = command.wait(server, *given, "--results-url", "{url}/{model}/{id}")
    log = ended.err.splitlines()
    (at,) = (number for number, line in enumerate(log) if f"results: {server.url}/M/{RUN}" in line)
    assert "Running" in "".join(log[:at])
    assert "passed (exit code 0)" in "".join(log[at:])


def test_the_report_of_a_wait_is_not_overwritten_by_a_poll(command: Command, serve: Serve) -> None:
    """`json` in the settings file is the wait's report, and status leaves it alone."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "1ms"}])
    (command.folder / "settings.yml").write_text("json: report.json")
    assert command("status", "--config", "settings.yml", "--url", server.url, RUN).code == 0
    assert not (command.folder / "report.json").exists()


def test_the_command_to_resume_keeps_the_values_of_options(command: Command, serve: Serve) -> None:
    """A value that looks like a run id, and `-` as a value, are kept, and so are all ids."""
    server = serve(runs=[{"id": "x", "model": "M", "duration": "never"}])
    flags = ["--url", server.url, "--timeout=1s", "--suite-name", "x", "--junit", "-", "-v"]
    ended = command("wait", "-", *flags, stdin="x")
    rebuilt = f"--url {server.url} --verbose --timeout 1s --junit - --suite-name x"
    assert ended.err.splitlines()[-1].endswith(f"to resume: dai-gate wait x {rebuilt}")
