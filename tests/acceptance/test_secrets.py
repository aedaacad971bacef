"""No secret stands in any output, whatever it looks like and wherever the server sends it back.

What the server sends back stands between two marks here, in which nothing but `***` may ever be seen. The gate's own
words stay, even where a secret is equal to one of them: that `passed` is printed does not show that it is the token.
"""

from __future__ import annotations

import base64
import contextlib
import html
import io
import json
import os
import re
import signal
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commands import Command, clean_environment, clear_environment
from gate.cli import app
from gate.reports.redactor import SHORTEST_ANYWHERE
from gate.reports.text import without_sequences
from gate.simulator import Simulator, parse_scenario
from terminal import Terminal

RUN = "cecaf3f5-c071-46b2-8918-924420e3f954"
KEYCLOAK = "/auth/realms/eggplant/protocol/openid-connect/token"
PROGRESS = "/api/run/progress"
OPEN, CLOSE = "⟦", "⟧"
CANARY = "c4n4ry-n0b0dy-writes-this"
REPORTS = {"--junit": "r.xml", "--json": "r.json", "--markdown": "r.md", "--dotenv": "r.env", "--html": "r.html"}
BRISK = ("--interval", "10ms", "--contact-timeout", "15ms", "--not-found-grace", "15ms", "--timeout", "5s")

WORDS = ["passed", "failed", "denied", "unknown", "token", "bearer", "error", "null", "dai-gate", "id", "run", "status"]
SIGNS = ["a", "0", "*", ".", '"', "'", "\\", "<", "&", "{", ",", "(", "[", ".*", "[a-z]+", "(?i)x", "$1", "%41", "a b"]
ODD = ["é☃", "a\nb", "x\r\n\ty", " both ", "\u202eabc", "\x1b[31mred", "]]>", "<!--", "line\u2028break", "\U0001d518ni"]

tokens = st.sampled_from(WORDS + SIGNS) | st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0⟦⟧"))
texts = tokens | st.sampled_from(ODD) | anything.filter(str.strip)  # a blank secret counts as none
pairs = st.tuples(st.sampled_from(["token", "secret", "password", "obtained"]), tokens, texts)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    clear_environment(monkeypatch)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    kept = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


# How the secret is given, and how it comes back


@dataclass(frozen=True)
class Given:
    """A secret of one kind: the environment that gives it, and the login that the server plays for it."""

    kind: str
    secret: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "token": {"DAI_TOKEN": self.secret},
            "secret": {"DAI_CLIENT_ID": "ci", "DAI_CLIENT_SECRET": self.secret},
            "password": {"DAI_USERNAME": "me", "DAI_PASSWORD": self.secret},
            "obtained": {"DAI_CLIENT_ID": "ci", "DAI_CLIENT_SECRET": CANARY},
        }[self.kind]

    @property
    def faults(self) -> list[dict[str, Any]]:
        granted = json.dumps({"access_token": self.secret})
        return [raw(granted, path=KEYCLOAK)] if self.kind == "obtained" else []


def secret_of(kind: str, token: str, text: str) -> Given:
    """Return a secret as the gate takes it: trimmed. One that is too short to be hidden is made longer."""
    chosen = (token.strip() if kind in {"token", "obtained"} else text.strip("\ufeff \t\r\n\v\f")) or "x"
    return Given(kind, chosen if len(_seen(chosen)) >= SHORTEST_ANYWHERE else f"{chosen}-{chosen[::-1]}-longer")


def _seen(text: str) -> str:
    """Return what is left of a secret that is shown, without what nobody sees."""
    return "".join(each for each in html.unescape(without_sequences(text)) if each.isprintable() and each != " ")


def raw(body: str, *, path: str = PROGRESS, status: int = 200, **headers: str) -> dict[str, Any]:
    more = {"headers": headers} if headers else {}
    return {"requests": "all", "path": path, "kind": "raw", "status": status, "body": body, **more}


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a form": quote_plus,
    "in an address": lambda secret: quote(secret, safe=""),
    "in JSON": lambda secret: json.dumps(secret)[1:-1],
    "in HTML": html.escape,
    "in Base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "as Python": lambda secret: repr(secret)[1:-1],
}


def run(**facts: str) -> str:
    return json.dumps({"id": RUN, "modelname": "M", "status": "Passed", "endtime": None, **facts})


# Each takes the marked text that comes back, and says what the server does.
SCENES: dict[str, Callable[[str], dict[str, Any]]] = {
    "refused": lambda said: raw(json.dumps({"message": "No", "description": said}), status=403),
    "refused by a framework": lambda said: raw(json.dumps({"detail": [{"msg": said}]}), status=400),
    "in plain words": lambda said: raw(said, status=400),
    "unwell": lambda said: raw(said, status=500),
    "as a run's facts": lambda said: raw(run(modelname=said, agentname=said, type=said, username=said)),
    "as a status": lambda said: raw(run(status=said)),
    "as another run": lambda said: raw(run(id=said)),
    "as times": lambda said: raw(run(starttime=said, endtime=said)),
    "as no JSON": raw,
    "as a list": lambda said: raw(json.dumps([said])),
    "as a redirect": lambda said: raw("", status=302, Location=f"/{quote(said)}?{quote(said)}"),
    "late": lambda said: raw("." * 480 + said, status=400),
    "at the edge": lambda said: raw("." * 995 + said, status=400),
}


@dataclass(frozen=True)
class Written:
    """All that a command left behind: streams, and files as they are and as their readers see them."""

    code: int
    out: str
    err: str
    files: Mapping[str, str]

    @property
    def pieces(self) -> Iterator[str]:
        yield self.out
        yield self.err
        for name, text in self.files.items():
            yield text
            if name.endswith(".json"):
                yield from strings(json.loads(text))
            if name.endswith(".xml"):
                for element in ET.fromstring(text).iter():
                    yield from (element.text or "", *element.attrib.values())
            if name.endswith((".html", ".md")):
                yield html.unescape(text)

    @property
    def everything(self) -> str:
        return "\n".join(self.pieces)


def strings(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from strings(value)
    elif isinstance(content, list):
        for each in content:
            yield from strings(each)


def call(arguments: list[str], environment: Mapping[str, str], folder: Path) -> Written:
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(folder),
        patch.dict(os.environ, environment),
    ):
        code = app.run(arguments)
    files = {each.name: each.read_text(encoding="utf-8") for each in folder.iterdir()}
    return Written(code, out.getvalue(), err.getvalue(), files)


def run_against(given_: Given, faults: list[dict[str, Any]], *command: str) -> Written:
    """Run a command (default: a wait with every report) at -v against a server that has these faults."""
    scenario = {"faults": [*given_.faults, *faults], "auth": {"any": True}, "runs": [{"id": RUN, "model": "M"}]}
    reports = [word for pair in REPORTS.items() for word in pair]
    line = [*command] if command else ["wait", *BRISK, *reports, RUN]
    with TemporaryDirectory() as folder, Simulator(parse_scenario(scenario, origin="test")) as server:
        return call(
            [line[0], "--url", server.url, *(["-v"] if line[0] != "check" else []), *line[1:]],
            given_.environment,
            Path(folder),
        )


def check_hidden(written: Written, given_: Given, words: str) -> None:
    """Between the marks there is nothing but `***`; a secret that is no word of the gate's stands nowhere at all."""
    for piece in written.pieces:
        shown = [found for found in re.findall(f"{OPEN}(.{{0,80}})", piece, re.DOTALL) if not is_hidden(found)]
        assert shown == [], piece
    secret = given_.secret
    if len(secret) >= 5 and re.search("[A-Za-z]", secret) and secret not in words:
        assert secret not in written.everything


def is_hidden(shown: str) -> bool:
    """Return whether what follows a mark is hidden, but for white space, perhaps cut off."""
    return re.match(r"[\s*]*(⟧|$|\.\.\. \()", html.unescape(shown)) is not None


@cache
def own_words(kind: str, scene: str) -> str:
    """Return all that is written when the secret is one that nobody writes."""
    written = run_against(Given(kind, CANARY), [SCENES[scene](f"{OPEN}{CANARY}{CLOSE}")])
    assert CANARY not in written.everything
    return written.everything


few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("scene", SCENES)
@given(pair=pairs, form=st.sampled_from(sorted(FORMS)))
@example(pair=("token", "passed", ""), form="as it is")
@example(pair=("secret", "", "a\nb"), form="in JSON")
@example(pair=("password", "", "p\"a's&s<w>o\\rd"), form="in HTML")
@few
def test_what_comes_back_is_hidden(scene: str, pair: tuple[str, str, str], form: str) -> None:
    """A secret that the server sends back, in any form and place, is in no stream and no report."""
    chosen = secret_of(*pair)
    written = run_against(chosen, [SCENES[scene](f"{OPEN}{FORMS[form](chosen.secret)}{CLOSE}")])
    assert written.code in {0, 5, 6}
    check_hidden(written, chosen, own_words(chosen.kind, scene))


LOGINS: dict[str, Callable[[str], dict[str, Any]]] = {
    "refused": lambda said: raw(
        json.dumps({"error": "invalid_client", "error_description": said}), path="*", status=401
    ),
    "in plain words": lambda said: raw(said, path="*", status=403),
    "unwell": lambda said: raw(json.dumps({"message": said}), path="*", status=503),
    "no token": lambda said: raw(json.dumps({"token": said}), path="*"),
    "no JSON": lambda said: raw(said, path="*"),
    "elsewhere": lambda said: raw(
        "", path="*", status=307, Location=f"http://{quote(said)}@x/{quote(said)}#{quote(said)}"
    ),
}


@pytest.mark.parametrize("login", LOGINS)
@given(kind=st.sampled_from(["secret", "password"]), text=texts, form=st.sampled_from(sorted(FORMS)))
@few
def test_what_the_token_server_says_is_hidden(login: str, kind: str, text: str, form: str) -> None:
    """A secret that the token server sends back when it refuses is in no stream and no report."""
    chosen = secret_of(kind, "", text)
    written = run_against(chosen, [LOGINS[login](f"{OPEN}{FORMS[form](chosen.secret)}{CLOSE}")])
    assert written.code in {5, 6}
    check_hidden(written, chosen, written.everything if chosen.secret in own_login_words(kind, login) else "")


@cache
def own_login_words(kind: str, login: str) -> str:
    written = run_against(Given(kind, CANARY), [LOGINS[login](f"{OPEN}{CANARY}{CLOSE}")])
    assert CANARY not in written.everything
    return written.everything


COMMANDS: dict[str, tuple[str, ...]] = {
    "status": ("status", RUN, "--json", "r.json"),
    "status as a table": ("status", RUN),
    "check": ("check", "--json", "r.json"),
    "start": ("start", "--model", "M", "--group", "G"),
    "abort": ("abort", RUN),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("scene", ["refused", "in plain words", "as a run's facts", "as a redirect", "as no JSON"])
@given(pair=pairs)
@settings(parent=few, max_examples=8)
def test_other_commands_hide_it_too(command: str, scene: str, pair: tuple[str, str, str]) -> None:
    """What comes back to another command than `wait` is hidden there as well, and JSON stays JSON."""
    chosen = secret_of(*pair)
    marked = f"{OPEN}{chosen.secret}{CLOSE}"
    written = run_against(chosen, [{**SCENES[scene](marked), "path": "/api/run*"}], *COMMANDS[command])
    check_hidden(written, chosen, written.everything)


# Where the gate itself fails


def fail(text: str) -> Callable[..., Any]:
    def failing(*_: object, **__: object) -> None:
        raise RuntimeError(text)

    return failing


@pytest.mark.parametrize(
    "place", ["gate.dai.client.parse", "gate.commands.polling.poll", "gate.commands.context.open_session"]
)
@given(pair=pairs)
@few
def test_a_traceback_holds_no_secret(place: str, pair: tuple[str, str, str]) -> None:
    """An exception that nobody foresaw and that holds a secret, in a thread, in the wait or before it, shows none."""
    chosen = secret_of(*pair)
    if chosen.kind == "obtained" and place != "gate.dai.client.parse":
        return  # there is none yet
    with patch(place, fail(f"{OPEN}{chosen.secret}{CLOSE}")):
        written = run_against(chosen, [])
    assert written.code == 5
    assert OPEN in written.err
    check_hidden(written, chosen, written.everything)


# As a user runs it


@pytest.mark.parametrize("text", ["passed-passed", "s\"p a'ce\\d", "a.*b(cdef", "pä☃sswörd", "two\nlines"])
@pytest.mark.parametrize("kind", ["token", "secret", "password"])
@pytest.mark.parametrize("by_file", [False, True], ids=["environment", "file"])
def test_a_real_process(command: Command, kind: str, text: str, by_file: bool) -> None:
    """A process of its own shows no secret at -v, whether it comes from the environment or from a file."""
    chosen = secret_of(kind, text if text.isascii() and text.isprintable() else "t0ken", text)
    environment = {"DAI_TOKEN": "", **chosen.environment}
    if by_file:
        (command.folder.parent / "secret").write_text(f"{chosen.secret}\n", encoding="utf-8")
        name = next(name for name, value in environment.items() if value == chosen.secret)
        environment = {**environment, name: "", f"{name}_FILE": str(command.folder.parent / "secret")}
    scenario = {"faults": [SCENES["refused"](f"{OPEN}{chosen.secret}{CLOSE}")], "auth": {"any": True}}
    reports = [word for pair in REPORTS.items() for word in pair]
    with Simulator(parse_scenario(scenario, origin="test")) as server:
        ended = command("wait", "-v", "--url", server.url, *reports, RUN, **environment)
    files = {each.name: each.read_text(encoding="utf-8") for each in command.folder.iterdir()}
    written = Written(ended.code, ended.out, ended.err, files)
    assert written.code == 6, ended.err
    assert f"{OPEN}***{CLOSE}" in written.err
    check_hidden(written, chosen, own_words(kind, "refused"))


@pytest.mark.parametrize("word", ["t0k-abcdef", "t0k&n-<abc>"])
def test_what_the_user_wrote_is_hidden_too(command: Command, word: str) -> None:
    """A secret that stands in an option as well, in the suite's name or the address, is in no report."""
    prefix = f"/{quote(word)}"
    scenario = {"runs": [{"id": RUN, "model": "M"}], "prefix": prefix}
    reports = [each for pair in REPORTS.items() for each in pair]
    with Simulator(parse_scenario(scenario, origin="test")) as server:
        address = server.url.removesuffix(prefix) + prefix
        ended = command("wait", "--url", address, "--suite-name", f"all {word}", *reports, RUN, DAI_TOKEN=word)
    assert ended.code == 0, ended.err
    written = [(command.folder / name).read_text(encoding="utf-8") for name in REPORTS.values()]
    spellings = (word, html.escape(word), quote(word), json.dumps(word)[1:-1])
    found = [(each, text) for text in (ended.out, ended.err, *written) for each in spellings if each in text]
    assert found == []


def test_a_terminal(command: Command) -> None:
    """The live display hides a secret in a model's name, in a status and in an error."""
    model = f"{OPEN}{CANARY}{CLOSE}"
    runs = [{"id": RUN, "model": model, "statuses": [{"at": "0s", "status": CANARY}, {"at": "1s", "status": "Passed"}]}]
    fault = {**SCENES["unwell"](model), "requests": [3]}
    scenario = {"runs": runs, "faults": [fault], "auth": {"tokens": [CANARY]}}
    with Simulator(parse_scenario(scenario, origin="test")) as server:
        words = ["wait", "--url", server.url, "--interval", "200ms", RUN]
        terminal = Terminal(words, command.folder, clean_environment(DAI_TOKEN=CANARY), 120, 24)
        terminal.read_until(lambda text: "timeout in" in text)
        assert terminal.close() == 0
    assert f"{OPEN}***{CLOSE}" in terminal.text
    assert CANARY.encode() not in terminal.raw
