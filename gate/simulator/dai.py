"""The endpoints of Eggplant DAI, as far as its documentation and the logs that were seen describe them.

Each function says the grade of what it plays: documented by the vendor, seen in a real log or client, or inferred.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, Final, NoReturn

from gate.simulator.answers import Answer, RefusedError, Request, answer_json, refusal
from gate.simulator.faults import PROGRESS
from gate.simulator.polls import Polls
from gate.simulator.records import Records
from gate.simulator.runs import Ledger, stable_id
from gate.simulator.scenario import Scenario
from gate.simulator.tokens import Tokens

_CLASSIC_LIFE: Final = 3600.0  # documented
_KEYCLOAK_LIFE: Final = 300.0  # documented
_PUBLIC_LIFE: Final = 600.0  # documented
_KEYCLOAK: Final = re.compile(r"/auth/realms/([^/]+)/protocol/openid-connect/token")
_BAD_LOGIN: Final = ("Not Authorized", "The credentials you provided are not valid.")  # documented

_POSITIVE: Final = re.compile(r"0*[1-9][0-9]{0,17}")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_REQUIRED: Final = ("modelName", "group")
_WHOLE: Final = ("iterations", "maxActions", "bins", "covertarget")
_OPTIONAL: Final = frozenset(
    {"agentName", "suiteLocation", "directedTest", "seed", "replay", "onerror", "execute"}
    | {"path", "verbosity", "logdir", "logfile", "coverdb"}
)
_WORDS: Final = {"onerror": ("clean", "continue", "immediate", "debug"), "execute": ("true", "false")}


def _bad(description: str) -> NoReturn:
    raise RefusedError(400, "Bad Request", description)


class Dai:
    """Answers requests, and starts and ends runs when it is asked to."""

    def __init__(self, scenario: Scenario, ledger: Ledger, tokens: Tokens, records: Records) -> None:
        self._scenario, self._ledger, self._tokens, self._records = scenario, ledger, tokens, records
        self._numbers = count()
        self._polls = Polls(scenario.api.request)
        self._any_model = not (scenario.planned or scenario.models)
        self._routes: dict[str, Callable[[Request], Answer]] = {
            "/api/run": self._start,
            "/api/run/abort": self._abort,
            "/auth": self._classic,
            "/ai/auth": self._classic,
            "/api/v1/auth": self._public,
            "/api/v2/auth": self._public,
        }

    def endpoint(self, method: str, path: str) -> str:
        """Return PROGRESS for a poll, else the path below the prefix without its query, empty outside the prefix."""
        below = self._below(path)
        return PROGRESS if self._polls.hold(method, below) else below

    def _below(self, path: str) -> str:
        prefix = self._scenario.prefix
        return path.partition("?")[0].removeprefix(prefix) if path.startswith(f"{prefix}/") else ""

    def answer(self, request: Request) -> Answer:
        """Return the true answer, after doing what was asked."""
        path = self._below(request.path)
        route = self._keycloak if _KEYCLOAK.fullmatch(path) else self._routes.get(path)
        if self._polls.hold(request.method, path):
            route = self._progress
        elif request.method != "POST":
            route = None
        if route is None:
            return refusal(404, "Not Found", f"There is nothing at {request.method} {request.path}.")
        try:
            return route(request)
        except RefusedError as refused:
            return refused.answer

    def _progress(self, request: Request) -> Answer:
        """Documented, but for: an id that nobody knows, the array of a model, what `limit` must be."""
        self._account(request)
        asked = self._polls.read(request, self._below(request.path))
        if run_id := asked.get("id"):
            return self._one(run_id, request.at)
        if model := asked.get("model"):
            return self._several(model, _whole(asked, "limit") if "limit" in asked else None, request.at)
        _bad("One of the parameters 'id' and 'modelName' is required.")

    def _one(self, run_id: str, now: float) -> Answer:
        run = self._ledger.run(run_id)
        if run is None or not run.is_visible(now):
            return _unknown(self._scenario.unknown_run, f"Run ID {run_id} does not exist")
        self._check_access(run.model)
        return self._records.answer([run], now, by_model=False)

    def _several(self, model: str, limit: int | None, now: float) -> Answer:
        self._check_access(model)
        runs = self._ledger.newest(model, now, limit)
        if not runs and self._scenario.unknown_model != "empty-array":
            return _unknown(self._scenario.unknown_model, f"Model {model} does not exist")
        return self._records.answer(runs, now, by_model=True)

    def _start(self, request: Request) -> Answer:
        """Documented parameters; answer and refusal of an agent seen; words for a wrong parameter inferred."""
        account = self._account(request)
        asked = request.parameters
        _check_start(asked)
        model, agent = asked["modelName"], asked.get("agentName") or None
        self._check_access(model)
        if not (self._ledger.has_model(model) or model in self._scenario.models or self._any_model):
            _bad(f"Model {model} does not exist")
        if agent in self._scenario.disconnected_agents:
            _bad(f"Agent {agent} is not connected to the server")
        usual = self._scenario.started
        template = replace(
            usual,
            agent=agent or usual.agent,
            username=account or usual.username,
            type="testcase" if asked.get("directedTest") else usual.type,
        )
        number = next(self._numbers)
        run_id = str(100_000 + number) if self._scenario.numeric_ids else stable_id(f"{model}/started/{number}")
        run = self._ledger.add(template.plan(run_id, model, request.at))
        fields = {
            "processid": run.processid,
            "id": self._records.run_id(run),
            "iterations": int(asked.get("iterations", 1)),
            "agent": template.agent or "",
        }
        return answer_json(200, fields)

    def _abort(self, request: Request) -> Answer:
        """Documented with `id`; `processid` is what the vendor's client sends (seen)."""
        self._account(request)
        asked = request.parameters
        name = "id" if "id" in asked else "processid"
        if name not in asked:
            _bad("The parameter 'id' is required.")
        process = _whole(asked, name)
        if not self._ledger.abort(process, request.at, self._scenario.aborted_status):
            raise RefusedError(404, "Not Found", f"There is no process {process}")
        return answer_json(200, {"message": "OK", "description": "Execution abort triggered"})

    def _classic(self, request: Request) -> Answer:
        """Documented at `/auth`; `/ai/auth` and its words for a wrong password were seen."""
        asked = request.parameters
        username = asked.get("username", "")
        if not self._tokens.knows_user(username, asked.get("password", "")):
            if request.path.endswith("/ai/auth"):
                return answer_json(401, {"message": "Username or password incorrect"})
            raise RefusedError(401, *_BAD_LOGIN)
        return self._grant(username, _CLASSIC_LIFE, request.at, {"token_type": "bearer"})

    def _keycloak(self, request: Request) -> Answer:
        """Documented; the words of refusals are those of Keycloak itself."""
        asked = request.parameters
        if self._below(request.path) != f"/auth/realms/{self._scenario.auth.realm}/protocol/openid-connect/token":
            return answer_json(404, {"error": "Realm does not exist"})
        if asked.get("grant_type") != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "Unsupported grant_type")
        if not self._tokens.knows_client(asked.get("client_id", ""), asked.get("client_secret", "")):
            return _oauth_error(401, "invalid_client", "Invalid client or Invalid client credentials")
        more = {"refresh_expires_in": 0, "token_type": "Bearer", "not-before-policy": 0, "scope": "email profile"}
        return self._grant("", _KEYCLOAK_LIFE, request.at, more)

    def _public(self, request: Request) -> Answer:
        """Documented; the refusal is inferred from the classic one."""
        asked = request.parameters
        if not self._tokens.knows_client(asked.get("client_id", ""), asked.get("client_secret", "")):
            raise RefusedError(401, *_BAD_LOGIN)
        return self._grant("", _PUBLIC_LIFE, request.at, {})

    def _grant(self, account: str, life: float, now: float, more: Mapping[str, Any]) -> Answer:
        if self._scenario.auth.no_licence:
            raise RefusedError(403, "Forbidden", "No concurrent user licence is available.")
        return answer_json(200, {**self._tokens.grant(account, life, now), **more})

    def _account(self, request: Request) -> str:
        account = self._tokens.account(request.token, request.at)
        if account is None:
            raise RefusedError(401, "Unauthorized", "The access token is missing or not valid.")
        return account

    def _check_access(self, model: str) -> None:
        if model in self._scenario.forbidden:
            raise RefusedError(403, "Forbidden", f"You have no access to the model {model}.")


def _oauth_error(status: int, error: str, description: str) -> Answer:
    return answer_json(status, {"error": error, "error_description": description})


def _unknown(choice: str, description: str) -> Answer:
    """Return the answer about what does not exist. It is undocumented: 404 is a guess, and others answer the rest."""
    return {
        "not-found-404": refusal(404, "Not Found", description),
        "bad-request-400": refusal(400, "Bad Request", description),
        "null": answer_json(200, None),
        "empty-array": answer_json(200, []),
        "message-200": refusal(200, "Not Found", description),
    }[choice]


def _whole(asked: Mapping[str, str], name: str) -> int:
    if not _POSITIVE.fullmatch(asked[name]):
        _bad(f"The parameter '{name}' must be a positive integer, not '{asked[name]}'.")
    return int(asked[name])


def _check_start(asked: Mapping[str, str]) -> None:
    for name in _REQUIRED:
        if not asked.get(name):
            _bad(f"The parameter '{name}' is required.")
    for name in asked:
        if name not in _OPTIONAL and name not in _REQUIRED and name not in _WHOLE:
            _bad(f"The parameter '{name}' is not recognised.")
        if name in _WHOLE:
            _whole(asked, name)
        if name in _WORDS and asked[name] not in _WORDS[name]:
            _bad(f"The parameter '{name}' must be one of {', '.join(_WORDS[name])}, not '{asked[name]}'.")
    if not _INTEGER.fullmatch(asked.get("seed", "0")):
        _bad(f"The parameter 'seed' must be an integer, not '{asked['seed']}'.")
