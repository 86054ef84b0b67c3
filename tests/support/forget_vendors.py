"""Let this process's gateway know nothing of its vendors, so that what one test did to them orders no other's calls."""

import asyncio

from gateway_project import wiring

WITHIN_S = 20.0


def forget_vendors() -> None:
    """Close all circuits, end all rests, and forget how calls ended, here and in Redis."""
    runtime = wiring._runtime
    if runtime is not None and runtime.loop.is_running():
        asyncio.run_coroutine_threadsafe(_forget(runtime), runtime.loop).result(WITHIN_S)


async def _forget(runtime: wiring.Runtime) -> None:
    router = runtime.vendors.router
    async with asyncio.timeout(WITHIN_S):
        while not router.board.is_shared:  # noqa: ASYNC110 - it has not heard yet what stands in Redis
            await asyncio.sleep(0.005)
        for place in list(router.board.entries):
            router.board.remove(place)
        router._records.clear()
        router._reached.clear()
        while router.board.changed:  # noqa: ASYNC110 - until the others are told
            await asyncio.sleep(0.005)
