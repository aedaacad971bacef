"""Against a certified OAuth 2 server whose tokens are really refused once they have ended."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

from commands import Command
from e2e.access.guard import FORM, PROGRESS, REALM, guarded, post
from e2e.access.parts import token_server
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
TOKENS = f"{REALM}/token"
CLIENT = {"DAI_TOKEN": "", "DAI_CLIENT_ID": "ci", "DAI_CLIENT_SECRET": "ci-s3cret"}
REPORTS = ("--junit", "junit.xml", "--json", "report.json")


def test_a_minute_with_tokens_of_five_seconds(command: Command, serve: Serve, tmp_path: Path) -> None:
    """In a wait of a minute the token is renewed in time, time after time: no poll gets a 401."""
    dai = serve(runs=[{"id": RUN, "model": "M", "duration": "60s"}], auth={"any": True}, starts_at="first-request")
    with token_server(tmp_path, 5) as tokens, guarded(tokens, dai) as guard:
        pace = ("--interval", "500ms", "--max-interval", "500ms")
        ended = command("wait", "--url", guard.url, *pace, *REPORTS, RUN, **CLIENT)
    assert ended.code == 0, ended.err
    assert ended.json["elapsed_s"] >= 60
    polls = guard.statuses(PROGRESS)
    assert set(polls) == {200}
    assert len(polls) >= 50
    renewals = [each.at for each in guard.passed if each.path == TOKENS]
    assert set(guard.statuses(TOKENS)) == {200}
    assert 10 <= len(renewals) <= 16
    assert ended.json["requests"] == len(polls) + len(renewals)


def test_the_token_server_really_ends_tokens(command: Command, serve: Serve, tmp_path: Path) -> None:
    """The same wait with a token that cannot be renewed is `denied` when that ends: not everybody is let in."""
    dai = serve(runs=[{"id": RUN, "model": "M", "duration": "never"}], auth={"any": True})
    login = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": "ci-s3cret"}
    with token_server(tmp_path, 3) as tokens, guarded(tokens, dai) as guard:
        _, _, granted = post(tokens, TOKENS, urlencode(login).encode(), FORM)
        token = json.loads(granted)["access_token"]
        pace = ("--interval", "300ms", "--max-interval", "300ms")
        ended = command("wait", "--url", guard.url, *pace, *REPORTS, RUN, DAI_TOKEN=token)
    assert (ended.code, ended.json["verdict"]) == (6, "denied"), ended.err
    polls = guard.statuses(PROGRESS)
    assert set(polls[:-2]) == {200}
    assert polls[-2:] == [401, 401]


def test_a_server_that_forgets_tokens_early(command: Command, serve: Serve, tmp_path: Path) -> None:
    """A token that is revoked before its time is renewed once for each 401, and the verdict is the run's."""
    dai = serve(runs=[{"id": RUN, "model": "M", "duration": "8s", "outcome": "Failed"}], auth={"any": True})
    with token_server(tmp_path, 300) as tokens, guarded(tokens, dai, revoked_after=4) as guard:
        pace = ("--interval", "300ms", "--schedule", "fixed")
        ended = command("wait", "--url", guard.url, *pace, *REPORTS, RUN, **CLIENT)
    assert (ended.code, ended.json["verdict"]) == (1, "failed"), ended.err
    polls = guard.statuses(PROGRESS)
    assert polls.count(401) >= 2
    assert guard.statuses(TOKENS) == [200] * (1 + polls.count(401))
    assert [after for now, after in pairwise(polls) if now == 401] == [200] * polls.count(401)


def test_a_wrong_secret(command: Command, serve: Serve, tmp_path: Path) -> None:
    """A wrong secret is `denied` at once, and the reports hold the server's own words and the fix."""
    dai = serve(runs=[{"id": RUN, "model": "M"}], auth={"any": True})
    wrong = {**CLIENT, "DAI_CLIENT_SECRET": "wr0ng-s3cret"}
    with token_server(tmp_path, 5) as tokens, guarded(tokens, dai) as guard:
        ended = command("wait", "--url", guard.url, *REPORTS, "-v", RUN, **wrong)
        checked = command("check", "--url", guard.url, **wrong)
    assert (ended.code, ended.json["verdict"]) == (6, "denied")
    assert guard.statuses(PROGRESS) == []
    said = "invalid_client - client authentication failed"
    error = ended.junit.find(".//error")
    assert error is not None
    assert said in str(error.get("message"))
    assert said in ended.json["runs"][0]["message"]
    assert said in ended.err
    assert "Check the client id and its secret." in ended.json["runs"][0]["message"]
    assert "wr0ng" not in ended.out + ended.err + (command.folder / "junit.xml").read_text()
    assert checked.code == 6
    assert f"FAIL  credentials  The token server refused the credentials: {guard.url[7:]} answered 401: {said}." in (
        checked.out
    )


def test_a_token_server_elsewhere(command: Command, serve: Serve, tmp_path: Path) -> None:
    """With --token-url the token comes from another address, and is taken by DAI."""
    dai = serve(runs=[{"id": RUN, "model": "M", "duration": "1ms", "start": "-1s"}], auth={"any": True})
    with token_server(tmp_path, 5) as tokens, guarded(tokens, dai) as guard:
        ended = command("wait", "--url", guard.url, "--token-url", tokens + TOKENS, *REPORTS, RUN, **CLIENT)
    assert ended.code == 0, ended.err
    assert (guard.statuses(TOKENS), guard.statuses(PROGRESS)) == ([], [200])
