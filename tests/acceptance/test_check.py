"""`dai-gate check` on good set-ups, and on broken ones, each of which has its own fix."""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from certificates import LOOPBACK, expired, self_signed, server_context, write
from commands import TOKEN, Command, Ended
from gate.clock import SystemClock
from gate.simulator import Simulator, parse_scenario

KEYCLOAK = "/auth/realms/eggplant/protocol/openid-connect/token"
SECRET = "cl1ent-s3cret"
AUTH = {"tokens": [TOKEN], "clients": [{"client_id": "ci", "client_secret": SECRET}]}
CLIENT = {"DAI_TOKEN": "", "DAI_CLIENT_ID": "ci", "DAI_CLIENT_SECRET": SECRET}


@dataclass
class Setup:
    """A set-up to be checked: what the server does, and what the user gives."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)
    stack: ExitStack = field(default_factory=ExitStack)

    def serve(self, tls: ssl.SSLContext | None = None, clock: SystemClock | None = None, **scenario: Any) -> Simulator:
        parsed = parse_scenario({"auth": AUTH, **scenario}, origin="test")
        return self.stack.enter_context(Simulator(parsed, tls=tls, clock=clock))

    @property
    def bundle(self) -> str:
        return write(self.authority.cert_pem, self.folder / "ca.pem")

    def closed(self) -> int:
        """Return a port that refuses connections, and that nobody else can be given."""
        held = self.stack.enter_context(socket.socket())
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port

    def listen(self) -> str:
        """Return the address of a server that takes connections and says nothing."""
        listener = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    made = Setup(tmp_path)
    with made.stack:
        yield made


def topics(ended: Ended) -> list[tuple[str, str]]:
    """Return level and topic of each line; a fix is a line of its own that begins with blanks."""
    lines = [line for line in ended.out.splitlines() if not line.startswith(" ")]
    return [(line.split()[0], line.split()[1]) for line in lines]


def test_a_good_set_up(command: Command, setup: Setup) -> None:
    """Over TLS with a private authority and client credentials each step has a line that says ok."""
    server = setup.serve(tls=server_context(setup.authority.issue_cert(*LOOPBACK)))
    ended = command("check", "--url", server.url, "--ca-bundle", setup.bundle, **CLIENT)
    assert ended.code == 0, ended.out + ended.err
    steps = ["settings", "settings", "settings", "name", "connection", "TLS", "credentials", "clock", "progress"]
    steps += ["path", "path", "path", "generation"]
    assert topics(ended) == [("ok", step) for step in steps]
    assert ended.err == ""
    assert f"url: {server.url} (--url)" in ended.out
    assert "client-id: ci (environment variable DAI_CLIENT_ID)" in ended.out
    assert "the secret from environment variable DAI_CLIENT_SECRET: a token that lives 5m" in ended.out
    assert "TLSv1.3, certificate of " in ended.out
    assert "issued by trustme" in ended.out
    assert SECRET not in ended.out


def test_harmless_requests(command: Command, setup: Setup) -> None:
    """The server is asked about a run that cannot exist, once at each path that a generation of the API has."""
    server = setup.serve(runs=[{"id": "a", "model": "M"}])
    ended = command("check", "--url", server.url)
    first, *others = server.requests
    assert (first.method, first.path, list(first.parameters)) == ("POST", "/api/run/progress", ["id"])
    nobody = first.parameters["id"]
    assert [(each.method, each.path.partition("?")[0]) for each in others] == [
        ("GET", "/api/v2/test_config_results"),
        ("GET", f"/api/v2/test_config_results/{nobody}"),
        ("GET", f"/ai/testconfigtasks/{nobody}"),
    ]
    assert "POST /api/run/progress answered" in ended.out
    assert "generation   classic" in ended.out
    assert ended.out.count("no such run, or no such path") == 1


def test_the_given_run_is_asked_for_at_each_path(command: Command, setup: Setup) -> None:
    """With a run id the newer paths are asked about that run, and no id is asked for."""
    server = setup.serve(runs=[{"id": "a", "model": "M"}])
    ended = command("check", "a", "--url", server.url)
    assert [each.path for each in server.requests if each.method == "GET"] == [
        "/api/v2/test_config_results?test_config_id=a",
        "/api/v2/test_config_results/a",
        "/ai/testconfigtasks/a",
    ]
    assert "Give the id of a run" not in ended.out
    assert "unless that 404" not in ended.out
    unknown = command("check", "b", "--url", server.url).out
    assert "unless that 404" in unknown
    assert "Give the id of a run" in unknown


@pytest.mark.parametrize(
    ("run_id", "paths"),
    [
        ("../../api/run/abort?x=1", []),
        ("%2e%2e", []),
        ("a/b?c=d#e", ["/api/v2/test_config_results/a%2Fb%3Fc%3Dd%23e", "/ai/testconfigtasks/a%2Fb%3Fc%3Dd%23e"]),
    ],
)
def test_an_id_leads_to_no_other_path(command: Command, setup: Setup, run_id: str, paths: list[str]) -> None:
    """What an id holds is part of its own segment of a path, or the path is not asked for."""
    server = setup.serve()
    command("check", "--url", server.url, "--", run_id)
    asked = [each.path for each in server.requests if each.method == "GET"]
    assert [path for path in asked if not path.startswith("/api/v2/test_config_results?test_config_id=")] == paths


def test_each_field_of_a_run_is_shown(command: Command, setup: Setup) -> None:
    """With a run id the answer about it is shown field by field, with the raw word and how it is read."""
    server = setup.serve(runs=[{"id": "a", "model": "M", "statuses": [{"at": "0s", "status": "Running"}]}])
    ended = command("check", "a", "--url", server.url)
    assert ended.code == 0, ended.out
    for words in ("id (id): a", "status (status): 'Running' is read as running", "model (modelname): M"):
        assert words in ended.out
    assert command("check", "--url", server.url, DAI_RUN_ID="a").out.count("(id): a") == 1
    assert command("check", "{a", "--url", server.url).code == 2


def test_a_run_that_is_answered_shows_that_the_api_is_there(command: Command, setup: Setup) -> None:
    """Where the server says no more than "Not Found" of an unknown run, one that it knows is proof enough."""
    vague = {"requests": [1], "kind": "status", "status": 404, "body": "json"}
    server = setup.serve(runs=[{"id": "a", "model": "M"}], faults=[vague])
    ended = command("check", "a", "--url", server.url)
    assert (ended.code, "generation   classic" in ended.out) == (0, True), ended.out
    assert command("check", "--url", setup.serve(faults=[vague]).url).code == 5


def test_a_wrong_end_is_shown_as_it_is_read(command: Command, setup: Setup) -> None:
    """Where the server writes an end with the wrong offset, the repaired end is shown beside it."""
    run = {"id": "a", "model": "M", "start": "-10s", "duration": "5s"}
    scenario = {"runs": [run], "auth": AUTH, "clock": {"offset": "+05:30", "end_time": "lying"}}
    server = setup.stack.enter_context(Simulator(parse_scenario(scenario, origin="test")))
    (line,) = [line for line in command("check", "a", "--url", server.url).out.splitlines() if "ended at" in line]
    assert re.search(r"\+00:00, which the server writes as .*\+05:30$", line)


def test_a_word_that_nobody_knows_fails(command: Command, setup: Setup) -> None:
    """A run whose word is not in the table is a FAIL, and so is a run that the server does not know."""
    server = setup.serve(runs=[{"id": "a", "model": "M", "statuses": [{"at": "0s", "status": "Wobbling"}]}])
    ended = command("check", "a", "--url", server.url)
    assert (ended.code, ("FAIL", "run") in topics(ended)) == (5, True)
    assert "'Wobbling' is not among the words of run-progress" in ended.out
    ended = command("check", "b", "--url", server.url)
    assert (ended.code, ("FAIL", "run") in topics(ended)) == (5, True)
    assert "no such run, or no such path" in ended.out


def test_a_description_and_the_generations(command: Command, setup: Setup) -> None:
    """With a description the path in force is the described one, and the classic path is tried as well."""
    (setup.folder / "api.yml").write_text(
        "request: {path: '/runs/{id}'}\nanswer: {id: key, status: state}\nwords: {running: [GO], passed: [OK]}\n"
    )
    server = setup.serve(runs=[{"id": "a", "model": "M"}])
    ended = command("check", "--url", server.url, "--api", "api.yml")
    assert ended.code == 5
    assert ("FAIL", "progress") in topics(ended)
    assert "path         POST /api/run/progress answered" in ended.out


@pytest.mark.parametrize("unknown", ["not-found-404", "bad-request-400", "null", "empty-array", "message-200"])
def test_any_answer_of_the_api_is_ok(command: Command, setup: Setup, unknown: str) -> None:
    """What the server says about an unknown run is not documented: any answer of the API itself will do."""
    server = setup.serve(unknown_run=unknown)
    ended = command("check", "--url", server.url)
    assert (ended.code, ("ok", "progress") in topics(ended)) == (0, True)


Broken = tuple[Sequence[str], dict[str, str]]


def no_server(setup: Setup) -> Broken:
    return ["--url", f"http://127.0.0.1:{setup.closed()}"], {}


def no_name(_: Setup) -> Broken:
    return ["--url", "http://dai.invalid"], {}


def plain_http(setup: Setup) -> Broken:
    return ["--url", setup.serve().url.replace("http:", "https:")], {}


def private_authority(setup: Setup) -> Broken:
    return ["--url", setup.serve(tls=server_context(setup.authority.issue_cert(*LOOPBACK))).url], {}


def another_host(setup: Setup) -> Broken:
    server = setup.serve(tls=server_context(setup.authority.issue_cert("dai.example.com")))
    return ["--url", server.url, "--ca-bundle", setup.bundle], {}


def expired_certificate(setup: Setup) -> Broken:
    server = setup.serve(tls=server_context(expired(setup.authority)))
    return ["--url", server.url, "--ca-bundle", setup.bundle], {}


def signed_by_itself(setup: Setup) -> Broken:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(setup.folder))
    return ["--url", setup.serve(tls=context).url], {}


def no_client_certificate(setup: Setup) -> Broken:
    context = server_context(setup.authority.issue_cert(*LOOPBACK), clients_of=setup.authority)
    return ["--url", setup.serve(tls=context).url, "--ca-bundle", setup.bundle], {}


def wrong_token(setup: Setup) -> Broken:
    return ["--url", setup.serve().url], {"DAI_TOKEN": "another"}


def no_token(setup: Setup) -> Broken:
    return ["--url", setup.serve().url], {"DAI_TOKEN": ""}


def wrong_secret(setup: Setup) -> Broken:
    return ["--url", setup.serve().url], {**CLIENT, "DAI_CLIENT_SECRET": "wrong"}


def no_licence(setup: Setup) -> Broken:
    return ["--url", setup.serve(auth={**AUTH, "no_licence": True}).url], CLIENT


def wrong_realm(setup: Setup) -> Broken:
    return ["--url", setup.serve().url, "--realm", "another"], CLIENT


def no_token_server(setup: Setup) -> Broken:
    elsewhere = no_server(setup)[0][1]
    return ["--url", setup.serve().url, "--token-url", f"{elsewhere}/token"], CLIENT


def no_proxy(setup: Setup) -> Broken:
    return ["--url", setup.serve().url], {"HTTP_PROXY": no_server(setup)[0][1]}


def redirected(setup: Setup) -> Broken:
    fault = {"requests": "all", "kind": "redirect", "location": "https://login.example.com/", "status": 302}
    return ["--url", setup.serve(faults=[fault]).url], {}


def a_page(setup: Setup) -> Broken:
    return ["--url", setup.serve(faults=[{"requests": "all", "kind": "html-200"}]).url], {}


def wrong_path(setup: Setup) -> Broken:
    return ["--url", f"{setup.serve(prefix='/dai').url}/x"], {}


def unwell(setup: Setup) -> Broken:
    return ["--url", setup.serve(faults=[{"requests": "all", "status": 503}]).url], {}


def mute(setup: Setup) -> Broken:
    return ["--url", f"https://{setup.listen()}", "--request-timeout", "500ms"], {}


def half_given(_: Setup) -> Broken:
    return ["--client-id", "ci"], {"DAI_TOKEN": ""}


def bad_bundle(_: Setup) -> Broken:
    return ["--ca-bundle", "none.pem"], {}


def bad_proxy(_: Setup) -> Broken:
    return [], {"HTTP_PROXY": "http://me:pass/word@proxy:3128"}


def report_in_a_folder(setup: Setup) -> Broken:
    return ["--url", setup.serve().url], {"DAI_JUNIT": "reports/"}


# what is broken -> the exit code, the topic that fails, what is said, and the fix
BROKEN: dict[Callable[[Setup], Broken], tuple[int, str, str, str]] = {
    no_server: (5, "connection", "refused the connection", "Is the server up, and the port in --url right?"),
    no_name: (5, "name", "The name of dai.invalid could not be resolved", "Check --url."),
    plain_http: (5, "TLS", "WRONG_VERSION_NUMBER", "Then --url must begin with http://."),
    private_authority: (5, "TLS", "unable to get local issuer certificate", "signed by a private authority"),
    another_host: (5, "TLS", "IP address mismatch", "Use the name in the certificate in --url"),
    expired_certificate: (5, "TLS", "certificate has expired", "It has to be renewed on the server"),
    signed_by_itself: (5, "TLS", "self-signed certificate", "It is self-signed"),
    no_client_certificate: (5, "TLS", "CERTIFICATE_REQUIRED", "name one with --client-cert"),
    wrong_token: (6, "progress", "The access token is missing or not valid", "has it expired"),
    no_token: (6, "progress", "The access token is missing or not valid", "No credentials are given: set DAI_TOKEN"),
    wrong_secret: (6, "credentials", "invalid_client - Invalid client or", "Check the client id and its secret."),
    no_licence: (6, "credentials", "No concurrent user licence is available", "no concurrent-user license is free"),
    wrong_realm: (6, "credentials", "Realm does not exist", "Check --token-url and --realm."),
    no_token_server: (5, "connection", "refused the connection", "the port in --token-url right?"),
    no_proxy: (5, "connection", "refused the connection", "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."),
    redirected: (5, "progress", "a redirect to https://login.example.com/", "give its address as --url; a login page"),
    a_page: (5, "progress", "an HTML page", "Something other than DAI's API answers there"),
    wrong_path: (5, "progress", "There is nothing at POST /dai/x/api/run/progress", "check the path in --url"),
    unwell: (5, "progress", "answered 503", "If it lasts, ask the people who run the server."),
    mute: (5, "TLS", "gave no complete answer within the request timeout", "Does a TLS server listen there?"),
    half_given: (2, "settings", "a client id is given (--client-id), but no client secret", "Set DAI_CLIENT_SECRET"),
    bad_bundle: (2, "settings", "--ca-bundle: none.pem cannot be used", "Name a PEM file"),
    report_in_a_folder: (2, "settings", "variable DAI_JUNIT: reports/ names a folder", "Name a file in it."),
    bad_proxy: (2, "settings", "HTTP_PROXY or ALL_PROXY does not hold the address", "special characters"),
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.__name__)
def test_a_broken_set_up(command: Command, setup: Setup, broken: Callable[[Setup], Broken]) -> None:
    """The first step that fails is the last but for the generations; it has its words, fix and exit code."""
    code, topic, words, fix = BROKEN[broken]
    arguments, variables = broken(setup)
    ended = command("check", *arguments, "--json", "report.json", **variables)
    assert ended.code == code, ended.out + ended.err
    said = ended.json
    failed = [finding for finding in said["findings"] if finding["level"] == "FAIL"]
    assert [finding["topic"] for finding in failed] == [topic]
    after = said["findings"][said["findings"].index(failed[0]) + 1 :]
    assert {finding["topic"] for finding in after} <= {"path", "generation"}
    assert words in failed[0]["text"]
    assert fix in failed[0]["fix"]
    assert failed[0]["fix"] in [line.strip() for line in ended.out.splitlines()]
    assert said["exit_code"] == code
    assert ended.err == ""
    everything = ended.out + json.dumps(said)
    assert [each for each in (TOKEN, SECRET, "pass/word") if each in everything] == []


def test_each_broken_set_up_has_its_own_fix() -> None:
    """No two of these set-ups are answered with the same advice."""
    fixes = [fix for _, _, _, fix in BROKEN.values()]
    assert len(set(fixes)) == len(fixes) >= 10


def test_json_on_standard_output(command: Command, setup: Setup) -> None:
    """With `--json -` standard output is the document alone, and the lines go to standard error."""
    server = setup.serve()
    ended = command("check", "--url", server.url, "--json", "-")
    said = json.loads(ended.out)
    assert (said["schema"], said["exit_code"], said["server"]) == (1, 0, server.url)
    assert [finding["level"] for finding in said["findings"]] == ["ok"] * 10
    assert ended.err.splitlines()[-2].startswith("ok    generation")


def test_verbose_shows_each_request(command: Command, setup: Setup) -> None:
    """With `--verbose` the log names each request, in the format that is asked for; stdout stays as it is."""
    server = setup.serve()
    ended = command("check", "--url", server.url, "-v", "--log-format", "json")
    requests = [json.loads(line) for line in ended.err.splitlines()]
    assert [each["event"] for each in requests] == ["request"] * len(server.requests)
    assert topics(ended)[-1] == ("ok", "generation")
    assert command("check", "--url", server.url, "--quiet", "--no-color").err == ""


def test_a_path_that_cannot_be_written(command: Command, setup: Setup) -> None:
    """A path for the JSON that cannot be written is found out before the first request."""
    server = setup.serve()
    ended = command("check", "--url", server.url, "--json", ".")
    assert (ended.code, server.requests) == (2, [])
    assert "--json: . names a folder" in ended.err


def test_every_setting_of_a_wait_is_judged(command: Command, setup: Setup) -> None:
    """What a wait would be given by file and environment is shown, and refused where a wait would refuse it."""
    server = setup.serve()
    file = setup.folder / "settings.yml"
    file.write_text("timeout: 90m\njson: wait.json\nexit-code: [incomplete=0]")
    ended = command(
        "check", "--url", server.url, "--json", "check.json", DAI_ABORT_ON="timeout", DAI_CONFIG="settings.yml"
    )
    assert ended.code == 0, ended.out
    given = "key 'timeout' in settings.yml", "environment variable DAI_ABORT_ON", "exit-code: incomplete=0 (key"
    assert [words for words in given if words not in ended.out] == []
    assert (setup.folder / "check.json").is_file()
    assert not (setup.folder / "wait.json").exists()
    for wrong in ("timeout: soon", "interval: 2m", "learned-max-interval: 1s\nschedule: learned"):
        file.write_text(wrong)
        ended = command("check", "--url", server.url, "--config", "settings.yml")
        assert (ended.code, "settings.yml" in ended.err) == (2, True), wrong
    assert len(server.requests) == 4


# What is only warned of


def warning(ended: Ended) -> str:
    """Return the one warning with its fix, of a check that found nothing worse."""
    assert ended.code == 0, ended.out + ended.err
    assert [level for level, _ in topics(ended) if level != "ok"] == ["warn"]
    return "warn" + ended.out.partition("warn")[2]


@pytest.mark.parametrize(("hours", "words"), [(3, "3h ahead of this machine's"), (-3, "3h behind this machine's")])
def test_a_wrong_clock(command: Command, setup: Setup, hours: int, words: str) -> None:
    """A server whose clock differs by more than its Date can show is warned of."""

    class Shifted(SystemClock):
        def now(self) -> datetime:
            return super().now() + timedelta(hours=hours)

    server = setup.serve(clock=Shifted())
    said = warning(command("check", "--url", server.url)).replace("2h59m59s", "3h")
    assert words in said
    assert "Correct the wrong clock" in said


def test_insecure(command: Command, setup: Setup) -> None:
    """--insecure is warned of, with what a verification would have said and how to do without."""
    server = setup.serve(tls=server_context(setup.authority.issue_cert(*LOOPBACK)))
    ended = command("check", "--url", server.url, "--insecure")
    assert ended.code == 0, ended.out
    assert [topic for level, topic in topics(ended) if level == "warn"] == ["settings", "TLS"]
    assert "Without that: The certificate of" in ended.out
    assert "--ca-bundle" in ended.out
    ended = command("check", "--url", server.url, "--insecure", "--ca-bundle", setup.bundle)
    assert "--insecure is not needed" in ended.out


def test_a_certificate_that_ends_soon(command: Command, setup: Setup) -> None:
    """A certificate that is good for a few days only is warned of before it breaks the pipeline."""
    end = datetime.now(UTC) + timedelta(days=5, hours=1)
    server = setup.serve(tls=server_context(setup.authority.issue_cert(*LOOPBACK, not_after=end)))
    assert "(5 days)" in warning(command("check", "--url", server.url, "--ca-bundle", setup.bundle))


@pytest.mark.parametrize(
    ("seconds", "words"), [(300, "a token that expires in "), (-60, "a token that expired "), (7200, "")]
)
def test_a_token_that_says_when_it_ends(command: Command, setup: Setup, seconds: int, words: str) -> None:
    """A token that cannot be renewed and ends soon, or has ended, is warned of where it says so itself."""
    end = int((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())
    payload = base64.urlsafe_b64encode(json.dumps({"exp": end}).encode()).decode().rstrip("=")
    token = f"eyJhbGciOiJub25lIn0.{payload}.c2ln"
    ended = command("check", "--url", setup.serve(auth={"tokens": [token]}).url, DAI_TOKEN=token)
    assert token not in ended.out
    if words:
        assert words in warning(ended)
    else:
        assert "a token that expires in 2h" in ended.out.replace("1h59m5", "2h")


def test_a_name_server_that_hangs(command: Command, setup: Setup, tmp_path: Path) -> None:
    """A name that does not resolve in time is given up after --request-timeout."""
    (tmp_path / "sitecustomize.py").write_text(
        "import socket, threading\n"
        "def hang(*arguments, **keywords):\n"
        "    threading.Event().wait()\n"
        "socket.getaddrinfo = hang\n"
    )
    ended = command("check", "--url", "http://dai.example.com", "--request-timeout", "500ms", PYTHONPATH=str(tmp_path))
    assert (ended.code, topics(ended)[-1]) == (5, ("FAIL", "name"))
    assert "No answer within 500ms" in ended.out
    assert "this machine's name server" in ended.out
