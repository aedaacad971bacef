"""The real parts around the gate, each a process of its own: a token server, a proxy, a terminator of TLS."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from commands import clean_environment
from gate.clock import SystemClock
from serving import reserved_port

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dai-gate-e2e" / "access"
PATIENCE_S = 60.0


def tool(name: str) -> str:
    """Return the path of a program; a test that needs one which is missing fails."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is missing: run {HERE / 'install.sh'}"
    return found


@contextlib.contextmanager
def running(words: Sequence[str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process for as long as the block lasts; what it says on standard error goes to `log`."""
    with (
        log.open("w") as errors,
        subprocess.Popen(words, env=clean_environment(), stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def wait_for_port(port: int, process: subprocess.Popen[str], log: Path) -> None:
    """Return when somebody listens there."""
    clock = SystemClock()
    end = clock.monotonic() + PATIENCE_S
    while True:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert clock.monotonic() < end, f"nobody listens: {log.read_text()}"
        threading.Event().wait(0.02)


@contextlib.contextmanager
def token_server(folder: Path, life_s: int) -> Iterator[str]:
    """Give the address of a certified OAuth 2 server whose tokens live that long."""
    assert (CACHE / "node_modules" / "oidc-provider").is_dir(), f"oidc-provider is missing: run {HERE / 'install.sh'}"
    words = [tool("node"), str(HERE / "token-server.mjs"), str(CACHE), str(life_s)]
    with running(words, folder / "token-server.log") as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, (folder / "token-server.log").read_text()
        yield f"http://127.0.0.1:{port}"


@dataclass(frozen=True)
class RealProxy:
    """A forward proxy and its log."""

    address: str
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()


@contextlib.contextmanager
def tinyproxy(folder: Path, username: str, password: str) -> Iterator[RealProxy]:
    """Give a forward proxy that lets in one user. It answers 407 only where no password is given at all."""
    port, log = reserved_port(), folder / "proxy.log"
    settings = folder / "tinyproxy.conf"
    settings.write_text(
        f"Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nBasicAuth {username} {password}\n"
        f'Timeout 60\nMaxClients 20\nLogLevel Info\nLogFile "{log}"\n'
    )
    with running([tool("tinyproxy"), "-d", "-c", str(settings)], folder / "tinyproxy.err") as process:
        wait_for_port(port, process, folder / "tinyproxy.err")
        yield RealProxy(f"127.0.0.1:{port}", log)


@contextlib.contextmanager
def squid(username: str, password: str) -> Iterator[RealProxy]:
    """Give a forward proxy that lets in one user."""
    # Started by root, it becomes another user, who cannot read the folders of a test.
    with tempfile.TemporaryDirectory(prefix="squid-") as name:
        folder, port = Path(name), reserved_port()
        folder.chmod(0o777)
        log, errors, settings, users = (folder / each for each in ("proxy.log", "squid.err", "squid.conf", "users"))
        hashed = subprocess.run(
            [tool("openssl"), "passwd", "-apr1", password], capture_output=True, check=True, text=True
        )
        users.write_text(f"{username}:{hashed.stdout}")
        settings.write_text(
            f"http_port 127.0.0.1:{port}\npid_filename none\ncache deny all\nshutdown_lifetime 0 seconds\n"
            f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {users}\nacl known proxy_auth REQUIRED\n"
            f"http_access allow known\nhttp_access deny all\naccess_log stdio:{log}\ncache_log {folder / 'cache.log'}\n"
            f"coredump_dir {folder}\nvisible_hostname proxy.example.com\n"
        )
        with running([tool("squid"), "-N", "-f", str(settings)], errors) as process:
            wait_for_port(port, process, errors)
            yield RealProxy(f"127.0.0.1:{port}", log)


@contextlib.contextmanager
def stunnel(folder: Path, certificate: str, behind: int, *, clients_of: str = "") -> Iterator[str]:
    """Give the https address of a server at the port `behind`; clients may have to show a certificate."""
    port, log = reserved_port(), folder / "stunnel.log"
    demand = f"CAfile = {clients_of}\nverifyChain = yes\nrequireCert = yes\n" if clients_of else ""
    settings = folder / f"stunnel-{port}.conf"
    settings.write_text(
        f"foreground = yes\npid =\nsyslog = no\n[dai]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{behind}\n"
        f"cert = {certificate}\n{demand}"
    )
    with running([tool("stunnel"), str(settings)], log) as process:
        wait_for_port(port, process, log)
        yield f"https://127.0.0.1:{port}"
