from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from unit.simulator.asking import PROGRESS, HandClock, Reply, ask, simulate

if TYPE_CHECKING:
    from gate.simulator import Simulator

KEYCLOAK = "/auth/realms/eggplant/protocol/openid-connect/token"
CLIENT: dict[str, Any] = {"client_id": "ci", "client_secret": "s3cret"}
USER: dict[str, Any] = {"username": "me@x.org", "password": "pa55"}
RUN = {"model": "Checkout", "id": "a1"}
KNOWN: dict[str, Any] = {"clients": [CLIENT], "users": [USER], "tokens": ["static"]}


def keycloak(simulator: Simulator, **form: Any) -> Reply:
    return ask(simulator, KEYCLOAK, token=None, **{"grant_type": "client_credentials", **CLIENT, **form})


def public(simulator: Simulator, path: str = "/api/v2/auth", **content: str) -> Reply:
    return ask(simulator, path, token=None, content={**CLIENT, **content})


def classic(simulator: Simulator, path: str = "/auth", **form: Any) -> Reply:
    return ask(simulator, path, token=None, **{**USER, **form})


@pytest.mark.parametrize("authorization", [None, "bearer", "bearer ", "Basic abc", "abc"])
def test_a_request_without_a_token_is_refused(authorization: str | None) -> None:
    """No bearer token: 401 with a description, whatever else stands there."""
    with simulate(runs=[RUN]) as simulator:
        headers = {"Authorization": authorization} if authorization else {}
        reply = ask(simulator, PROGRESS, token=None, headers=headers, id="a1")
    assert reply.status == 401
    assert reply.json["description"]


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER"])
def test_the_scheme_is_taken_in_any_case(scheme: str) -> None:
    """The classic pages write `bearer`, the later ones `Bearer`."""
    with simulate(runs=[RUN]) as simulator:
        assert ask(simulator, token=None, headers={"Authorization": f"{scheme} anything"}, id="a1").status == 200


def test_known_tokens_shut_the_others_out() -> None:
    """Where the scenario names tokens, no other is accepted, unless `any` says so."""
    with simulate(runs=[RUN], auth={"tokens": ["static"]}) as simulator:
        assert [ask(simulator, token=token, id="a1").status for token in ("static", "other")] == [200, 401]
    with simulate(runs=[RUN], auth={"tokens": ["static"], "any": True}) as simulator:
        assert ask(simulator, token="other", id="a1").status == 200


def test_a_token_may_not_be_required() -> None:
    """With `required: false` a request without a token is let in, one with a wrong token is not."""
    with simulate(runs=[RUN], auth={"tokens": ["static"], "required": False}) as simulator:
        assert [ask(simulator, token=token, id="a1").status for token in (None, "other")] == [200, 401]


def test_keycloak_answers_as_documented() -> None:
    """Client credentials bring a bearer token for five minutes and no refresh token."""
    with simulate(runs=[RUN], auth=KNOWN) as simulator:
        answer = keycloak(simulator).json
        assert ask(simulator, token=answer.pop("access_token"), id="a1").status == 200
    assert answer["expires_in"] == 300
    assert answer["refresh_expires_in"] == 0
    assert answer["token_type"] == "Bearer"


def test_keycloak_refuses_in_the_words_of_oauth() -> None:
    """A wrong secret, another grant and an unknown realm have each an answer."""
    with simulate(auth=KNOWN) as simulator:
        wrong, grant = keycloak(simulator, client_secret="x"), keycloak(simulator, grant_type="password")
        realm = ask(simulator, KEYCLOAK.replace("eggplant", "zz"), token=None, **CLIENT)
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    assert (grant.status, grant.json["error"]) == (400, "unsupported_grant_type")
    assert (realm.status, realm.json) == (404, {"error": "Realm does not exist"})


def test_the_realm_can_be_another() -> None:
    """On the vendor's cloud the realm differs."""
    with simulate(auth={"realm": "cloud"}) as simulator:
        path = KEYCLOAK.replace("eggplant", "cloud")
        assert ask(simulator, path, token=None, grant_type="client_credentials", **CLIENT).status == 200


@pytest.mark.parametrize("path", ["/api/v1/auth", "/api/v2/auth"])
def test_the_public_api_answers_as_documented(path: str) -> None:
    """JSON credentials bring a token for ten minutes."""
    with simulate(runs=[RUN], auth=KNOWN) as simulator:
        answer = public(simulator, path).json
        assert ask(simulator, token=answer.pop("access_token"), id="a1").status == 200
        refused = public(simulator, path, client_secret="x")
    assert answer == {"expires_in": 600}
    assert refused.status == 401


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/auth", {"message": "Not Authorized", "description": "The credentials you provided are not valid."}),
        ("/ai/auth", {"message": "Username or password incorrect"}),
    ],
)
def test_the_classic_login(path: str, refusal: dict[str, str]) -> None:
    """A form login brings a token for an hour, or the words that are documented and seen."""
    with simulate(runs=[RUN], auth=KNOWN) as simulator:
        answer = classic(simulator, path).json
        assert ask(simulator, token=answer.pop("access_token"), id="a1").status == 200
        refused = classic(simulator, path, password="x")
    assert answer == {"expires_in": 3600, "token_type": "bearer"}
    assert (refused.status, refused.json) == (401, refusal)


def test_any_login_needs_something() -> None:
    """Where any credentials will do, empty ones still do not."""
    with simulate() as simulator:
        assert [keycloak(simulator, client_secret=secret).status for secret in ("x", "")] == [200, 401]
        assert [classic(simulator, password=password).status for password in ("x", "")] == [200, 401]


@pytest.mark.parametrize(
    ("auth", "said", "real"),
    [
        ({"expires_in": "5s"}, 5, 5),
        ({"expires_in": 1.5}, 1.5, 1.5),
        ({"expires_in": 60, "forget_tokens_after": "3s"}, 60, 3),
        ({"expires_in": 10, "expires_in_raw": "soon"}, "soon", 10),
        ({"expires_in": 10, "expires_in_raw": -1}, -1, 10),
        ({"expires_in": 10, "expires_in_raw": None}, None, 10),
        ({"expires_in": 10, "expires_in_raw": "absent"}, "nothing", 10),
    ],
)
def test_tokens_expire(auth: dict[str, Any], said: object, real: float) -> None:
    """A token dies when its life is over, which may not be what was said; any other may be accepted all the same."""
    clock = HandClock()
    with simulate(clock, runs=[RUN], auth={"any": True, **auth}) as simulator:
        answer = keycloak(simulator).json
        assert answer.get("expires_in", "nothing") == said
        clock.pass_by(real - 0.5)
        assert ask(simulator, token=answer["access_token"], id="a1").status == 200
        clock.pass_by(0.5)
        assert ask(simulator, token=answer["access_token"], id="a1").status == 401


def test_no_licence_is_free() -> None:
    """With good credentials but without a free licence every login is answered with 403."""
    with simulate(auth={"no_licence": True}) as simulator:
        replies = [keycloak(simulator), public(simulator), classic(simulator)]
    assert [reply.status for reply in replies] == [403] * 3
    assert "licence" in replies[0].json["description"]


def test_a_started_run_bears_the_name_of_its_account() -> None:
    """The run's username is the account that the token was got with."""
    with simulate(auth=KNOWN) as simulator:
        token = classic(simulator).json["access_token"]
        run_id = ask(simulator, "/api/run", token=token, modelName="a", group="g").json["id"]
        assert ask(simulator, token="static", id=run_id).json["username"] == "me@x.org"
