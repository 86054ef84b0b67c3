"""Only a trusted proxy is believed about whom it forwards for."""

from typing import Any

import pytest

from gateway_project.http.request_headers import client_address, is_within


@pytest.fixture(autouse=True)
def our_proxies(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "2001:db8:ffff::1"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "10.0.0.7", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, nonsense", "nonsense"),
        (None, "198.51.100.1", None),
    ],
)
def test_the_last_hop_that_is_not_ours_counts(
    peer: str | None, forwarded: str | None, address: str | None
) -> None:
    assert client_address(peer, [] if forwarded is None else [forwarded]) == address


def test_a_header_that_the_caller_sent_ahead_is_not_believed() -> None:
    """HAProxy adds a line of its own instead of appending to the caller's."""
    assert client_address("10.0.0.1", ["6.6.6.6", "198.51.100.1"]) == "198.51.100.1"


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("198.51.100.1:4711", "198.51.100.1"),
        ("[2001:DB8::7]:4711", "2001:db8::7"),
        ("2001:db8:0:0::7", "2001:db8::7"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_every_way_to_write_an_address_is_one_address(hop: str, address: str) -> None:
    assert client_address("10.0.0.1", [hop]) == address


def test_a_proxy_is_known_on_a_dual_stack_socket() -> None:
    assert client_address("::ffff:10.0.0.1", ["198.51.100.1"]) == "198.51.100.1"
    assert client_address("2001:db8:ffff::1", ["198.51.100.1"]) == "198.51.100.1"


def test_nobody_is_believed_by_default(settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    assert client_address("127.0.0.1", ["198.51.100.1"]) == "127.0.0.1"


def test_what_is_no_address_is_in_no_network() -> None:
    assert not is_within("nonsense", ["0.0.0.0/0"])
