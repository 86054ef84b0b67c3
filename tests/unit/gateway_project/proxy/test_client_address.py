"""Only a trusted proxy is believed about whom it forwards for."""

from typing import Any

import pytest
from starlette.requests import Request

from gateway_project.proxy.caller import client_address


def request(peer: str | None, forwarded: str | None = None) -> Request:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    client = None if peer is None else (peer, 1234)
    return Request({"type": "http", "headers": headers, "client": client})


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "10.0.0.7", "10.0.0.1"),
        (None, "198.51.100.1", None),
    ],
)
def test_the_last_hop_that_is_not_ours_counts(
    settings: Any, peer: str | None, forwarded: str | None, address: str | None
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert client_address(request(peer, forwarded)) == address


def test_nobody_is_believed_by_default(settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    assert client_address(request("127.0.0.1", "198.51.100.1")) == "127.0.0.1"
