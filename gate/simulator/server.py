"""The server itself: sockets, threads, and what was asked."""

from __future__ import annotations

import contextlib
import ipaddress
import threading
from collections import Counter
from collections.abc import Callable
from queue import Full, Queue
from typing import TYPE_CHECKING, Any, Final, Self

from gate.clock import Clock, SystemClock
from gate.declare import Place, Record
from gate.errors import UsageError
from gate.simulator.answers import Answer, Exchange, Request
from gate.simulator.dai import Dai
from gate.simulator.faults import Fault
from gate.simulator.listener import Connection, Listener
from gate.simulator.plans import Run
from gate.simulator.records import Records
from gate.simulator.runs import Ledger, RunState
from gate.simulator.scenario import Scenario
from gate.simulator.timeline import Timeline
from gate.simulator.tokens import Tokens

if TYPE_CHECKING:
    import ssl  # slow to import, and not needed without TLS

_SHOWN: Final = ("id", "processid", "modelName", "group", "limit")  # of what is asked; logins are secret
_POLL_S: Final = 1.0  # on Windows a wait without a limit does not notice Ctrl-C
_QUEUED_LINES: Final = 1000
_LOG_TIMEOUT_S: Final = 0.5


class _Log:
    """Hands lines to `write` in a thread of its own: a pipe that nobody reads must not stop the server.

    Lines are dropped while too many wait to be written.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lines: Queue[str | None] = Queue(_QUEUED_LINES)
        self._thread = threading.Thread(target=self._run, daemon=True, name="simulator log")
        self._thread.start()

    def add(self, line: str | None) -> None:
        with contextlib.suppress(Full):
            self._lines.put_nowait(line)

    def end(self) -> None:
        """Wait until all lines are written, but not for a pipe that nobody reads."""
        self.add(None)
        self._thread.join(_LOG_TIMEOUT_S)

    def _run(self) -> None:
        for line in iter(self._lines.get, None):
            self._write(line)


class Simulator:
    """A stand-in for a DAI server, on loopback only. A context: it listens from the beginning of the block to its end.

    `port` 0 takes any free one; within the block it is the one that was taken. `tls` is a server's context with its
    certificate; the address is https then. `log` is called with a line for each request, which holds no login.
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
        log: Callable[[str], None] | None = None,
    ) -> None:
        _check_loopback(host)
        self._scenario = scenario
        self._host = host
        self.port = port
        self._tls = tls
        self._write = log
        self._log: _Log | None = None
        self._timeline = Timeline(clock or SystemClock(), scenario.clock.ahead, scenario.clock.date_ahead)
        self._ledger = Ledger(scenario.planned)
        self._tokens = Tokens(scenario.auth)
        self._dai = Dai(scenario, self._ledger, self._tokens, Records(scenario, self._timeline))
        self._previous: Answer | None = None
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._counts: Counter[str] = Counter()
        self._listener: Listener | None = None

    def __enter__(self) -> Self:
        if self._scenario.starts_at == "server-start":
            self._timeline.begin()
        try:
            listener = Listener((self._host, self.port), self._exchange, self._timeline, self._tls)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise UsageError(
                f"cannot listen on port {self.port} of {self._host}: {why}.",
                "Use another port, or 0 for any that is free.",
            ) from error
        self._listener, self.port = listener, listener.server_port
        self._log = _Log(self._write) if self._write else None
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True, name="simulator").start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop listening, end every connection and every delay. Once is enough, twice does no harm."""
        listener, self._listener = self._listener, None
        if listener:
            listener.end()
        log, self._log = self._log, None
        if log:
            log.end()

    def serve_forever(self) -> None:
        """Wait, in the block, until `stop` is called elsewhere or an exception such as KeyboardInterrupt comes."""
        listener = self._listener
        while listener and not listener.stopped.wait(_POLL_S):
            pass

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

    @property
    def tokens(self) -> list[str]:
        """The tokens that were given out so far."""
        return list(self._tokens.given)

    def now(self) -> float:
        """Return the seconds since the scenario's zero, which runs, requests and faults count from."""
        return self._timeline.now()

    def runs(self) -> list[RunState]:
        """Return all runs of the scenario and those that were started since, as they are now."""
        return self._ledger.states(self.now())

    def add_run(self, **keys: Any) -> str:
        """Add a run while the server is up and return its id.

        The keys are those of a run in a scenario, `model` at least; `start` counts from now.
        """
        declared = Record(Run).read(keys, Place("add_run"))
        run = declared.planned(f"added/{len(self._ledger)}", zero=self.now())
        if self._ledger.run(run.id):
            raise UsageError(
                f"add_run: there is a run with the id {run.id!r} already.", "Give it an id of its own, or none."
            )
        return self._ledger.add(run).id

    def _exchange(self, connection: Connection, body: bytes) -> None:
        """Take one request and answer it, or do what the scenario says."""
        self._timeline.begin()
        endpoint = self._dai.endpoint(connection.command, connection.path)
        with self._lock:
            number = len(self._requests) + 1
            request = Request(number, self.now(), connection.command, connection.path, connection.headers, body)
            self._requests.append(request)
            self._counts[endpoint] += 1
            count = self._counts[endpoint]
            exchange = Exchange(request, lambda: self._serve(request), self._previous)
        fault = next((each for each in self._scenario.faults if each.hits(endpoint, count, request.at)), None)
        try:
            if fault is None:
                connection.deliver(exchange.answer)
            else:
                fault.play(connection, exchange)
        finally:
            self._write_line(request, connection.status, fault)

    def _serve(self, request: Request) -> Answer:
        self._previous = answer = self._dai.answer(request)
        return answer

    def _write_line(self, request: Request, status: int | None, fault: Fault | None) -> None:
        if log := self._log:
            asked = "".join(f" {name}={request.parameters[name]}" for name in _SHOWN if name in request.parameters)
            answer = f"{status or 'no answer'}{f' ({fault.kind})' if fault else ''}"
            log.add(f"{request.method} {request.path}{asked}: {answer}")


def _check_loopback(host: str) -> None:
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.IPv4Address(host).is_loopback:
            return
    raise UsageError(f"The simulator does not listen on {host!r}.", "It serves this machine alone: use 127.0.0.1.")
