"""What callers choose grows no cache without bound: neither how many there are nor how long they are."""

from pathlib import Path

import pytest

from gateway_project.http.request_headers import client_address
from metering.network import LONGEST, counted_address, parsed_address
from metering.rates.port import Draw
from metering.rates.process_buckets import MAX_BUCKETS, ProcessBuckets

PAGE_BYTES = 4096
MOST_MIB = 40


def resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 2**20


@pytest.fixture
def proxied(settings: object) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]  # type: ignore[attr-defined]


def test_addresses_as_long_as_headers_may_be_are_kept_nowhere(proxied: None) -> None:
    before = resident_mib()
    for number in range(4_000):
        text = f"{number}" + "x" * 30_000
        assert client_address("127.0.0.1", [text]) == text
        assert counted_address(text) == "unknown"
    assert resident_mib() - before < MOST_MIB


def test_many_addresses_are_forgotten_again(proxied: None) -> None:
    before = resident_mib()
    for number in range(100_000):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        assert client_address("127.0.0.1", [address]) == counted_address(address) == address
    assert resident_mib() - before < MOST_MIB


def test_the_longest_address_with_zone_and_port_is_one() -> None:
    longest = "[2001:0db8:0000:0000:0000:0000:0000:0001%enp0s31f6]:65535"
    assert len(longest) <= LONGEST
    assert str(parsed_address(longest)) == "2001:db8::1"


def test_many_names_take_a_bounded_number_of_buckets() -> None:
    buckets = ProcessBuckets()
    for number in range(3 * MAX_BUCKETS):
        buckets.take_now((Draw(key=f"rate:agent:{number}", units=1, per_minute=10),))
    assert len(buckets._used) == MAX_BUCKETS
