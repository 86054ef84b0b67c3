"""A deployment whose database can go away, by being stopped or by being cut off."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.postgres import EmbeddedPostgres
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.outages.plan import PLACES
from tests.faults.proxy import Proxy, proxy_to

START_TIMEOUT_S = 30
ENVIRONMENT = {"RESERVATION_LEASE_S": "6", "SWEEP_INTERVAL_S": "1", "LOG_LEVEL": "error"}


class ProxyThread:
    """A proxy on an event loop of its own, so that a test may wait for the database that is behind it."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self.proxy: Proxy

    def __enter__(self) -> "ProxyThread":
        self._thread.start()
        assert self._ready.wait(START_TIMEOUT_S), "the proxy did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(START_TIMEOUT_S)

    def cut(self) -> None:
        """Cut every connection, and let none through until `mend`."""
        self._loop.call_soon_threadsafe(self.proxy.go_away)

    def fall_silent(self) -> None:
        """Connections stay open, and nothing goes through them until `mend`."""
        self.proxy.is_deaf = True

    def mend(self) -> None:
        self.proxy.is_away = self.proxy.is_deaf = False

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        async with proxy_to(self._database) as self.proxy:
            self._ready.set()
            await self._over.wait()


@dataclass(frozen=True, kw_only=True)
class World:
    """Gateways, the vendor, and the database behind a proxy."""

    deployment: Deployment
    """Its `database` leads past the proxy."""
    server: EmbeddedPostgres
    proxy: ProxyThread
    spools: Path

    def take_database_away(self, *, stop: bool) -> None:
        if stop:
            self.server.stop("immediate")
        else:
            self.proxy.cut()

    def bring_database_back(self) -> None:
        self.server.start()
        self.proxy.mend()


@contextmanager
def running_world(server: EmbeddedPostgres, database: str, folder: Path) -> Iterator[World]:
    """With a rule of the gateway that lets calls in while the database is away."""
    with ProxyThread(database) as proxy:
        url = proxy.proxy.url
        try:
            with running_deployment(url, folder, places=PLACES, environment=ENVIRONMENT) as running:
                running.gateways.manage("set_rule", "--key", "on_metering_failure", "--value", "open")
                deployment = Deployment(gateways=running.gateways, vendor=running.vendor, database=database)
                world = World(deployment=deployment, server=server, proxy=proxy, spools=folder / "spool")
                try:
                    yield world
                finally:
                    world.bring_database_back()
        finally:
            server.start()
