"""Where a request really goes: the name is looked up once, and what was looked up is what is connected to.

A name whose addresses change between the check and the connection therefore changes nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address

import httpx2
from msgspec import Struct

from metering.network import Address
from metering.webhook_url import default_port, destination_problem, webhook_url_problem

MAX_ADDRESSES = 3
"""Of one name, that are tried one after the other."""
_resolvers = ThreadPoolExecutor(max_workers=64, thread_name_prefix="look-up")
"""More than names are looked up at a time, so that one whose server does not answer holds up no other."""
LookUp = Callable[[str, int], Awaitable[list[Address]]]


class Refused(Exception):
    """Nothing is sent there."""


class Destination(Struct, frozen=True, kw_only=True):
    """Addresses that were checked, and the name that TLS proves and the receiver is asked for."""

    url: httpx2.URL
    host: str
    addresses: tuple[Address, ...]

    def pinned(self, address: Address) -> httpx2.URL:
        """The same URL, with an address in place of the name."""
        return self.url.copy_with(host=str(address))


async def look_up(host: str, port: int) -> list[Address]:
    """The addresses of a name, as the system finds them. Raises OSError."""
    loop = asyncio.get_running_loop()
    asked = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await loop.run_in_executor(_resolvers, asked)
    return [ip_address(str(place[0]).partition("%")[0]) for *_, place in found]


async def find_destination(text: str, *, networks: Sequence[str], look_up: LookUp) -> Destination:
    """Raises Refused where the URL or any address of its name is not one that events are sent to."""
    problem = webhook_url_problem(text, networks=networks)
    if problem is not None:
        raise Refused(f"the URL {problem}")
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        raise Refused("the URL cannot be read") from None
    host = url.raw_host.decode(
        "ascii"
    )  # `url.host` would write an xn-- name in letters, which no look-up knows
    port = url.port or default_port(url.scheme)
    try:
        addresses = list(dict.fromkeys(await look_up(host, port)))
    except (OSError, UnicodeError):
        raise Refused("the name of the URL's host was not found") from None
    for address in addresses:
        problem = destination_problem(url.scheme, port, address, networks)
        if problem is not None:
            raise Refused(f"the URL {problem}")
    if not addresses:
        raise Refused("the name of the URL's host has no address")
    return Destination(url=url, host=host, addresses=tuple(addresses[:MAX_ADDRESSES]))
