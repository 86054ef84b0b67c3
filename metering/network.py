"""Callers' addresses on the network, where something counts them."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

NETWORK_BITS = 64
"""What one customer of an IPv6 provider gets at least: single addresses are free to change."""


@lru_cache(maxsize=4096)
def counted_address(address: str) -> str:
    """As whom an address counts: IPv6 by its /64; what is no address, all as one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, NETWORK_BITS), strict=False))
    return str(parsed)
