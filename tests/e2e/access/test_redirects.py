"""A redirect to another origin carries nothing there: not the token, not the secret, not even a request."""

from __future__ import annotations

import pytest

from commands import TOKEN, Command, Ended
from gate.simulator import Simulator
from serving import Serve

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
STATUSES = (301, 302, 303, 307, 308)
REALM = "/auth/realms/eggplant/protocol/openid-connect/token"
SECRET = "cl1ent-s3cret"
CLIENT = {"DAI_TOKEN": "", "DAI_CLIENT_ID": "ci", "DAI_CLIENT_SECRET": SECRET}
USER = {"DAI_TOKEN": "", "DAI_USERNAME": "me", "DAI_PASSWORD": SECRET}
REPORTS = ("--junit", "junit.xml", "--json", "report.json")


def redirect(serve: Serve, path: str, status: int, location: str) -> Simulator:
    """Start a server whose one path leads elsewhere."""
    fault = {"requests": "all", "path": path, "kind": "redirect", "location": location, "status": status}
    return serve(faults=[fault], auth={"any": True}, runs=[{"id": RUN, "model": "M", "duration": "never"}])


def check_named(ended: Ended, status: int, place: str) -> str:
    """The redirect is named as what it is, at once, with the new address, and what a query carries is left out."""
    assert (ended.code, ended.json["reason"]) == (5, "lost-contact"), ended.err
    message = str(ended.json["runs"][0]["message"])
    assert f"answered {status}, a redirect to {place}, which is not followed" in message
    assert "state=" not in message + ended.err
    everything = ended.out + ended.err + "".join(each.read_text() for each in ended.folder.iterdir())
    assert [each for each in (TOKEN, SECRET) if each in everything] == []
    return message


@pytest.mark.parametrize("status", STATUSES)
def test_a_redirected_poll(command: Command, serve: Serve, status: int) -> None:
    """A poll that is redirected is not repeated there."""
    elsewhere = serve(auth={"any": True})
    server = redirect(serve, "/api/run/progress", status, f"{elsewhere.url}/api/run/progress?state=x")
    ended = command("wait", "--url", server.url, *REPORTS, RUN)
    message = check_named(ended, status, f"{elsewhere.url}/api/run/progress")
    assert "give its address as --url" in message
    assert elsewhere.requests == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("login", "path", "option"),
    [
        (CLIENT, REALM, "--token-url"),
        ({**CLIENT, "DAI_TOKEN_URL": "{url}/api/v2/auth"}, "/api/v2/auth", "--token-url"),
        (USER, "/auth", "--url"),
    ],
    ids=["client", "json", "user"],
)
def test_a_redirected_login(
    command: Command, serve: Serve, status: int, login: dict[str, str], path: str, option: str
) -> None:
    """A login that is sent elsewhere is not repeated there, and the fix names the option of its address."""
    elsewhere = serve(auth={"any": True})
    server = redirect(serve, path, status, f"{elsewhere.url}{path}?state=x")
    variables = {name: value.format(url=server.url) for name, value in login.items()}
    ended = command("wait", "--url", server.url, *REPORTS, RUN, **variables)
    message = check_named(ended, status, f"{elsewhere.url}{path}")
    assert f"give its address as {option};" in message
    assert elsewhere.requests == []
    assert [request.path for request in server.requests] == [path]


def test_a_relative_redirect(command: Command, serve: Serve) -> None:
    """A redirect on the same server is named with its whole address, and not followed either."""
    server = redirect(serve, "/api/run/progress", 302, "/login?state=x")
    check_named(command("wait", "--url", server.url, *REPORTS, RUN), 302, f"{server.url}/login")
    assert len(server.requests) == 1


@pytest.mark.parametrize("command_line", [("check",), ("status", RUN), ("abort", RUN), ("start", "--model", "M")])
def test_other_commands(command: Command, serve: Serve, command_line: tuple[str, ...]) -> None:
    """No other command follows a redirect."""
    elsewhere = serve(auth={"any": True})
    server = redirect(serve, "/api/*", 307, elsewhere.url)
    more = ("--group", "G") if command_line[0] == "start" else ()
    ended = command(*command_line, *more, "--url", server.url)
    assert ended.code == 5, ended.out + ended.err
    assert f"a redirect to {elsewhere.url}, which is not followed" in ended.out + ended.err
    assert elsewhere.requests == []
