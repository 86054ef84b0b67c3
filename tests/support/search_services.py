"""The fake search services in a thread of the test's process, which outlives every process that asks them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.search_services.server import SearchServices

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0


@contextmanager
def running_search_services() -> Iterator[SearchServices]:
    """On a port of their own. The test reads what was asked directly."""
    services, ready, stop = SearchServices(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with services.serving():
            ready.set()
            await stop.wait()

    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve()), name="search-services", daemon=True
    )
    thread.start()
    assert ready.wait(START_TIMEOUT_S), "the search services did not start"
    try:
        yield services
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_TIMEOUT_S)
