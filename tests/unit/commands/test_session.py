"""From settings to a session: which kind of credentials is meant, and what is wrong with a set that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trustme

from certificates import write
from commands import clear_environment
from gate.clock import SystemClock
from gate.commands.session import Session, open_session
from gate.core.answer import Answer, Fault, FaultKind
from gate.core.targets import ById
from gate.errors import UsageError
from gate.settings.environment import current
from gate.settings.load import Settings, load
from gate.settings.secrets import Secrets, read_secrets
from gate.simulator import Simulator, parse_scenario

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
HUSH = "hush-hush"
URL = "https://dai.example.com:8000"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


@pytest.fixture
def secret_file(tmp_path: Path) -> str:
    path = tmp_path / "secret"
    path.write_text(f"{HUSH}\n")
    return str(path)


def settings(**values: Any) -> Settings:
    return load({"url": URL, "request_timeout": "5", **values}, current())


def secrets_of(chosen: Settings) -> Secrets:
    return read_secrets(chosen.credentials, chosen.environ, chosen.origin)


def opened(monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], learned: Any = None, **variables: str) -> Session:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    chosen = settings(**values)
    return open_session(
        chosen.connection,
        chosen.credentials,
        secrets_of(chosen),
        chosen.origin,
        SystemClock(),
        learned=([] if learned is None else learned).append,
        obtained=lambda _: None,
    )


CLIENT = {"client_id": "ci"}
USER = {"username": "me"}


@pytest.mark.parametrize(
    ("values", "variables", "kind"),
    [
        ({}, {}, "none"),
        ({}, {"DAI_TOKEN": HUSH}, "token in DAI_TOKEN"),
        (
            CLIENT,
            {"DAI_CLIENT_SECRET": HUSH},
            f"client credentials at {URL}/auth/realms/eggplant/protocol/openid-connect/token",
        ),
        (
            {**CLIENT, "realm": "a/b c"},
            {"DAI_CLIENT_SECRET": HUSH},
            f"client credentials at {URL}/auth/realms/a%2Fb%20c/protocol/openid-connect/token",
        ),
        (
            {**CLIENT, "token_url": "https://x/api/v2/auth"},
            {"DAI_CLIENT_SECRET": HUSH},
            "client credentials at https://x/api/v2/auth",
        ),
        (USER, {"DAI_PASSWORD": HUSH}, f"user name and password at {URL}/auth"),
    ],
)
def test_the_kind_is_chosen_by_what_is_given(
    values: dict[str, Any], variables: dict[str, str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of credentials is known by what is given, and named with the place where its tokens come from."""
    session = opened(monkeypatch, values, **variables)
    assert session.kind.startswith(kind)
    assert [each for each in variables if each not in session.kind] == []
    assert session.credentials.is_given() is (kind != "none")


@pytest.mark.parametrize(
    ("values", "name"),
    [({}, "token_file"), (CLIENT, "client_secret_file"), (USER, "password_file")],
)
def test_each_secret_may_be_a_file(
    values: dict[str, Any], name: str, secret_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that a file holds is as good as one in the environment, its line break not counted."""
    assert secrets_of(settings(**values, **{name: secret_file})).all()[0].value == HUSH
    assert opened(monkeypatch, {**values, name: secret_file}).credentials.is_given()


WRONG: dict[str, tuple[dict[str, Any], dict[str, str], str, str]] = {
    "no secret": (CLIENT, {}, "a client id is given (--client-id), but no client secret", "DAI_CLIENT_SECRET"),
    "no client id": ({}, {"DAI_CLIENT_SECRET": HUSH}, "variable DAI_CLIENT_SECRET), but no client id", "--client-id"),
    "a token URL alone": (
        {"token_url": "https://x/token"},
        {},
        "a token URL is given (--token-url), but",
        "DAI_CLIENT_SECRET",
    ),
    "no password": (USER, {}, "a user name is given (--username), but no password", "--password-file"),
    "no user name": ({}, {"DAI_PASSWORD": HUSH}, "but no user name", "Add --username."),
    "token and client": (CLIENT, {"DAI_TOKEN": HUSH, "DAI_CLIENT_SECRET": HUSH}, "mixed: a token (env", "one"),
    "token and user": (USER, {"DAI_TOKEN": HUSH, "DAI_PASSWORD": HUSH}, "and a password (env", "one"),
    "client and user": (
        {**CLIENT, **USER},
        {"DAI_CLIENT_SECRET": HUSH, "DAI_PASSWORD": HUSH},
        "mixed: a client id (--client-id) and a client secret (environment variable DAI_CLIENT_SECRET), a user name (",
        "Give one kind of credentials.",
    ),
    "token and half a client": (
        CLIENT,
        {"DAI_TOKEN": HUSH},
        "mixed: a token (environment variable DAI_TOKEN), a client id (--client-id)",
        "Give one kind of credentials.",
    ),
    "no such file": ({"token_file": "none"}, {}, "--token-file: none cannot be read: No such file", "Name a file"),
    "a folder": ({"token_file": "/"}, {}, "--token-file: / cannot be read: Is a directory", "Name a file"),
    "an empty file": ({"token_file": "/dev/null"}, {}, "--token-file: /dev/null is empty", "Name a file"),
    "twice": (
        {"token_file": "/dev/null"},
        {"DAI_TOKEN": HUSH},
        "both DAI_TOKEN and --token-file are given",
        "Give only one of them.",
    ),
    "a key alone": ({"client_key": "k.pem"}, {}, "--client-key: a key without its certificate", "Add --client-cert."),
    "no bundle": ({"ca_bundle": "none.pem"}, {}, "--ca-bundle: none.pem cannot be used: No such file", "PEM"),
    "a broken proxy": ({}, {"HTTPS_PROXY": f"http://me:{HUSH}/1@proxy:3128"}, "HTTPS_PROXY or ALL_PROXY", "%XX"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_set_that_is_none(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-given or ambiguous set is a usage error that names what is missing, and shows no secret."""
    values, variables, cause, fix = WRONG[case]
    with pytest.raises(UsageError) as caught:
        opened(monkeypatch, values, **variables)
    assert cause in caught.value.cause
    assert fix in caught.value.fix
    assert HUSH not in str(caught.value)


def test_a_bundle_is_looked_at_even_for_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle that cannot be used is found out though nothing is spoken to over TLS."""
    with pytest.raises(UsageError, match=r"none\.pem"):
        opened(monkeypatch, {"url": "http://localhost", "ca_bundle": "none.pem"})


# Warnings


@pytest.mark.parametrize(
    ("values", "variables", "words"),
    [
        ({}, {"DAI_TOKEN": HUSH}, []),
        ({}, {}, ["no credentials are given"]),
        ({}, {"DAI_TOKEN": "Bearer abcdefgh"}, ["the token (environment variable DAI_TOKEN) begins with Bearer"]),
        ({}, {"DAI_TOKEN": '"abcdefgh"'}, ["is in quotes"]),
        ({}, {"DAI_TOKEN": "abcd efgh"}, ["holds a space"]),
        ({}, {"DAI_TOKEN": "1234567"}, ["a secret (environment variable DAI_TOKEN) is shorter than 8 characters"]),
        ({}, {"DAI_TOKEN": "12345678"}, []),
        ({"insecure": "yes"}, {"DAI_TOKEN": HUSH}, ["--insecure: any certificate is trusted"]),
        ({"url": "http://dai:8000"}, {"DAI_TOKEN": HUSH}, ["credentials go to dai:8000 over plain http"]),
        ({"url": "http://dai:8000", **CLIENT}, {"DAI_CLIENT_SECRET": HUSH}, ["credentials go to dai:8000 over plain"]),
        (
            {**CLIENT, "token_url": "http://login/token"},
            {"DAI_CLIENT_SECRET": HUSH},
            ["credentials go to login over plain http"],
        ),
        ({"url": "http://dai:8000"}, {}, ["no credentials are given"]),
        ({"url": "http://localhost:8000"}, {"DAI_TOKEN": HUSH}, []),
        ({"url": "http://127.1.2.3:8000"}, {"DAI_TOKEN": HUSH}, []),
        ({"url": "http://[::1]:8000"}, {"DAI_TOKEN": HUSH}, []),
        ({"url": "http://127.0.0.1.example.com"}, {"DAI_TOKEN": HUSH}, ["over plain http"]),
    ],
)
def test_warnings(
    values: dict[str, Any], variables: dict[str, str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is risky is warned of, each once: any certificate, plain http to another machine, no credentials."""
    warnings = [text for text, _ in opened(monkeypatch, values, **variables).warnings]
    assert len(warnings) == len(words)
    assert [each for each, word in zip(warnings, words, strict=True) if word not in each] == []


# What is never shown


def test_every_secret_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session reports its secrets, that of a proxy too in both its forms, so that they can be hidden."""
    monkeypatch.setenv("DAI_CLIENT_SECRET", HUSH)
    monkeypatch.setenv("HTTPS_PROXY", "http://me:p%40ss@proxy:3128")
    learned: list[str] = []
    session = opened(monkeypatch, CLIENT, learned)
    assert learned == [HUSH, "p@ss", "p%40ss"]
    assert [each for each in learned if each in repr(session)] == []


def test_no_secret_in_a_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings nor the session nor a secret itself shows a secret."""
    session = opened(monkeypatch, CLIENT, DAI_CLIENT_SECRET=HUSH)
    given = secrets_of(settings(**CLIENT))
    shown = f"{session!r} {given!r} {given.all()[0]!r} {given.all()[0]} {settings(**CLIENT)!r}"
    assert HUSH not in shown


# All of it together


def test_a_token_file_that_is_away_for_a_moment(secret_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token file that something else is just writing is asked for again, and then works."""
    scenario = {"runs": [{"id": RUN, "model": "M"}], "auth": {"tokens": ["second"]}}
    with Simulator(parse_scenario(scenario, origin="test")) as server:
        session = opened(monkeypatch, {"url": server.url, "token_file": secret_file})
        path = Path(secret_file)
        path.write_text("")
        said = session.client.progress(ById(RUN))
        assert isinstance(said, Fault)
        assert said.kind is FaultKind.CONTACT
        assert said.text == f"--token-file: {secret_file} is empty."
        path.write_text("second")
        assert isinstance(session.client.progress(ById(RUN)), Answer)


def test_a_client_certificate_in_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificate and key may lie in two files; a session opens with them."""
    me = trustme.CA().issue_cert("me")
    cert, key = write(me.cert_chain_pems[0], tmp_path / "c"), write(me.private_key_pem, tmp_path / "k")
    assert opened(monkeypatch, {"client_cert": cert, "client_key": key}, DAI_TOKEN=HUSH).warnings == ()
