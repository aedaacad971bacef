"""A scenario: which runs there are, how answers look, who may come in, and what goes wrong.

It is written in YAML, and every key may be left out:

```yaml
runs:
  - model: Checkout           # the only key that a run must have
    id: a1                    # default: a stable UUID, the same in every session
    start: -5s                # seconds from the start; negative: it runs already; default 0s
    duration: 8s              # default 8s; `never`: it never ends
    outcome: Passed           # any word; default Passed
    agent: Agent 1            # default null
    username: me@example.com  # default empty
    type: model               # default model
    visible_after: 50ms       # unknown for so long after its start (seen: 14 to 72 ms)
    vanish_after: 1h          # unknown again so long after its start; default null: never
  - model: Search
    statuses: [{at: 0s, status: Pending}, {at: 1s, status: Running}, {at: 8s, status: Failed}]

history:                      # runs that had ended before the start, the last of them `every` before it
  - model: Checkout
    durations: [8s, 9s, 2m]   # oldest first
    outcomes: [Passed, Failed]  # taken in turn; default Passed
    every: 1h                 # default 1h
    agent: Agent 1
  - model: Search
    generate: {count: 50, median: 8m, spread: 0.3, seed: 1}  # log-normal durations instead of a list

many:                         # models `model-001` and on, whose runs all start together
  {models: 100, runs: 100, duration: [2s, 20s], outcome: {Passed: 0.9, Failed: 0.1}, start: 0s, seed: 1}

started: {duration: 8s, outcome: Passed}  # what /api/run starts: keys of a run, no id and no model
models: [Login]               # models that may be started beside those above; any, if there is none at all
forbidden: [Secret]           # models that are answered with 403
disconnected_agents: [Agent 9]
aborted_status: Incomplete    # the word of a run that was aborted

auth:
  tokens: [abc]               # accepted as they are
  clients: [{client_id: ci, client_secret: s3cret}]
  users: [{username: me, password: pa55}]
  any: false                  # accept any token and any login; default: when none of these three is given
  required: true              # false: a request without a token is let in as well
  realm: eggplant
  expires_in: 5m              # default as documented: 1h at /auth, 5m from Keycloak, 10m at /api/v1 and v2
  expires_in_raw: absent      # what is said instead, any value; `absent`: nothing is said
  forget_tokens_after: 3s     # how long a token really lives, if not as long as is said
  no_licence: false           # true: every login gets 403

clock: {offset: "+01:00", end_time: documented}  # or `lying` (seen): UTC digits with the local offset
time_format: documented       # 2018-05-31 17:00:01.366412+01; or iso, colon, compact, zulu
shape: by-query               # an object for an id, an array for a model; or object, array, items
extra_keys: false             # true: adds runid, is_paused and runs (seen)
status_case: as-is            # or upper, lower
unknown_run: not-found-404    # or bad-request-400, null, empty-array, message-200 (undocumented)
unknown_model: empty-array    # or one of the same (undocumented)
prefix: /dai                  # everything is below this path; default none
starts_at: server-start       # or first-request: what runs and faults count from

faults:                       # the first that fits a request happens to it
  - requests: 3               # from 1, per path; or [3, 5], "3-7", "3-", "every 4", {chance: 0.2, seed: 7}, all
    path: /api/run/progress   # default this one; patterns such as /auth* and * are understood
    after: 0s                 # only from then
    until: 10s                # and until then, counted like the start of runs
    executed: false           # true: what was asked is done, though the answer is lost
    headers: {X-Proxy: edge}  # more headers
    retry_after: 5            # or a text, or {date_in: 5s}
    status: 503               # any status from 200 to 999
    body: json                # or html, text, empty, honest (which is the default below 300)
  - {requests: 5, kind: hang}
```

A run has ended with the word Passed, Failed, Incomplete, Error, Cancelled, Aborted or Stopped, and with whatever word
is its last unless that is one of going on, such as Running or Pending.

Besides `status` a fault has one of these kinds, some with keys of their own:

* another answer: `redirect` (status 302, location), `raw` (body, status 200, content_type), `html-200`, `invalid-json`,
  `wrong-type` (value), `null`, `empty-array`, `empty-object`, `deep-nesting` (depth 100000), `duplicate-keys`
  (status_word Passed, said after the true one), `other-run` (status_word Passed),
  `unknown-status` (status_word Blocked), `wrong-charset` (charset utf-16 or latin-1, declared utf-8),
  `unexpected-encoding` (encoding gzip, which it is not);
* the true answer, badly sent: `slow` (delay 2s), `drip` (interval 0.2s, the body byte by byte), `drip-headers` (all of
  it so), `hang-body`, `truncate`, `wrong-length`, `huge` (size 50MB) and `gzip-bomb` (size 200MB), both of white space
  before the answer, so that a reader without limits would be content;
* no answer: `close`, `reset`, `hang`, `not-http` (body).

A POST of `/api/run` is executed by a fault that sends the true answer, and by no other unless `executed` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gate.errors import UsageError
from gate.simulator.dai import UNKNOWN
from gate.simulator.faults import Fault, parse_fault
from gate.simulator.plans import parse_history, parse_many, parse_run, parse_template
from gate.simulator.records import Looks, parse_looks
from gate.simulator.runs import Phase, PlannedRun
from gate.simulator.section import Section
from gate.simulator.tokens import AuthRules, parse_auth

if TYPE_CHECKING:
    from collections.abc import Iterator

_STARTED: Final = PlannedRun(id="", model="", phases=(Phase(0.0, "Running"), Phase(8.0, "Passed")))


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Everything a simulated server needs to know before it starts. `Scenario()` is one without a run."""

    runs: tuple[PlannedRun, ...] = ()
    started: PlannedRun = _STARTED
    auth: AuthRules = field(default_factory=AuthRules)
    looks: Looks = field(default_factory=Looks)
    faults: tuple[Fault, ...] = ()
    models: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    disconnected_agents: frozenset[str] = frozenset()
    unknown_run: str = "not-found-404"
    unknown_model: str = "empty-array"
    aborted_status: str = "Incomplete"
    prefix: str = ""
    starts_at_first_request: bool = False

    @property
    def any_model(self) -> bool:
        """Whether a model may be started that the scenario does not name: when it names none at all."""
        return not (self.runs or self.models)


def load_scenario(path: Path | str) -> Scenario:
    """Read a scenario from a YAML file. Raises UsageError for one that cannot be read or has an error in it."""
    from gate import yamlfile  # noqa: PLC0415 - a simulator that is given a mapping needs no YAML

    values = yamlfile.read(path, origin="--scenario", right="Mind the indentation, and quote what is text.")
    return parse_scenario({} if values is None else values, origin=str(path))


def parse_scenario(values: object, origin: str) -> Scenario:
    """Return the scenario that the mapping describes; `origin` says in errors where it came from. Raises UsageError."""
    with Section(values, "", origin) as keys:
        runs = tuple(_runs(keys))
        _check_ids(runs, keys)
        return Scenario(
            runs=runs,
            started=parse_template(keys.section("started")) if keys.has("started") else _STARTED,
            auth=parse_auth(keys.section("auth")),
            looks=parse_looks(keys),
            faults=tuple(parse_fault(entry) for entry in keys.sections("faults")),
            models=frozenset(keys.texts("models")),
            forbidden=frozenset(keys.texts("forbidden")),
            disconnected_agents=frozenset(keys.texts("disconnected_agents")),
            unknown_run=keys.choice("unknown_run", UNKNOWN, "not-found-404"),
            unknown_model=keys.choice("unknown_model", UNKNOWN, "empty-array"),
            aborted_status=keys.text("aborted_status", "Incomplete"),
            prefix=_prefix(keys),
            starts_at_first_request=keys.choice("starts_at", ("server-start", "first-request"), "server-start")
            == "first-request",
        )


def _runs(keys: Section) -> Iterator[PlannedRun]:
    for index, entry in enumerate(keys.sections("runs")):
        yield parse_run(entry, str(index))
    for index, entry in enumerate(keys.sections("history")):
        yield from parse_history(entry, str(index))
    if keys.has("many"):
        yield from parse_many(keys.section("many"))


def _check_ids(runs: tuple[PlannedRun, ...], keys: Section) -> None:
    seen: set[str] = set()
    for run in runs:
        if run.id in seen:
            raise UsageError(
                f"{keys.origin}: runs: two have the id {run.id!r}.", "Give each run an id of its own, or none."
            )
        seen.add(run.id)


def _prefix(keys: Section) -> str:
    prefix = keys.text("prefix", "").rstrip("/")
    if prefix and not prefix.startswith("/"):
        raise keys.wrong("prefix", "a path that begins with /, such as /dai")
    return prefix
