"""Asks the server: how runs are, as an API description says; to start one; to abort one."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import partial
from typing import Any

from gate.core.answer import Answer, Fault, FaultKind
from gate.core.api import RUN_PROGRESS, Api, RequestSpec, UnaskableError
from gate.core.progress import parse
from gate.core.record import record
from gate.core.targets import Query
from gate.dai import statuses
from gate.dai.credentials import Credentials
from gate.dai.peer import Peer, Unanswered
from gate.dai.response import Response, what_is_wrong
from gate.dai.transport import LARGEST_ANSWER, LARGEST_SHORT_ANSWER, Transport, form_post

# Longer than any id that was seen; a longer one is no id.
LONGEST_ID = 200

# What to do where no answer says whether the run was started.
CHECK_FIRST = "Look in DAI before you start it again."

# With these a server refuses what it is to start, and what to do then.
_START_REFUSED = frozenset({400, 404, 409, 422})
_START_FIX = "Check --model, --group and the other options of the run, and that --url is the address of the DAI server."

# What the decoder makes of one large answer takes far more memory than the answer: one is decoded at a time.
_DECODING = threading.Lock()


@record
class Started:
    """A run that the server has started: its id, the agent it chose (seen), and the whole answer."""

    run_id: str
    agent: str
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Client:
    """Talks to the server at `url`, and asks about runs as `api` says. Threads may share it.

    `kind` says in words what the credentials are.
    """

    def __init__(
        self,
        url: str,
        transport: Transport,
        credentials: Credentials,
        kind: str = "the credentials",
        api: Api = RUN_PROGRESS,
    ) -> None:
        self.url = url
        self._kind, self._api = kind, api
        self._transport, self._credentials = transport, credentials

    def progress(self, query: Query) -> Answer | Fault:
        """Ask how runs are, and return what the answer says of them."""
        try:
            with self.send(self._api.request_for(query), LARGEST_ANSWER) as response:
                return self._read(response) if response.status == 200 else self.refusal(response)
        except UnaskableError as error:
            return Fault(FaultKind.REJECTED, f"{error}.", "Check the run id.", sent=False)
        except Unanswered as unanswered:
            return unanswered.fault

    def _read(self, response: Response) -> Answer | Fault:
        try:
            with _DECODING:
                reading = parse(response.content(self._api.keys), self._api)
        except (ValueError, RecursionError) as error:
            text = f"The server's answer is {what_is_wrong(error)}: {response.words or 'it is empty'}."
            return self._unreadable(text, response.retry_after)
        return Answer(reading, response.date, response.retry_after)

    def start(self, form: Mapping[str, str]) -> Started | Fault:
        """Start a run: `POST /api/run`, a form (documented). It is posted once: a second might start a second run.

        A fault whose `sent` is true does not tell whether the run was started.
        """
        try:
            with self.send(form_post("/api/run", form)) as response:
                if not 200 <= response.status < 300:
                    fault = self.refusal(response)
                    if response.status >= 500 or response.status in {304, 408}:
                        return _unclear(fault)
                    is_own = response.status in _START_REFUSED and response.is_json
                    return replace(fault, fix=_START_FIX if is_own else fault.fix, sent=False)
                if started := _started(response):
                    return started
                words = response.words or "it is empty"
                text = f"{response.peer.subject} answered {response.status}, but without a usable run id: {words}."
                return _unclear(self._unreadable(text))
        except Unanswered as unanswered:
            return _unclear(unanswered.fault) if unanswered.fault.sent else unanswered.fault

    def abort(self, process_id: str) -> str | Fault:
        """Ask for the end of a run's process: `POST /api/run/abort`; return the server's words.

        The documented form is `id`; the vendor's own client sends `processid` instead, which is tried where the first
        is not understood.
        """
        try:
            outcome, status = self._abort({"id": process_id})
            if status in {400, 404, 422}:
                second, status = self._abort({"processid": process_id})
                outcome = second if 200 <= status < 300 else outcome
        except Unanswered as unanswered:
            return unanswered.fault
        return outcome

    def _abort(self, form: Mapping[str, str]) -> tuple[str | Fault, int]:
        with self.send(form_post("/api/run/abort", form)) as response:
            if not 200 <= response.status < 300:
                return self.refusal(response), response.status
            if response.is_page:
                text = f"{response.peer.subject} answered {response.status}, but with {response.words}."
                return self._unreadable(text), response.status
            return response.words or "OK", response.status

    @contextlib.contextmanager
    def send(self, spec: RequestSpec, largest: int = LARGEST_SHORT_ANSWER) -> Iterator[Response]:
        """Send a request; where the token is refused, once more with a fresh one. Raises Unanswered."""
        send = partial(self._transport.send, Peer(self.url + spec.path), spec, auth=self._credentials, largest=largest)
        with send() as response:
            if response.status != 401 or not self._credentials.is_given():
                yield response
                return
        self._credentials.forget(response.signature)
        with send() as response:
            yield response

    def refusal(self, response: Response) -> Fault:
        """Return the fault that an answer other than 200 stands for."""
        fault = statuses.from_response(response)
        if fault.kind is FaultKind.DENIED and not self._credentials.is_given():
            return replace(fault, fix="No credentials are given: set DAI_TOKEN, or name a --token-file.")
        if fault.kind is FaultKind.DENIED and not fault.fix:
            fix = f"Sent: {self._kind}. Is it meant for this server, has it expired, and may its account use the API?"
            return replace(fault, fix=fix)
        return fault

    def _unreadable(self, text: str, retry_after: float | None = None) -> Fault:
        fix = "Check that --url is the address of the DAI server, and not of something in front of it."
        return Fault(FaultKind.UNREADABLE, text, fix, retry_after, peer=self.url, option="--url")


# What a build server would take for a command, `dai-gate wait` for an option, or for several ids.
_NO_ID = re.compile(r"::|##|-|.*[,\s\"'`{}\[\]]")


def _started(response: Response) -> Started | None:
    """Return the run of an answer, if it holds a usable id: a text or a number, one printable word.

    A script gives it to a build server and to `dai-gate wait`: what would be anything but an id there is none.
    """
    try:
        content = response.content()
    except (ValueError, RecursionError):
        return None
    run_id = content.get("id") if isinstance(content, dict) else None
    if isinstance(run_id, int) and not isinstance(run_id, bool):
        run_id = str(run_id)
    if not isinstance(run_id, str) or not 0 < len(run_id) <= LONGEST_ID or not run_id.isprintable():
        return None
    if _NO_ID.match(run_id):
        return None
    return Started(run_id, str(content.get("agent") or ""), content)


def _unclear(fault: Fault) -> Fault:
    return replace(fault, fix=f"{CHECK_FIRST} {fault.fix}".rstrip())
