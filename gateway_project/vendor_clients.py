"""Keeps one client for each vendor's configuration, and closes it when no row wants it and no call uses it any more."""

from collections.abc import Callable, Hashable, Mapping
from types import TracebackType

from metering.background import BackgroundTasks
from providers.port import LLMProvider
from providers.registry import ProviderConfig

CLOSE_S = 5.0


class VendorClient:
    """One client. Each call enters it for as long as it lasts, so that it is not closed meanwhile."""

    __slots__ = ("_calls", "_on_unused", "is_wanted", "provider")

    def __init__(self, provider: LLMProvider, on_unused: Callable[["VendorClient"], None]) -> None:
        """`on_unused` is told when the last call leaves what is no longer wanted."""
        self.provider = provider
        self.is_wanted = True
        self._calls = 0
        self._on_unused = on_unused

    def __enter__(self) -> LLMProvider:
        self._calls += 1
        return self.provider

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._calls -= 1
        if not self.is_wanted:
            self.retire()

    def retire(self) -> None:
        """Close it once its last call has ended."""
        self.is_wanted = False
        if not self._calls:
            self._on_unused(self)


class VendorClients:
    """The clients of one event loop, each under a name."""

    def __init__(
        self, make: Callable[[Hashable, ProviderConfig], LLMProvider], *, most: int | None = None
    ) -> None:
        """`make` builds the one of this name. `most`: how many there are at a time; beyond that the oldest is closed.
        None: as many as are named.
        """
        self._make = make
        self._most = most
        self._wanted: dict[Hashable, tuple[ProviderConfig, VendorClient]] = {}
        self._retired: set[VendorClient] = set()
        self._closing = BackgroundTasks()

    def of(self, name: Hashable, config: ProviderConfig) -> VendorClient:
        """The client of this name, built at its first use, and again where its configuration differs.

        Raises LookupError for a kind that this version does not speak.
        """
        known = self._wanted.get(name)
        if known is not None and (known[0] is config or known[0] == config):
            return known[1]
        client = VendorClient(self._make(name, config), self._close_soon)
        self.forget(name)
        if self._most is not None and len(self._wanted) >= self._most:
            self.forget(next(iter(self._wanted)))
        self._wanted[name] = config, client
        return client

    def keep_only(self, configs: Mapping[str, ProviderConfig]) -> None:
        """Close all others, each once its calls have ended."""
        gone = [name for name, (config, _) in self._wanted.items() if configs.get(str(name)) != config]
        for name in gone:
            self.forget(name)

    def forget(self, name: Hashable) -> None:
        """Close the client of this name, if there is one, once its calls have ended."""
        _, client = self._wanted.pop(name, (None, None))
        if client is not None:
            self._retired.add(client)
            client.retire()

    async def close(self) -> None:
        """Close all of them, also those that calls use."""
        clients = [*(client for _, client in self._wanted.values()), *self._retired]
        self._wanted, self._retired = {}, set()
        for client in clients:
            await client.provider.close()
        await self._closing.drain(CLOSE_S)

    def _close_soon(self, client: VendorClient) -> None:
        if client in self._retired:
            self._retired.remove(client)
            self._closing.spawn(client.provider.close(), name="vendor.close")
