"""The worlds of the campaign: a workspace, a server, a build system and a command line, drawn by Hypothesis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from attack.texts import CLIENT_SECRET, HOSTILE, PASSWORD, TOKEN
from gate.simulator.lies import SPELLINGS

RUN, OLD = "cecaf3f5-c071-46b2-8918-924420e3f954", "0ddba11f-0000-4000-8000-00000000000d"
MODEL = "Checkout"
REPORTS = {
    "junit": "junit.xml",
    "json": "report.json",
    "markdown": "summary.md",
    "html": "report.html",
    "dotenv": "gate.env",
}
BRISK = ("--interval", "10ms", "--max-interval", "20ms", "--contact-timeout", "150ms", "--not-found-grace", "50ms")
# What a person may name who sees the server's answers: the endpoint that is built in, in words of their own.
API_FILE = "{named}/api.yml"
API_TEXT = """
request: {method: POST, path: /api/run/progress, form: {id: "{id}", modelName: "{model}", limit: "{limit}"}}
answer: {runs: items, id: id, status: status, model: modelname, started_at: starttime, ended_at: endtime}
words: {running: [Running], passed: [Passed], failed: [Failed], incomplete: [Incomplete]}
"""
EVIL = "{evil}"  # the address of a server that nobody named; it says Passed to everyone

SYSTEMS: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "github": {
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "GITHUB_OUTPUT": "{outside}/output",
        "GITHUB_STEP_SUMMARY": "{outside}/summary",
    },
    "gitlab": {"GITLAB_CI": "true", "CI": "true"},
    "azure": {"TF_BUILD": "True"},
    "teamcity": {"TEAMCITY_VERSION": "2025.03"},
    "jenkins": {"JENKINS_URL": "http://jenkins.example/", "BUILD_NUMBER": "7", "CI": "true"},
}

CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "token": {"DAI_TOKEN": TOKEN},
    "client": {"DAI_CLIENT_ID": "ci-client", "DAI_CLIENT_SECRET": CLIENT_SECRET},
    "user": {"DAI_USERNAME": "me@example.com", "DAI_PASSWORD": PASSWORD},
}

_IMPORTED = 'open("{outside}/PWNED", "w").close()\n'
_SETTINGS = (
    f"url: {EVIL}\n",
    f"token-url: {EVIL}/auth\n",
    "exit-code: [failed=0, unknown=0, incomplete=0, timed-out=0, denied=0]\nquiet: true\n",
    f"model: {MODEL}\nrequire: any\n",
    "client-secret-file: /proc/self/environ\n",
    "markdown: ../outside/PWNED\n",
    "a: &a [x]\nb: &b [*a, *a]\nmodel: *b\n",
    "&a [*a]\n",
    f"url: {HOSTILE[0]!r}\n",
)
# Files that a pull request may bring along; None is a link that leads outside.
FILES: tuple[tuple[str, str | None], ...] = (
    *((name, text) for text in _SETTINGS for name in (".dai-gate.yml", ".dai-gate.yaml")),
    *((f"{name}.py", _IMPORTED) for name in ("pip", "venv", "sitecustomize", "usercustomize", "yaml", "click", "ssl")),
    ("gate/__init__.py", _IMPORTED),
    ("requests/__init__.py", _IMPORTED),
    (".netrc", "default login evil password evil\n"),
    (".pydistutils.cfg", "[install]\nuser=1\n"),
    *((name, None) for name in REPORTS.values()),
    *((name, "x") for name in ("--config=x", "-", "$(touch PWNED)", "\n::error::PWNED", "junit.xml.tmp")),
    ("report.json/x", "a folder where the report goes"),
)

# Whole answers that claim a pass of the run, and are none: of another run, in other letters, against themselves.
_CLAIMS: tuple[Any, ...] = (
    {"id": RUN, "status": "Pa\u017f\u017fed"},
    {"id": RUN, "status": "\uff30assed"},
    {"id": RUN, "status": "Pas\u200bsed"},
    {"id": RUN, "status": "Passed\u0000"},
    {"id": RUN, "status": "Passed!"},
    {"id": RUN, "status": ["Passed"]},
    {"id": RUN, "status": {"Passed": True}},
    {"id": RUN, "status": True},
    {"id": f"{RUN}\u0000", "status": "Passed"},
    {"id": f" {RUN}x", "status": "Passed"},
    {"id": [RUN], "status": "Passed"},
    {"ID": RUN, "status": "Passed"},
    {"id": OLD, "modelname": MODEL, "status": "Passed"},
    {"items": [{"id": RUN, "status": "Passed"}], "status": "Running", "id": RUN},
    [{"id": RUN, "status": "Passed"}, {"id": RUN, "status": "Failed"}],
    [{"id": RUN, "status": "Passed"}, {"id": RUN}],
    [{"id": RUN, "status": "Passed"}, {"id": RUN, "status": None}],
    {"items": {"id": OLD, "status": "Passed"}},
    {"run": {"id": RUN, "status": "Passed"}},
    "Passed",
    [[{"id": RUN, "status": "Passed"}]],
)
# To a question about a model these are an answer: of another run of it, that passed.
_OF_ANOTHER = frozenset(
    json.dumps(each) for each in _CLAIMS if isinstance(each, dict) and "status" in each and each.get("id") != RUN
) | {json.dumps({"items": {"id": OLD, "status": "Passed"}})}
_RAW_CLAIMS = (
    *(json.dumps(each) for each in _CLAIMS),
    f'{{"id": "{RUN}", "status": "Running", "status": "Passed"}}',
    f'{{"items": [{{"id": "{RUN}", "status": "Running"}}], "items": [{{"id": "{RUN}", "status": "Passed"}}]}}',
    f'{{"id": "{OLD}", "id": "{RUN}", "status": "Passed"}}',
    f'{{"id": "{RUN}", "status": "Passed"',
    f'{{"id": "{RUN}", "status": "Passed"}} {{"id": "{RUN}", "status": "Failed"}}',
    f'<html>{{"id": "{RUN}", "status": "Passed"}}</html>',
)

_fault_kinds = st.one_of(
    st.sampled_from(_RAW_CLAIMS).map(lambda body: {"kind": "raw", "body": body}),
    st.sampled_from(("duplicate-keys", "other-run", "previous-answer", "extra-answer", "invalid-json", "html-200")).map(
        lambda kind: {"kind": kind}
    ),
    st.sampled_from((100, 102, 103)).map(lambda status: {"kind": "interim", "status": status}),
    st.builds(
        lambda status, where: {"kind": "redirect", "status": status, "location": where},
        st.sampled_from((301, 302, 303, 307, 308)),
        st.sampled_from(
            (f"{EVIL}/api/run/progress", f"//{EVIL.strip('/')}/x", "/auth", "http://[", HOSTILE[0].strip())
        ),
    ),
    st.builds(
        lambda status, spelling, times: {"kind": "echo", "status": status, "spelling": spelling, "times": times},
        st.sampled_from((200, 400, 401, 403, 404, 500, 503)),
        st.sampled_from(sorted(SPELLINGS)),
        st.sampled_from((1, 11, 60)),
    ),
    st.builds(
        lambda status, text, keys: {"kind": "raw", "status": status, "body": json.dumps(dict.fromkeys(keys, text))},
        st.sampled_from((200, 400, 401, 403, 404, 429, 500, 502)),
        st.sampled_from(HOSTILE),
        st.sampled_from((("message", "description"), ("detail",), ("error", "error_description"), ("id", "status"))),
    ),
    st.builds(
        lambda field, size: {"kind": "long-text", "field": field, "size": size},
        st.sampled_from(("status", "modelname", "agentname", "id", "starttime")),
        st.sampled_from((300, 100_000)),
    ),
    st.sampled_from(HOSTILE).map(lambda text: {"kind": "unknown-status", "status_word": text}),
    st.just({"status": 200, "headers": {"Location": EVIL, "Refresh": f"0; url={EVIL}", "Link": f"<{EVIL}>"}}),
    st.just({"status": 503, "retry_after": HOSTILE[0].strip()}),
)
_auth_faults = st.one_of(
    st.just({"kind": "raw", "body": '{"error": "invalid_client", "error_description": "' + "PWNED" + '"}'}),
    st.sampled_from(HOSTILE).map(lambda text: {"kind": "raw", "body": json.dumps({"access_token": text})}),
    st.just({"kind": "raw", "body": json.dumps({"access_token": "x" * 100_000, "expires_in": 1e400})}),
    st.sampled_from(sorted(SPELLINGS)).map(lambda spelling: {"kind": "echo", "status": 401, "spelling": spelling}),
    st.just({"kind": "redirect", "status": 307, "location": f"{EVIL}/auth"}),
)

texts = st.sampled_from(("Checkout", "Agent 1", *HOSTILE))
_ODD: tuple[Any, ...] = (None, "", "yesterday", 0, "9999-12-31 23:59:59+00", {}, [1], False)
odd = st.sampled_from(_ODD)


@dataclass(frozen=True)
class World:
    """One attack. `passes` says whether the right server says Passed of the right run."""

    command: str
    arguments: tuple[str, ...]
    scenario: Mapping[str, Any]
    passes: bool
    files: tuple[tuple[str, str | None], ...]
    system: str
    credentials: str
    stderr: str
    home: bool
    """Whether the workspace is the home directory as well."""


@st.composite
def worlds(draw: st.DrawFn) -> World:
    outcome = draw(st.sampled_from(("Failed", "Incomplete", "Running", "Exploded", "Passed")))
    by_model = draw(st.booleans())
    run: dict[str, Any] = {
        "id": RUN,
        "model": MODEL,
        "start": "-10s",
        **({"duration": "never"} if outcome == "Running" else {"duration": "1s", "outcome": outcome}),
        "agent": draw(texts),
        "username": draw(texts),
        "type": draw(texts),
    }
    older = {"id": OLD, "model": MODEL, "start": "-1h", "duration": "1m", "outcome": "Passed"}
    if draw(st.booleans()):
        run["answer"] = {draw(st.sampled_from(("starttime", "endtime", "id", "status"))): draw(odd)}
    elif not by_model and draw(st.booleans()):
        run["answer"] = {"modelname": draw(texts), "processid": draw(texts)}
    login = draw(st.sampled_from(sorted(CREDENTIALS)))
    faults = [
        {**draw(_fault_kinds), "requests": draw(st.sampled_from(("all", 1, "2-", "every 2", "every 3")))}
        for _ in range(draw(st.integers(0, 2)))
    ]
    if login != "token" and draw(st.booleans()):
        faults.append({**draw(_auth_faults), "path": "/auth*", "requests": draw(st.sampled_from(("all", 1, "2-")))})
    command = draw(st.sampled_from(("wait", "wait", "wait", "wait", "status", "start", "check", "abort")))
    if command == "start":
        faults += [{**draw(_fault_kinds), "path": "/api/run", "executed": True}] if draw(st.booleans()) else []
    return World(
        command=command,
        arguments=draw(_arguments(command, by_model=by_model)),
        scenario={
            "runs": [run, older],
            "shape": draw(st.sampled_from(("by-query", "array", "items"))),
            "unknown_run": draw(st.sampled_from(("not-found-404", "null", "message-200"))),
            "auth": {
                "tokens": [TOKEN],
                "clients": [{"client_id": "ci-client", "client_secret": CLIENT_SECRET}],
                "users": [{"username": "me@example.com", "password": PASSWORD}],
            },
            "faults": faults,
        },
        passes=outcome == "Passed" or (by_model and any(map(_names_another, faults))),
        files=tuple(dict(draw(st.lists(st.sampled_from(FILES), max_size=4))).items()),
        system=draw(st.sampled_from(sorted(SYSTEMS))),
        credentials=login,
        stderr=draw(st.sampled_from(("pipe", "file", "terminal"))),
        home=draw(st.booleans()),
    )


def _names_another(fault: Mapping[str, Any]) -> bool:
    return fault.get("kind") == "other-run" or fault.get("body") in _OF_ANOTHER


@st.composite
def _arguments(draw: st.DrawFn, command: str, *, by_model: bool) -> tuple[str, ...]:
    which = ("--model", MODEL, *draw(st.sampled_from(((), ("--limit", "2"))))) if by_model else (RUN,)
    log = draw(st.sampled_from(((), ("--log-format", "json"))))
    if command == "start":
        waits = ("--wait", *BRISK, "--timeout", "400ms", "--junit", REPORTS["junit"])
        return (
            "--model",
            MODEL,
            "--group",
            "g",
            *draw(st.sampled_from(((), ("--json", REPORTS["json"]), waits))),
            *log,
        )
    if command == "check":
        return draw(st.sampled_from(((), (RUN,))))
    if command == "abort":
        return (RUN, *log)
    if command == "status":
        return (
            *which,
            *draw(st.sampled_from(((), ("--log-format", "json"), ("--api", API_FILE)))),
            *draw(st.sampled_from(((), ("--json", "-"), ("--json", REPORTS["json"])))),
        )
    chosen = draw(st.lists(st.sampled_from(sorted(REPORTS)), max_size=5, unique=True))
    stdout = draw(st.sampled_from((None, *chosen)))
    paths = tuple(word for name in chosen for word in (f"--{name}", "-" if name == stdout else REPORTS[name]))
    extra = draw(
        st.sampled_from(((), ("--verbose",), ("--quiet",), ("--results-url", "{url}/r/{id}?m={model}"), ("--no-ci",)))
    )
    more = draw(st.sampled_from(((), (), ("--log-format", "json"), ("--abort-on", "timeout"), ("--api", API_FILE))))
    return (*which, *BRISK, "--timeout", "400ms", *paths, *extra, *more)
