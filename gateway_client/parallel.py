"""Many calls at once, within the rates that the gateway tells. Public: ParallelRunner, AsyncParallelRunner.

The client's gate lets a call begin when there is room for it, and one that is refused all the same waits and is tried
again. So a caller of the runner sees no 429 that passes by itself, and every item has its outcome.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Generic, TypeVar

from gateway_client.errors import ConfigurationError, GatewayError
from gateway_client.provider import AsyncLLMProvider, LLMProvider
from gateway_client.values import ChatResponse

Item = TypeVar("Item")
Made = TypeVar("Made")
WORKERS, MOST_WORKERS = 16, 1_000
OPENING = 2
"""Calls that begin before the first answer has said what the rates are."""
PATIENCE_S = 600.0
"""How long one call waits for room in all."""
Ask = Mapping[str, Any] | str
"""The arguments of `chat`, by name, or the message alone."""


class ParallelRunner:
    """A pool of threads over one provider."""

    def __init__(
        self, client: LLMProvider, *, workers: int = WORKERS, patience_s: float = PATIENCE_S
    ) -> None:
        """`workers`: the most calls at once. Raises ConfigurationError for a number of them that cannot be."""
        self._client = client.with_policy(replace(client.connection.policy, patience_s=patience_s))
        self._workers = _checked(workers)

    def run(self, asks: Iterable[Ask]) -> list[ChatResponse | GatewayError]:
        """The answers in order; an error stands in the place of the answer that it is instead of."""
        return self.map(lambda client, ask: client.chat(**_arguments(ask)), asks)

    def map(
        self, function: Callable[[LLMProvider, Item], Made], items: Iterable[Item]
    ) -> list[Made | GatewayError]:
        """What a function of the provider and an item gives for each, such as a call of a tool with a few chats.

        What it raises besides GatewayError ends the run: no item is begun any more, and it is raised here.
        """
        queue, done = _Queue(items), threading.Event()
        results: dict[int, Made | GatewayError] = {}

        def work(worker: int) -> None:
            if worker >= OPENING:
                done.wait()
            try:
                for place, item in queue:
                    try:
                        results[place] = function(self._client, item)
                    except GatewayError as error:
                        results[place] = error
                    done.set()
            except BaseException:
                queue.close()
                raise
            finally:
                done.set()

        with ThreadPoolExecutor(self._workers, thread_name_prefix="parallel-runner") as pool:
            try:
                workers = [pool.submit(work, number) for number in range(self._workers)]
                for worker in workers:
                    worker.result()
            finally:
                queue.close()
        return [results[place] for place in range(len(results))]


class AsyncParallelRunner:
    """A pool of tasks over one provider."""

    def __init__(
        self, client: AsyncLLMProvider, *, workers: int = WORKERS, patience_s: float = PATIENCE_S
    ) -> None:
        self._client = client.with_policy(replace(client.connection.policy, patience_s=patience_s))
        self._workers = _checked(workers)

    async def run(self, asks: Iterable[Ask]) -> list[ChatResponse | GatewayError]:
        """As ParallelRunner.run."""
        return await self.map(lambda client, ask: client.chat(**_arguments(ask)), asks)

    async def map(
        self, function: Callable[[AsyncLLMProvider, Item], Awaitable[Made]], items: Iterable[Item]
    ) -> list[Made | GatewayError]:
        """As ParallelRunner.map; what is raised besides GatewayError comes in an ExceptionGroup."""
        queue, done = _Queue(items), asyncio.Event()
        results: dict[int, Made | GatewayError] = {}

        async def work(worker: int) -> None:
            if worker >= OPENING:
                await done.wait()
            try:
                for place, item in queue:
                    try:
                        results[place] = await function(self._client, item)
                    except GatewayError as error:
                        results[place] = error
                    done.set()
            finally:
                done.set()

        async with asyncio.TaskGroup() as group:
            for number in range(self._workers):
                group.create_task(work(number))
        return [results[place] for place in range(len(results))]


def _checked(workers: int) -> int:
    if not 1 <= workers <= MOST_WORKERS:
        raise ConfigurationError(f"workers: 1 to {MOST_WORKERS:,}.", param="workers")
    return workers


class _Queue(Generic[Item]):
    """The items by number, each handed out once; they are not all taken beforehand."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items: Iterator[tuple[int, Item]] = enumerate(items)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[tuple[int, Item]]:
        while True:
            with self._lock:
                taken = next(self._items, None)
            if taken is None:
                return
            yield taken

    def close(self) -> None:
        """Nothing more is handed out."""
        with self._lock:
            self._items = iter(())


def _arguments(ask: Ask) -> Mapping[str, Any]:
    return {"messages": ask} if isinstance(ask, str) else ask
