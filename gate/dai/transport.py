"""One HTTP request, whole and bounded: TLS, proxies, limits of time and size, no redirects."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3
from requests.auth import AuthBase

from gate.clock import Clock
from gate.core.answer import Fault, FaultKind
from gate.dai import faults
from gate.dai.proxy import environment_proxies
from gate.dai.tls import TlsAdapter

# No answer is read beyond this many bytes: 10,000 runs take about three million.
LARGEST_ANSWER = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)


class Unanswered(Exception):  # noqa: N818 - it is an outcome, sorted, not an error
    """No usable answer came; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


@dataclass(frozen=True)
class Response:
    """An answer, read to its end; `signature` is the Authorization that the request carried."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    signature: str = field(default="", repr=False)


class Transport:
    """Sends requests through one pool of connections. Threads may share it.

    `request_timeout` bounds a request, in seconds, from the first packet to the last byte of the answer. Proxies are
    those of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY). `tls` is needed where an address begins with https,
    and alone says what is trusted: REQUESTS_CA_BUNDLE and its kin add nothing. `tell` hears a line for each request.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        request_timeout: float,
        version: str,
        tls: ssl.SSLContext | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.requests = 0
        self._tell = tell or (lambda _: None)
        self._clock = clock
        self._request_timeout = request_timeout
        self._verify = tls is None or tls.verify_mode is ssl.CERT_REQUIRED
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"dai-gate/{version}"
        self._session.headers["Accept"] = "application/json"
        if tls is not None:
            self._session.mount("https://", TlsAdapter(tls))
            self._session.mount("http://", TlsAdapter(tls))  # there may be a proxy that is spoken to over TLS
        if not self._verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the gate warns in its own log

    def post(self, url: str, *, auth: AuthBase, form: Mapping[str, str] | None = None, json: Any = None) -> Response:
        """Post a form or JSON and return the answer, whatever its status. Raises Unanswered where there is none.

        Signing may need a request of its own, which counts, and is bounded, by itself.
        """
        try:
            request = self._session.prepare_request(requests.Request("POST", url, data=form, json=json, auth=auth))
            started = self._clock.monotonic()
            deadline = started + self._request_timeout
            self.requests += 1
            with self._session.send(
                request,
                timeout=self._request_timeout,
                verify=self._verify,
                proxies=environment_proxies(url),
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = b"".join(self._read(answer, deadline))
        except _ERRORS as error:
            fault = faults.from_exception(error, url)
            self._tell(f"POST {url}: {fault.text}")
            raise Unanswered(fault) from error
        took = self._clock.monotonic() - started
        self._tell(f"POST {url}: {answer.status_code} after {took:.2f}s, {len(body)} bytes")
        signature = answer.request.headers.get("Authorization", "")
        return Response(answer.status_code, answer.headers, body, url, str(signature))

    def _read(self, answer: requests.Response, deadline: float) -> Iterator[bytes]:
        """Read the body bit by bit: the time limit of the socket alone would let it drip for ever.

        A refusal whose words break off is still one: proxies reset the connection after a 407.
        """
        size = 0
        try:
            while chunk := answer.raw.read1(_CHUNK, decode_content=True):
                yield chunk
                size += len(chunk)
                if size > LARGEST_ANSWER:
                    text = f"The answer is larger than {LARGEST_ANSWER // 2**20} MiB; the rest was not read."
                    raise Unanswered(Fault(FaultKind.UNREADABLE, text))
                if self._clock.monotonic() >= deadline:
                    raise TimeoutError
        except _ERRORS:
            if answer.status_code == 200:
                raise
