"""What goes over the wire, and when."""

from __future__ import annotations

import os
import re
import threading

from commands import TOKEN, Command
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"


def test_the_request_is_the_documented_one(command: Command, serve: Serve) -> None:
    """A form with the id, sent with the lower-case scheme, to the documented path below the prefix."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "1ms"}], prefix="/dai")
    command("wait", "--url", server.url + "/", RUN)
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/dai/api/run/progress")
    assert request.headers["Authorization"] == f"bearer {TOKEN}"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.body == f"id={RUN}".encode()
    assert request.headers["User-Agent"].startswith("dai-gate/")


def test_a_finished_run_costs_one_request(command: Command, serve: Serve) -> None:
    """The first poll is at once, and a run that has ended is not asked for again."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "1ms", "start": "-1s"}])
    ended = command.wait(server, RUN)
    assert len(server.requests) == 1
    assert (ended.json["polls"], ended.json["requests"]) == (1, 1)


def test_waits_grow_by_the_factor_to_the_cap(command: Command, serve: Serve) -> None:
    """The waits are those of the schedule, within the jitter; no more is asked, and once more at the deadline."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "never"}])
    pace = ("--interval", "200ms", "--backoff-factor", "2", "--max-interval", "800ms", "--timeout", "4s")
    ended = command("wait", "-v", "--url", server.url, *pace, "--json", "report.json", RUN)
    waits = [int(wait) for wait in re.findall(r"next poll in (\d+)ms", ended.err)]
    assert all(own * 0.9 <= wait <= own * 1.1 for wait, own in zip(waits[:-1], (200, 400, 800, 800), strict=False))
    assert 2 <= len(server.requests) <= 8
    assert ended.json["elapsed_s"] >= 4


def test_verbose_logs_each_request_and_its_answer(command: Command, serve: Serve) -> None:
    """With -v the log has a line for each request, what was answered and after how long; without, it has none."""
    fault = {"requests": [2], "kind": "status", "status": 503}
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "600ms"}], faults=[fault])
    ended = command.wait(server, "-v", "--interval", "200ms", RUN)
    path = f"{server.url}/api/run/progress"
    line = re.compile(rf"^ *[\d.]+s  POST {path}: (\d+) after \d\.\d\ds, \d+ bytes$", re.MULTILINE)
    statuses = line.findall(ended.err)
    assert (statuses[:3], len(statuses)) == (["200", "503", "200"], len(server.requests))
    assert "POST" not in command.wait(server, RUN).err


def test_a_token_file_is_read_again_when_its_token_is_refused(command: Command, serve: Serve) -> None:
    """A token that something else renews in its file is picked up after a 401."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "2s"}], auth={"tokens": ["second"]})
    path = command.folder / "token"
    path.write_text("first\n")
    command.wait(server, "--token-file", "token", RUN, DAI_TOKEN="")
    assert [request.headers["Authorization"] for request in server.requests] == ["bearer first"] * 2
    path.write_text("second\n")
    assert command.wait(server, "--token-file", "token", RUN, DAI_TOKEN="").code == 0


def test_a_token_may_come_through_a_pipe(command: Command, serve: Serve) -> None:
    """A pipe, as a shell makes one of `--token-file <(command)`, is read once: a refusal does not wait for another."""
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "500ms"}], auth={"tokens": ["second"]})
    pipe = command.folder / "token"
    os.mkfifo(pipe)
    for token, code in (("second", 0), ("first", 6)):
        writer = threading.Thread(target=pipe.write_text, args=(token,), daemon=True)
        writer.start()
        assert command.wait(server, "--token-file", "token", RUN, DAI_TOKEN="").code == code
        writer.join(timeout=30)


def test_a_proxys_404_while_a_token_is_renewed_is_borne(command: Command, serve: Serve) -> None:
    """Where something in front of the server has lost the token server for a while, the wait continues."""
    keycloak = "/auth/realms/eggplant/protocol/openid-connect/token"
    auth = {"clients": [{"client_id": "ci", "client_secret": "s3cret-s3cret"}], "expires_in": "1s"}
    lost = {"requests": "2-4", "path": keycloak, "status": 404, "body": "html"}
    server = serve(runs=[{"id": RUN, "model": "M", "duration": "2s"}], auth=auth, faults=[lost])
    ended = command.wait(server, RUN, "--client-id", "ci", DAI_TOKEN="", DAI_CLIENT_SECRET="s3cret-s3cret")
    assert ended.code == 0
    assert "The token server refused the credentials: " in ended.err
    assert [request.path for request in server.requests].count(keycloak) > 4


def test_a_redirect_is_named_and_not_followed(command: Command, serve: Serve) -> None:
    """A redirect is not followed, and its address is named with the fix."""
    elsewhere = serve(runs=[])
    server = serve(faults=[{"requests": "all", "kind": "redirect", "location": elsewhere.url, "status": 307}])
    ended = command.wait(server, RUN)
    assert (ended.code, ended.json["reason"]) == (5, "lost-contact")
    assert f"a redirect to {elsewhere.url}" in ended.json["runs"][0]["message"]
    assert elsewhere.requests == []


def test_a_token_is_in_no_output(command: Command, serve: Serve) -> None:
    """Even where the server sends the token back, it stands in no stream and no report."""
    body = f'{{"message": "the token {TOKEN} is bad"}}'
    server = serve(faults=[{"requests": "all", "kind": "raw", "status": 403, "body": body}])
    ended = command.wait(server, "-v", RUN)
    everything = ended.out + ended.err + "".join(each.read_text() for each in command.folder.iterdir())
    assert "is bad" in everything
    assert TOKEN not in everything
