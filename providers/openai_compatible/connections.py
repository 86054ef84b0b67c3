"""One HTTP client per process and event loop, shared by all vendors that speak OpenAI's protocol."""

import asyncio
from weakref import WeakKeyDictionary

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

KEEP_ALIVE_S = 4.0
"""Shorter than servers' own, of which 5 s is the shortest usual one, so that a connection is seldom closed just as a
request goes out on it."""
DNS_CACHE_S = 30


class Connections:
    """The clients in use. A client is opened by its first user and closed when the last one lets go."""

    def __init__(self) -> None:
        self._open: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[ClientSession, set[object]]] = (
            WeakKeyDictionary()
        )

    def take(self, user: object) -> ClientSession:
        """Take a share in the running event loop's HTTP client, and return it."""
        loop = asyncio.get_running_loop()
        found = self._open.get(loop)
        if found is None:
            found = self._open[loop] = (_new_session(), set())
        session, users = found
        users.add(user)
        return session

    async def let_go(self, user: object) -> None:
        """Give the share in the client back; whoever is the last closes the client."""
        loop = asyncio.get_running_loop()
        session, users = self._open.get(loop, (None, set()))
        users.discard(user)
        if session is not None and not users:
            del self._open[loop]
            await session.close()


def _new_session() -> ClientSession:
    """No limit of its own: calls in flight are limited where they come in. No cookies: tenants share it."""
    return ClientSession(
        connector=TCPConnector(limit=0, ttl_dns_cache=DNS_CACHE_S, keepalive_timeout=KEEP_ALIVE_S),
        cookie_jar=DummyCookieJar(),
    )


connections = Connections()
