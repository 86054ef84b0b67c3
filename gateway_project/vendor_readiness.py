"""Find out at the start which vendors answer, and ask those that do not again until they do; nothing waits for it.

A vendor on the same machine, such as a proxy or a local model, often starts later than the gateway. Until it has
answered once, its models are listed as not available (`GET /llm/models`). Calls are let through all the same: what
becomes of them says more than a probe.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway_project.vendors import ConfiguredVendors
from metering.errors import MeteringUnavailable
from metering.ports import AttemptFailed
from providers.port import ProviderError

FIRST_PAUSE_S, MAX_PAUSE_S = 1.0, 60.0
PROBE_S = 10.0
AT_ONCE = 8
"""Vendors that are asked at the same time."""
logger = logging.getLogger(__name__)


@asynccontextmanager
async def waiting_for_vendors(vendors: ConfiguredVendors) -> AsyncIterator[None]:
    """A block during which the vendors of this moment are asked until each has answered once."""
    asking = asyncio.create_task(_ask_all(vendors), name="vendors.wait")
    try:
        yield
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking


async def _ask_all(vendors: ConfiguredVendors) -> None:
    names = await _names(vendors)
    vendors.unanswered.update(names)
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(_ask(vendors, name, places), name="vendor.wait")


async def _names(vendors: ConfiguredVendors) -> tuple[str, ...]:
    while True:
        try:
            return await vendors.providers()
        except MeteringUnavailable:
            await asyncio.sleep(MAX_PAUSE_S)


async def _ask(vendors: ConfiguredVendors, name: str, places: asyncio.Semaphore) -> None:
    pause_s = FIRST_PAUSE_S
    while name in vendors.unanswered and not _is_called(vendors, name):
        try:
            async with places:
                await vendors.probe(name, PROBE_S)
        except ProviderError as error:
            logger.warning("vendor.not_ready", extra={"provider": name, "problem": error.message})
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, MAX_PAUSE_S)
            continue
        except MeteringUnavailable:
            await asyncio.sleep(MAX_PAUSE_S)  # the database is away, which others tell
            continue
        except AttemptFailed:
            pass  # it is not active any more
        break
    vendors.unanswered.discard(name)


def _is_called(vendors: ConfiguredVendors, name: str) -> bool:
    """Whether its circuit stands open, perhaps by calls of another process: no further questions go there."""
    return any(provider == name for provider, _ in vendors.router.count_circuits())
