"""One notion of who somebody is on the network."""

import pytest

from metering.network import counted_address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:DB8:1:2::1", "[2001:db8:1:2::9]:443"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:0201", "192.0.2.1:5432"),
        ("fe80::1%eth0", "fe80::2%eth1"),
        ("nonsense", ""),
    ],
)
def test_these_count_as_one(one: str, other: str) -> None:
    assert counted_address(one) == counted_address(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "192.0.2.2"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("192.0.2.1", "nonsense"),
    ],
)
def test_these_count_as_two(one: str, other: str) -> None:
    assert counted_address(one) != counted_address(other)
