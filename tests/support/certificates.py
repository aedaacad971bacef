"""Certificates that are made when a test needs them: no private key lies in the repository."""

from __future__ import annotations

import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import trustme

LOOPBACK = ("127.0.0.1", "localhost")
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
NOT_SO_LONG_AGO = datetime(2002, 1, 1, tzinfo=UTC)


def server_context(leaf: trustme.LeafCert, *, clients_of: trustme.CA | None = None) -> ssl.SSLContext:
    """Return the context of a server with that certificate, which may demand one of an authority's of its clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    if clients_of is not None:
        clients_of.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def expired(authority: trustme.CA) -> trustme.LeafCert:
    """Return a certificate for loopback that was good once."""
    return authority.issue_cert(*LOOPBACK, not_before=LONG_AGO, not_after=NOT_SO_LONG_AGO)


def write(blob: trustme.Blob, path: Path) -> str:
    """Write a certificate or a key as PEM, and return the path."""
    blob.write_to_path(path)
    return str(path)


def self_signed(folder: Path, *options: str) -> str:
    """Return the path of a certificate for loopback that signs itself, with its key; `options` are OpenSSL's."""
    key, cert, both = folder / "own.key", folder / "own.crt", folder / "own.pem"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=dai", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run([*new, *names, *options, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    both.write_text(key.read_text() + cert.read_text())
    return str(both)
