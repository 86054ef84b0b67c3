"""Callers' addresses on the network: the one notion of who somebody is there, wherever something counts or compares."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
NETWORK_BITS = 64
"""What one customer of an IPv6 provider gets at least: single addresses are free to change."""
UNKNOWN = "unknown"
UNICAST = IPv6Network("2000::/3")
"""All that the internet routes of IPv6."""
TUNNELS = tuple(map(IPv6Network, ("2001::/32", "2002::/16", "64:ff9b::/96")))
"""Teredo, 6to4 and NAT64: each carries an IPv4 address, which may be private."""
NOBODYS = (IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))
"""What Python's tables take for public: the former relays of 6to4 (RFC 7526), and documentation (RFC 9637)."""
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


def is_public(address: Address) -> bool:
    """Whether it is on the internet: no private, local, reserved or multicast one, no IPv6 form of an IPv4 one."""
    if address.is_multicast or not address.is_global or any(address in network for network in NOBODYS):
        return False
    if isinstance(address, IPv4Address):
        return not address.is_reserved
    return address in UNICAST and not any(address in network for network in TUNNELS)
