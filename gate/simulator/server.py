"""The server itself: sockets, threads, and what was asked."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
from collections import Counter
from typing import TYPE_CHECKING, Self

from gate.clock import SystemClock
from gate.errors import UsageError
from gate.simulator.answers import Request
from gate.simulator.dai import Dai
from gate.simulator.line import deliver, play
from gate.simulator.listener import Connection, Listener
from gate.simulator.plans import parse_run
from gate.simulator.records import Records
from gate.simulator.runs import Ledger, RunState
from gate.simulator.section import Section
from gate.simulator.timeline import Timeline
from gate.simulator.tokens import Tokens

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from gate.clock import Clock
    from gate.simulator.faults import Fault
    from gate.simulator.scenario import Scenario

_TOLD = ("id", "processid", "modelName", "group", "limit")  # of what is asked; logins are secret
_DEAF = 1.0  # seconds: on Windows a wait without a limit hears no Ctrl-C


class Simulator:
    """A stand-in for a DAI server, on loopback only. A context: it listens from the beginning of the block to its end.

    `port` 0 takes any free one. `tls` is a server's context with its certificate; the address is https then.
    `tell` hears a line for each request, in which no login stands.
    Raises UsageError for a host that is not loopback, and, on entering, for a port that cannot be had.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        port: int = 0,
        clock: Clock | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        _check_loopback(host)
        self._scenario = scenario
        self._host = host
        self._port = port
        self._tls = tls
        self._tell = tell
        self._clock = clock or SystemClock()
        self._timeline = Timeline(self._clock)
        self._ledger = Ledger(scenario.runs)
        self._dai = Dai(scenario, self._ledger, Tokens(scenario.auth), Records(scenario.looks, self._timeline))
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._counts: Counter[str] = Counter()
        self._listener: Listener | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> Listener:
        if not self._scenario.starts_at_first_request:
            self._timeline.begin()
        self._listener = listener = self._listen()
        self._port = listener.server_port
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True, name="simulator").start()
        return listener

    def _listen(self) -> Listener:
        try:
            return Listener((self._host, self._port), self._exchange, self._clock, self._tls)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"Port {self._port} of {self._host} cannot be had: {_why(error)}.",
                "Use another, or 0 for any that is free.",
            ) from error

    def stop(self) -> None:
        """Stop listening, end every connection and every delay. Once is enough, twice does no harm."""
        listener, self._listener = self._listener, None
        if listener:
            listener.end()

    def serve_forever(self) -> None:
        """Serve until `stop` is called elsewhere or an exception such as KeyboardInterrupt comes."""
        listener = self._listener or self._start()
        try:
            while not listener.stopped.wait(_DEAF):
                pass
        finally:
            self.stop()

    @property
    def port(self) -> int:
        """The port that is listened on; as it was given, until the block is entered."""
        return self._port

    @property
    def url(self) -> str:
        """The address to give to a client, with the scenario's prefix if it has one."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{self._host}:{self.port}{self._scenario.prefix}"

    @property
    def requests(self) -> list[Request]:
        """What was asked so far, in the order in which it came."""
        with self._lock:
            return list(self._requests)

    def now(self) -> float:
        """Return the seconds since the scenario's zero, which runs, requests and faults count from."""
        return self._timeline.now()

    def runs(self) -> list[RunState]:
        """Return all runs of the scenario and those that were started since, as they are now."""
        return self._ledger.states(self.now())

    def add_run(self, **keys: object) -> str:
        """Add a run while the server is up and return its id.

        The keys are those of a run in a scenario, `model` at least; `start` counts from now.
        """
        run = parse_run(Section(keys, "", "add_run"), f"added/{len(self._ledger)}", zero=self.now())
        if self._ledger.run(run.id):
            raise UsageError(
                f"add_run: there is a run with the id {run.id!r} already.", "Give it an id of its own, or none."
            )
        return self._ledger.add(run).id

    def _exchange(self, connection: Connection, body: bytes) -> None:
        """Take one request and answer it, or let happen what the scenario says."""
        self._timeline.begin()
        endpoint = self._dai.endpoint(connection.path) or ""
        with self._lock:
            number = len(self._requests) + 1
            request = Request(number, self.now(), connection.command, connection.path, connection.headers, body)
            self._requests.append(request)
            self._counts[endpoint] += 1
            count = self._counts[endpoint]
        fault = self._fault(endpoint, count, request.at)
        asked = " ".join(f"{name}={request.parameters[name]}" for name in _TOLD if name in request.parameters)
        try:
            if fault is None:
                deliver(connection, self._dai.answer(request))
            else:
                play(connection, fault, lambda: self._dai.answer(request))
        finally:
            came = f"{connection.status or 'no answer'}{f' ({fault.kind})' if fault else ''}"
            self._tell(f"{request.method} {request.path} {asked}: {came}".replace(" :", ":"))

    def _fault(self, endpoint: str, count: int, now: float) -> Fault | None:
        return next((fault for fault in self._scenario.faults if fault.hits(endpoint, count, now)), None)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _check_loopback(host: str) -> None:
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.IPv4Address(host).is_loopback:
            return
    raise UsageError(f"The simulator does not listen on {host!r}.", "It is for this machine alone: use 127.0.0.1.")
