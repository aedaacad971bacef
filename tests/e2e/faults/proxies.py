"""nginx and haproxy, started for a test on loopback and ended by their own process id."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from serving import reserved_port

PATIENCE_S = 60.0

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ {says} }}
    }}
}}
"""

HAPROXY = """
global
    stats socket {folder}/stats.sock mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    timeout tarpit 5s
    retries 0
frontend front
    bind 127.0.0.1:{port}
    {says}
    default_backend back
backend back
    server dai 127.0.0.1:{behind}
"""


def program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
    assert found, f"{name} is missing: run tests/e2e/faults/install.sh"
    return found


@contextlib.contextmanager
def nginx(folder: Path, says: str) -> Iterator[str]:
    """Run nginx, whose every answer is what the directives in `says` make; give its address."""
    port, settings = reserved_port(), folder / "nginx.conf"
    settings.write_text(NGINX.format(folder=folder, port=port, says=says))
    with running([program("nginx"), "-p", str(folder), "-c", str(settings)], port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def haproxy(folder: Path, behind: int, says: str = "", port: int | None = None) -> Iterator[str]:
    """Run haproxy before the server on the port `behind`, with the rules in `says`; give its address."""
    port, settings = port or reserved_port(), folder / "haproxy.cfg"
    settings.write_text(HAPROXY.format(folder=folder, port=port, behind=behind, says=says))
    with running([program("haproxy"), "-db", "-f", str(settings)], port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def running(words: list[str], port: int) -> Iterator[None]:
    """Run a service until the end of the block, from when it listens on the port."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as service:
        try:
            await_port(port, service)
            yield
        finally:
            service.terminate()
            try:
                service.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                service.kill()


def await_port(port: int, service: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert service.poll() is None, service.communicate()[0]
        assert time.monotonic() < end, "the service does not listen"
        time.sleep(0.02)


def send_command(folder: Path, command: str) -> None:
    """Give haproxy a command on its stats socket."""
    with socket.socket(socket.AF_UNIX) as stats:
        stats.connect(str(folder / "stats.sock"))
        stats.sendall(f"{command}\n".encode())
        answer = stats.recv(4096).decode().strip()
        assert not answer, answer
