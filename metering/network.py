"""Callers' addresses on the network: the one notion of who somebody is there, wherever something counts or compares."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
NETWORK_BITS = 64
"""What one customer of an IPv6 provider gets at least: single addresses are free to change."""
UNKNOWN = "unknown"
LONGEST = 64
"""Characters of the longest address with its zone and port. What is longer is none, and in no cache: callers may write
kilobytes into X-Forwarded-For.
"""


def parsed_address(text: str) -> Address | None:
    """The address in a text, without a port, zone or IPv4 mapping; None for a text that is none.

    Ports as proxies write them: 192.0.2.1:80 or [2001:db8::1]:80.
    """
    return _parsed(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Address | None:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def counted_address(text: str) -> str:
    """As whom an address counts: IPv4 as it is, IPv6 by its /64; what is no address, all as one."""
    return _counted(text) if len(text) <= LONGEST else UNKNOWN


@lru_cache(maxsize=4096)
def _counted(text: str) -> str:
    address = parsed_address(text)
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(ip_network((address, NETWORK_BITS), strict=False))
    return str(address)
