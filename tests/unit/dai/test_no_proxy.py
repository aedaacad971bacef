"""Which hosts NO_PROXY names."""

from __future__ import annotations

import pytest

from gate.dai.proxy import is_named


@pytest.mark.parametrize(
    ("url", "no_proxy", "expected"),
    [
        ("http://dai.corp.test", "", False),
        ("http://dai.corp.test", "*", True),
        ("http://dai.corp.test", "other.test, *", True),
        # names
        ("http://dai.corp.test", "dai.corp.test", True),
        ("http://DAI.corp.test.", "dai.Corp.Test", True),
        ("http://dai.corp.test", "dai.corp.test.", True),
        ("http://dai.corp.test", "corp.test", True),
        ("http://dai.corp.test", ".corp.test", True),
        ("http://corp.test", ".corp.test", True),
        ("http://dai.corp.test", "*.corp.test", True),
        ("http://corp.test", "*.corp.test", False),
        ("http://daicorp.test", "corp.test", False),
        ("http://daicorp.test", ".corp.test", False),
        ("http://daicorp.test", "*.corp.test", False),
        ("http://dai.corp.test", "orp.test", False),
        ("http://dai.corp.test", "x.test  corp.test", True),
        ("http://dai.corp.test", ",,.,corp.test,", True),
        ("http://dai.corp.test", ".", False),
        ("http://dai.corp.test", "dai*", False),
        # ports
        ("http://dai.corp.test:8000", "dai.corp.test:8000", True),
        ("http://dai.corp.test:8000", "corp.test:8001", False),
        ("http://dai.corp.test", "corp.test:80", True),
        ("https://dai.corp.test", "corp.test:443", True),
        ("https://dai.corp.test", "corp.test:80", False),
        ("http://dai.corp.test:8000", "*.corp.test:8000", True),
        # addresses
        ("http://127.0.0.1:8000", "127.0.0.1", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:80", False),
        ("http://127.0.0.1", "0.0.1", False),
        ("http://10.1.2.3", "2.3", False),
        ("http://[::1]:8000", "[::1]", True),
        ("http://[::1]:8000", "::1", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://[::1]:8000", "[::1]:80", False),
        ("http://[0:0::1]", "::1", True),
        ("http://[fe80::1%25eth0]", "fe80::1", True),
        # networks
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://11.1.2.3", "10.0.0.0/8", False),
        ("http://10.1.2.3", "10.1.2.99/24", True),
        ("http://[fd12::1]", "fd00::/8", True),
        ("http://[fd12::1]", "[fd00::]/8", True),
        ("http://10.1.2.3", "fd00::/8", False),
        ("http://dai.corp.test", "10.0.0.0/8", False),
        ("http://10.1.2.3", "10.0.0.0/99", False),
        ("http://10.1.2.3", "corp.test/8", False),
    ],
)
def test_hosts(url: str, no_proxy: str, expected: bool) -> None:
    """Names with their subdomains, addresses, networks and ports, as curl and Go read them."""
    assert is_named(url, no_proxy) is expected
