"""Database answers kept in process memory for a second, so that a warm request asks no database."""

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Generic, ParamSpec, TypeVar

from metering.orm import in_database_thread

P = ParamSpec("P")
T = TypeVar("T")

TTL_S = 1.0
"""A change counts everywhere after this long at most."""
MAX_ENTRIES = 10_000


class Snapshots(Generic[P, T]):
    """A sync database function's answers by key: bounded, each read once a second at most.

    Calls that miss at the same time share one read. Errors are not kept. For one event loop.
    """

    def __init__(
        self,
        load: Callable[P, T],
        *,
        ttl_s: float = TTL_S,
        max_entries: int = MAX_ENTRIES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._ttl_s = ttl_s
        self._max_entries = max_entries
        self._clock = clock
        self._entries: dict[Hashable, tuple[float, T]] = {}
        self._loading: dict[Hashable, asyncio.Task[T]] = {}

    async def get(self, key: Hashable, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer for `key`, at most a second old, else the function's for these arguments."""
        entry = self._entries.get(key)
        if entry is not None and self._clock() < entry[0]:
            return entry[1]
        loading = self._loading.get(key)
        if loading is None:
            loading = asyncio.create_task(self._read(key, *args, **kwargs), name="snapshot.read")
            self._loading[key] = loading
            loading.add_done_callback(lambda _: self._loading.pop(key, None))
        # Others wait for the same task: one of them going away must not cancel it.
        return await asyncio.shield(loading)

    async def _read(self, key: Hashable, *args: P.args, **kwargs: P.kwargs) -> T:
        # An entry's life starts before the database is read, so that it is never older than it says.
        expires = self._clock() + self._ttl_s
        value = await in_database_thread(self._load, *args, **kwargs)
        self._entries.pop(key, None)
        while len(self._entries) >= self._max_entries:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (expires, value)
        return value

    def clear(self) -> None:
        """Forget everything: the next call of each key reads the database."""
        self._entries.clear()
