"""Keeps one client for each vendor's configuration, and closes it when no row wants it and no call uses it any more."""

from collections.abc import Callable, Iterable
from types import TracebackType

from metering.background import BackgroundTasks
from providers.port import LLMProvider
from providers.registry import ProviderConfig, make_provider

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
    """The clients of one event loop."""

    def __init__(self) -> None:
        self._wanted: dict[ProviderConfig, VendorClient] = {}
        self._retired: set[VendorClient] = set()
        self._closing = BackgroundTasks()

    def of(self, config: ProviderConfig) -> VendorClient:
        """The client, built at its first use. Raises LookupError for a kind that this version does not speak."""
        client = self._wanted.get(config)
        if client is None:
            client = self._wanted[config] = VendorClient(make_provider(config), self._close_soon)
        return client

    def keep_only(self, configs: Iterable[ProviderConfig]) -> None:
        """Close all others, each once its calls have ended."""
        for config in self._wanted.keys() - set(configs):
            client = self._wanted.pop(config)
            self._retired.add(client)
            client.retire()

    async def close(self) -> None:
        """Close all of them, also those that calls use."""
        clients = [*self._wanted.values(), *self._retired]
        self._wanted, self._retired = {}, set()
        for client in clients:
            await client.provider.close()
        await self._closing.drain(CLOSE_S)

    def _close_soon(self, client: VendorClient) -> None:
        if client in self._retired:
            self._retired.remove(client)
            self._closing.spawn(client.provider.close(), name="vendor.close")
