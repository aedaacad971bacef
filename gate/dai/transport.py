"""One HTTP request, whole and bounded: TLS, proxies, limits of time and size, no redirects."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping

import requests
import urllib3
from requests.auth import AuthBase

from gate.clock import Clock
from gate.core.answer import Fault, FaultKind
from gate.core.api import RequestSpec
from gate.dai import faults
from gate.dai.connection import Adapter
from gate.dai.peer import Peer, Unanswered
from gate.dai.proxy import environment_proxies
from gate.dai.response import Response

# No answer about runs is read beyond this many bytes: 10,000 runs take about three million.
LARGEST_ANSWER = 8 * 1024 * 1024
# All other answers are short.
LARGEST_SHORT_ANSWER = 256 * 1024
_CHUNK = 64 * 1024
_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)


def form_post(path: str, form: Mapping[str, str]) -> RequestSpec:
    """Return the request that posts a form."""
    return RequestSpec(method="POST", path=path, query={}, form=form, json={})


_M_MMAP_THRESHOLD = -3  # malloc.h


def return_large_blocks() -> None:
    """Have glibc return large blocks once they are freed: it keeps them by thread, so that large answers add up."""
    import ctypes  # noqa: PLC0415 - hardly ever needed, and slow to import

    with contextlib.suppress(AttributeError, OSError, TypeError):  # not glibc
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGEST_SHORT_ANSWER)


class Transport:
    """Sends requests. Threads may share it.

    Each request has a connection of its own: whatever a server sends beyond its answer is never taken for the next one.
    No cookie is kept, and nothing of ~/.netrc is sent. `request_timeout` bounds a request, in seconds, from the name
    look-up to the last byte of the answer. Proxies are those of the environment. `tls` is needed where an address
    begins with https, and alone says what is trusted: REQUESTS_CA_BUNDLE and its like add nothing. `log` gets a line
    for each request.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        request_timeout: float,
        version: str,
        tls: ssl.SSLContext | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.requests = 0
        self._log = log or (lambda _: None)
        self._clock = clock
        self._request_timeout = request_timeout
        self._tls = tls
        self._verify = tls is None or tls.verify_mode is ssl.CERT_REQUIRED
        self._one_large = threading.Lock()
        self._headers = {
            "User-Agent": f"dai-gate/{version}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
        }
        if not self._verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the gate warns in its own log

    @contextlib.contextmanager
    def send(
        self,
        peer: Peer,
        spec: RequestSpec,
        *,
        auth: AuthBase,
        largest: int = LARGEST_SHORT_ANSWER,
    ) -> Iterator[Response]:
        """Send a request to the address of `peer`, and give the answer, whatever its status.

        One answer that is larger than `LARGEST_SHORT_ANSWER` is held at a time: the next is not read before the block
        around it ends. Signing may need a request of its own, which counts, and is bounded, by itself.

        Raises Unanswered where there is no answer, or one of more than `largest` bytes.
        """
        url = peer.url
        with contextlib.ExitStack() as held:
            try:
                request = requests.Request(
                    spec.method,
                    url,
                    headers=self._headers,
                    params=spec.query,
                    data=spec.form,
                    json=spec.json or None,
                    auth=auth,
                ).prepare()
                started = self._clock.monotonic()
                self.requests += 1
                answer, body = self._exchange(request, largest, held)
            except _ERRORS as error:
                fault = faults.from_exception(error, peer)
                self._log(f"{spec.method} {url}: {fault.text}")
                raise Unanswered(fault) from error
            took = self._clock.monotonic() - started
            self._log(f"{spec.method} {url}: {answer.status_code} after {took:.2f}s, {len(body)} bytes")
            signature = request.headers.get("Authorization", "")
            yield Response(answer.status_code, answer.headers, body, peer, str(signature))

    def _exchange(
        self, request: requests.PreparedRequest, largest: int, held: contextlib.ExitStack
    ) -> tuple[requests.Response, bytes]:
        """Return an answer and its body."""
        deadline = self._clock.monotonic() + self._request_timeout
        with contextlib.closing(Adapter(self._tls)) as adapter:
            answer = adapter.send(
                request,
                stream=True,
                timeout=self._request_timeout,
                verify=self._verify,
                proxies=environment_proxies(str(request.url)),
            )
            with contextlib.closing(answer):
                return answer, self._read(answer, largest, held, deadline)

    def _read(self, answer: requests.Response, largest: int, held: contextlib.ExitStack, deadline: float) -> bytes:
        """Return the body. A refusal whose words break off is still one: proxies reset the connection after a 407."""
        body = bytearray()
        is_large = False
        try:
            while chunk := answer.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > LARGEST_SHORT_ANSWER and answer.status_code != 200:
                    break
                if len(body) > largest:
                    size = f"{largest // 2**20} MiB" if largest >= 2**20 else f"{largest // 2**10} KiB"
                    text = f"The answer is larger than {size}; the rest was not read."
                    raise Unanswered(Fault(FaultKind.UNREADABLE, text))
                if len(body) > LARGEST_SHORT_ANSWER and not is_large:
                    if not self._one_large.acquire(timeout=max(0.0, deadline - self._clock.monotonic())):
                        raise TimeoutError
                    held.callback(self._one_large.release)
                    return_large_blocks()
                    is_large = True
        except _ERRORS:
            if answer.status_code == 200:
                raise
        return bytes(body)
