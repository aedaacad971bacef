"""Where a token comes from, when it is renewed, and what is said where none can be had."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from requests.auth import AuthBase

from commands import clear_environment
from fakes import FakeClock
from gate.clock import Clock, SystemClock
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.targets import ById
from gate.dai.client import Client
from gate.dai.credentials import Credentials
from gate.dai.login import (
    LONGEST_TOKEN,
    GivenToken,
    Login,
    Token,
    Unsigned,
    classic_login,
    client_credentials,
    life,
)
from gate.dai.peer import Peer, Unanswered
from gate.dai.response import Response
from gate.dai.transport import Transport, form_post
from gate.errors import UsageError
from gate.simulator import Simulator, parse_scenario
from unit.simulator.asking import HandClock

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
KEYCLOAK = "/auth/realms/eggplant/protocol/openid-connect/token"
SECRET = "cl1ent-s3cret"
RUNS = [{"id": RUN, "model": "Checkout", "duration": "never"}]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


def simulate(clock: Clock | None = None, /, **scenario: Any) -> Simulator:
    known = {"clients": [{"client_id": "ci", "client_secret": SECRET}], "users": [{"username": "me", "password": "pa"}]}
    auth = {**known, **scenario.pop("auth", {})}
    return Simulator(parse_scenario({"runs": RUNS, "auth": auth, **scenario}, origin="test"), clock=clock)


def transport() -> Transport:
    return Transport(clock=SystemClock(), request_timeout=5, version="test")


def post(line: Transport, server: Simulator, auth: AuthBase) -> Response:
    with line.send(Peer(server.url + "/api/run/progress"), form_post("", {"id": RUN}), auth=auth) as response:
        return response


class Mint:
    """A source of tokens that are numbered, each with a given lifetime."""

    def __init__(self, life_s: float | None) -> None:
        self.life_s = life_s
        self.made = 0

    def fetch(self) -> Token:
        self.made += 1
        return Token(f"token-{self.made}", self.life_s)


# The token's life


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (300, 300.0),
        (0.5, 0.5),
        ("300", 300.0),
        (None, None),
        (0, None),
        (-1, None),
        (True, None),
        ("soon", None),
        ("", None),
        ([300], None),
        ({}, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("1e999", None),
        (1e300, 1e300),
    ],
)
def test_the_stated_life(stated: object, expected: float | None) -> None:
    """A life that is no positive, finite number counts as not stated."""
    assert life(stated) == expected


def moments_of_renewal(life_s: float | None, until: float, step: float) -> list[float]:
    """Sign a request every `step` seconds of the fake clock, and return when that took a new token."""
    clock = FakeClock()
    source = Mint(life_s)
    credentials = Credentials(source, clock)
    begun = clock.time
    moments = []
    while clock.time - begun <= until:
        made = source.made
        sign(credentials)
        if source.made > made:
            moments.append(clock.time - begun)
        clock.time += step
    return moments


def sign(credentials: Credentials) -> str:
    """Return the Authorization that a request gets."""
    import requests  # noqa: PLC0415 - it is here only to be signed

    request = requests.Request("POST", "http://x/", auth=credentials).prepare()
    return str(request.headers.get("Authorization"))


def test_a_token_is_renewed_at_four_fifths_of_its_life() -> None:
    """A token of 300 s is replaced after 240 s, not sooner and not later, for as long as the wait lasts."""
    assert moments_of_renewal(300, 1000, 1) == [0, 240, 480, 720, 960]


@pytest.mark.parametrize("stated", [None, 0, -5, "soon", float("nan"), 1e300, 10**400])
def test_a_senseless_life_renews_nothing(stated: object) -> None:
    """A token that does not say how long it lives, or says nonsense, is used until it is refused."""
    assert moments_of_renewal(life(stated), 100_000, 1000) == [0]


def test_a_very_short_life_renews_each_time() -> None:
    """A token that is as good as dead when it comes is fetched for each request, and no more often."""
    assert moments_of_renewal(1e-9, 5, 1) == [0, 1, 2, 3, 4, 5]


def test_the_life_counts_from_before_the_request() -> None:
    """A token server that takes its time does not make the token seem younger than it is."""
    clock = FakeClock()

    class Slow(Mint):
        def fetch(self) -> Token:
            clock.time += 60
            return super().fetch()

    source = Slow(100)
    credentials = Credentials(source, clock)
    sign(credentials)
    clock.time += 20
    sign(credentials)
    assert source.made == 2


def test_what_is_learned() -> None:
    """Each token obtained on the way is reported, so that it can be hidden, before it is used."""
    learned: list[str] = []
    clock = FakeClock()
    credentials = Credentials(Mint(10), clock, learned.append)
    assert sign(credentials) == "bearer token-1"
    clock.time += 8
    assert sign(credentials) == "bearer token-2"
    assert learned == ["token-1", "token-2"]
    token = credentials.obtain()
    assert token is not None
    assert (token.value, token.life_s) == ("token-2", 10)


def test_nothing_is_signed_without_credentials() -> None:
    """Where no credentials are given, a request carries none."""
    credentials = Credentials(None, FakeClock())
    assert sign(credentials) == "None"
    assert (credentials.is_given(), credentials.obtain()) == (False, None)


# Kinds of login, on the wire


@pytest.fixture
def server() -> Iterator[Simulator]:
    with simulate() as running:
        yield running


def test_client_credentials(server: Simulator) -> None:
    """The realm's path gets a form with the grant type, and its token lives five minutes."""
    login = client_credentials(transport(), server.url + KEYCLOAK, "ci", SECRET)
    token = login.fetch()
    (request,) = server.requests
    assert request.parameters == {"grant_type": "client_credentials", "client_id": "ci", "client_secret": SECRET}
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in request.headers
    assert token.life_s == 300


@pytest.mark.parametrize("path", ["/api/v1/auth", "/api/v2/auth"])
def test_the_public_apis_login(server: Simulator, path: str) -> None:
    """A token URL of the public API gets JSON with the client id and its secret, and nothing else."""
    token = client_credentials(transport(), server.url + path, "ci", SECRET).fetch()
    (request,) = server.requests
    assert json.loads(request.body) == {"client_id": "ci", "client_secret": SECRET}
    assert request.headers["Content-Type"] == "application/json"
    assert token.life_s == 600


def test_the_classic_login(server: Simulator) -> None:
    """A user's name and password go as a form to /auth below the server's address."""
    token = classic_login(transport(), server.url, "me", "pa").fetch()
    (request,) = server.requests
    assert (request.path, request.parameters) == ("/auth", {"username": "me", "password": "pa"})
    assert token.life_s == 3600


def test_odd_characters_arrive_as_they_are() -> None:
    """A secret with blanks, quotes, separators, line breaks and non-ASCII arrives whole, in a form and in JSON."""
    odd = "a b&c=d%2B+\"'\n\\é☃"
    with simulate(auth={"clients": [{"client_id": "cï", "client_secret": odd}]}) as server:
        for path in (KEYCLOAK, "/api/v2/auth"):
            assert client_credentials(transport(), server.url + path, "cï", odd).fetch().value


# Faults of the token server


def denied(login: Login) -> Fault:
    with pytest.raises(Unanswered) as caught:
        login.fetch()
    return caught.value.fault


@pytest.mark.parametrize(
    ("fault", "kind", "words", "fix"),
    [
        ({"status": 500}, FaultKind.CONTACT, "The token server 127.0.0.1:", ""),
        ({"status": 503, "retry_after": 7}, FaultKind.CONTACT, "answered 503", ""),
        ({"status": 429}, FaultKind.CONTACT, "answered 429", ""),
        ({"kind": "close"}, FaultKind.CONTACT, "closed the connection without an answer", ""),
        ({"kind": "redirect", "location": "https://login.example.com/x?code=1"}, FaultKind.CONTACT, "/x,", "--token"),
        ({"status": 400}, FaultKind.DENIED, "refused the credentials: ", "Check the client id and its secret."),
        ({"status": 401}, FaultKind.DENIED, "answered 401", "Check the client id and its secret."),
        ({"status": 403}, FaultKind.DENIED, "answered 403", "no concurrent-user license is free"),
        ({"status": 404}, FaultKind.DENIED, "answered 404", "Check --token-url and --realm."),
        ({"status": 405}, FaultKind.DENIED, "answered 405", "Check --token-url and --realm."),
        ({"kind": "html-200"}, FaultKind.UNREADABLE, "holds no usable access_token", "Check --token-url and --realm."),
        ({"kind": "null"}, FaultKind.UNREADABLE, "holds no usable access_token", "Check --token-url"),
        ({"kind": "deep-nesting"}, FaultKind.UNREADABLE, "holds no usable access_token", "Check --token-url"),
        (
            {"kind": "raw", "status": 200, "body": '{"access_token": "a\\nb"}'},
            FaultKind.UNREADABLE,
            "holds no usable access_token",
            "Check",
        ),
        ({"kind": "raw", "status": 200, "body": '{"access_token": 5}'}, FaultKind.UNREADABLE, "no usable", "Check"),
    ],
    ids=str,
)
def test_faults_of_the_token_server(fault: dict[str, Any], kind: FaultKind, words: str, fix: str) -> None:
    """Its own faults are retried, its refusals are final; each has words that name the token server and a fix."""
    with simulate(faults=[{"requests": "all", "path": KEYCLOAK, **fault}]) as server:
        said = denied(client_credentials(transport(), server.url + KEYCLOAK, "ci", SECRET))
    assert said.kind is kind
    assert "token server" in said.text
    assert words in said.text
    assert fix in said.fix
    assert "--url" not in said.fix
    assert said.retry_after == fault.get("retry_after")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"error": "invalid_client", "error_description": "Bad secret"}, "answered 200: invalid_client - Bad secret."),
        ({"error": "invalid_client"}, "answered 200: invalid_client."),
        ({"error": {"code": 5}, "access_token": None}, "answered 200: an error."),
    ],
)
def test_a_200_that_is_a_refusal(content: dict[str, Any], words: str) -> None:
    """A token server that says its error with status 200 has refused: its words, and asked once, by all threads."""
    fault = {"requests": "all", "path": KEYCLOAK, "kind": "raw", "status": 200, "body": json.dumps(content)}
    with simulate(faults=[fault]) as server:
        client = dai(server)
        said = [client.progress(ById(RUN)) for _ in range(3)]
        assert asked(server) == [KEYCLOAK]
    for each in said:
        assert isinstance(each, Fault)
        assert each.kind is FaultKind.DENIED
        assert each.text.startswith("The token server refused the credentials: ")
        assert each.text.endswith(words)
        assert each.fix == "Check the client id and its secret."


@pytest.mark.parametrize(("length", "good"), [(LONGEST_TOKEN, True), (LONGEST_TOKEN + 1, False), (10**6, False)])
def test_the_length_of_a_token(length: int, good: bool) -> None:
    """A token that fits into no header is not kept, nor an answer that is far too long for one."""
    body = json.dumps({"access_token": "t" * length})
    fault = {"requests": "all", "path": KEYCLOAK, "kind": "raw", "status": 200, "body": body}
    with simulate(faults=[fault]) as server:
        login = client_credentials(transport(), server.url + KEYCLOAK, "ci", SECRET)
        if good:
            assert len(login.fetch().value) == length
            return
        said = denied(login)
    assert said.kind is FaultKind.UNREADABLE
    assert "ttt" not in said.text
    assert "an access_token of" in said.text or "larger than 256 KiB" in said.text


def test_a_failed_login_is_shared() -> None:
    """A thread that has waited for another's login to fail does not repeat it; a later request does."""
    waiting = threading.Event()

    class Failing(Mint):
        def fetch(self) -> Token:
            if self.made:
                return super().fetch()
            self.made += 1
            waiter.start()
            assert waiting.wait(10)
            raise Unanswered(Fault(FaultKind.CONTACT, "away"))

    class Lock:
        """A lock that says when somebody waits for it."""

        def __init__(self) -> None:
            self._lock = threading.Lock()

        def __enter__(self) -> None:
            if threading.current_thread() is waiter:
                waiting.set()
            self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

    said: list[Fault] = []

    def obtain() -> None:
        with pytest.raises(Unanswered) as caught:
            credentials.obtain()
        said.append(caught.value.fault)

    source = Failing(None)
    credentials = Credentials(source, FakeClock())
    credentials._lock = Lock()  # type: ignore[assignment]  # as much of one as is used
    waiter = threading.Thread(target=obtain)
    obtain()
    waiter.join()
    assert [fault.text for fault in said] == ["away", "away"]
    assert source.made == 1
    assert sign(credentials) == "bearer token-2"


def test_its_own_words(server: Simulator) -> None:
    """A wrong secret is reported in the words of the server that refused it."""
    said = denied(client_credentials(transport(), server.url + KEYCLOAK, "ci", "wrong"))
    assert "invalid_client - Invalid client or Invalid client credentials" in said.text
    said = denied(classic_login(transport(), server.url, "me", "wrong"))
    assert "Not Authorized - The credentials you provided are not valid" in said.text
    assert said.fix == "Check the user name and the password."


def test_a_token_server_that_is_not_there() -> None:
    """A token server that cannot be reached is named by its own option."""
    with simulate() as gone:
        url = gone.url
    said = denied(client_credentials(transport(), url + KEYCLOAK, "ci", SECRET))
    assert said.kind is FaultKind.CONTACT
    assert said.text.startswith("The token server 127.0.0.1:")
    assert "--token-url" in said.fix
    said = denied(classic_login(transport(), url, "me", "pa"))
    assert said.fix == "Is the server up, and the port in --url right?"


def test_a_refused_proxy_is_not_the_clients_secret() -> None:
    """A 407 on the way to the token server speaks of the proxy's password, not of the client's."""
    with simulate(faults=[{"requests": "all", "path": KEYCLOAK, "status": 407}]) as server:
        said = denied(client_credentials(transport(), server.url + KEYCLOAK, "ci", SECRET))
    assert said.kind is FaultKind.DENIED
    assert "The proxy refused its credentials" in said.text
    assert "HTTPS_PROXY" in said.fix


def test_a_token_server_that_comes_back() -> None:
    """A fault of the token server reaches the caller as one that is asked again, and the next time it works."""
    with simulate(faults=[{"requests": 1, "path": KEYCLOAK, "status": 502}]) as server:
        client = dai(server)
        first = client.progress(ById(RUN))
        assert isinstance(first, Fault)
        assert first.kind is FaultKind.CONTACT
        assert isinstance(client.progress(ById(RUN)), Answer)
        assert asked(server) == [KEYCLOAK, KEYCLOAK, "/api/run/progress"]


# Renewal after a refusal


def dai(server: Simulator, secret: str = SECRET) -> Client:
    line = transport()
    login = client_credentials(line, server.url + KEYCLOAK, "ci", secret)
    return Client(server.url, line, Credentials(login, SystemClock()))


def asked(server: Simulator) -> list[str]:
    return [request.path for request in server.requests]


def test_a_401_renews_once() -> None:
    """A token that was forgotten early is renewed once, and the request is made again with the new one."""
    refusal = {"requests": 2, "status": 401}
    with simulate(faults=[refusal]) as server:
        client = dai(server)
        assert isinstance(client.progress(ById(RUN)), Answer)
        assert isinstance(client.progress(ById(RUN)), Answer)
        assert asked(server).count(KEYCLOAK) == 2
        used = [r.headers["Authorization"] for r in server.requests if r.path == "/api/run/progress"]
    assert used[0] == used[1] != used[2]


def test_a_second_401_in_a_row_is_final() -> None:
    """A token that is refused though it is fresh is `denied`, after two requests."""
    with simulate(faults=[{"requests": "all", "status": 401}]) as server:
        said = dai(server).progress(ById(RUN))
        assert asked(server) == [KEYCLOAK, "/api/run/progress"] * 2
    assert isinstance(said, Fault)
    assert said.kind is FaultKind.DENIED


def test_refusals_at_the_same_time_renew_once() -> None:
    """Eight requests whose common token is refused at the same time get one new token between them."""
    together = threading.Barrier(8)
    clock = HandClock()
    with simulate(clock, auth={"forget_tokens_after": "3s"}) as server:
        client = dai(server)
        client.progress(ById(RUN))
        clock.pass_by(4)
        outcomes: list[Answer | Fault] = []

        def sign() -> None:
            together.wait()
            outcomes.append(client.progress(ById(RUN)))

        threads = [threading.Thread(target=sign) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert asked(server).count(KEYCLOAK) == 2
    assert [type(outcome) for outcome in outcomes] == [Answer] * 8


def test_a_late_refusal_does_not_undo_a_renewal() -> None:
    """A refusal of a token that has been replaced already renews nothing."""
    source = Mint(None)
    credentials = Credentials(source, FakeClock())
    old = sign(credentials)
    credentials.forget(old)
    new = sign(credentials)
    credentials.forget(old)
    assert sign(credentials) == new
    assert source.made == 2


# Tokens from the environment and from files


def test_a_fixed_token_is_sent_as_it_is() -> None:
    """The token of DAI_TOKEN is signed with in lower case, and is the same after it was refused."""
    credentials = Credentials(GivenToken("abc"), FakeClock())
    assert sign(credentials) == "bearer abc"
    credentials.forget("bearer abc")
    assert sign(credentials) == "bearer abc"


def test_a_token_file_is_read_when_its_token_is_refused() -> None:
    """What was read before the first request is sent until it is refused; only then the file is read again."""
    contents = iter(["second"])
    credentials = Credentials(GivenToken("first", lambda: next(contents)), FakeClock())
    assert [sign(credentials), sign(credentials)] == ["bearer first"] * 2
    credentials.forget("bearer first")
    assert sign(credentials) == "bearer second"


def test_a_token_file_that_cannot_be_read_just_now() -> None:
    """A file that is empty or away, perhaps just being written, is asked for again, like a server."""

    def read() -> str:
        raise UsageError("--token-file: t is empty", "Name a file that holds the secret alone.")

    given = GivenToken("first", read)
    assert given.fetch().value == "first"
    with pytest.raises(Unanswered) as caught:
        given.fetch()
    assert caught.value.fault.kind is FaultKind.CONTACT
    assert caught.value.fault.text == "--token-file: t is empty."


# What is never shown


def test_no_secret_in_any_repr(server: Simulator) -> None:
    """Tokens, secrets and passwords stand in no `repr` of the objects that hold them."""
    line = transport()
    login = client_credentials(line, server.url + KEYCLOAK, "ci", SECRET)
    credentials = Credentials(login, SystemClock())
    response = post(line, server, credentials)
    shown = [
        login,
        client_credentials(line, server.url + "/api/v2/auth", "ci", SECRET),
        classic_login(line, server.url, "me", SECRET),
        Token(SECRET),
        GivenToken(SECRET),
        credentials,
        response,
        Client(server.url, line, credentials),
    ]
    assert response.signature.startswith("bearer ")
    assert [each for each in map(repr, shown) if SECRET in each or response.signature in each] == []


def test_netrc_is_not_consulted(
    server: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What ~/.netrc says of the host is sent neither to the token server nor with an unsigned request."""
    home = tmp_path_factory.mktemp("home")
    (home / ".netrc").write_text("machine 127.0.0.1 login netrc password netrc-pass\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    line = transport()
    client_credentials(line, server.url + KEYCLOAK, "ci", SECRET).fetch()
    post(line, server, Unsigned())
    Client(server.url, line, Credentials(None, SystemClock())).progress(ById(RUN))
    assert [request.headers.get("Authorization") for request in server.requests] == [None] * 3


def test_signing_counts_by_itself(server: Simulator) -> None:
    """A request that could not be signed was not made; one that could counts beside the one for its token."""
    line = transport()
    bad = Credentials(client_credentials(line, server.url + KEYCLOAK, "ci", "wrong"), SystemClock())
    with pytest.raises(Unanswered):
        post(line, server, bad)
    assert line.requests == len(server.requests) == 1
    good = Credentials(client_credentials(line, server.url + KEYCLOAK, "ci", SECRET), SystemClock())
    post(line, server, good)
    assert line.requests == len(server.requests) == 3
