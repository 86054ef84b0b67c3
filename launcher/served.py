"""What granian's workers import: the application, in a process that does not outlive granian's own.

granian ends its workers when it ends in good order; killed, it would leave them behind on the port. And a worker
that is asked to end waits for its requests, before it tells the application: so the application listens for itself.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from gateway_project.asgi import DRAIN_S, lifespan, make_application
from gateway_project.connections.make_room import make_room, raise_file_limit
from launcher.children import MAX_CONNECTIONS
from launcher.die_with_parent import end_when_parent_dies
from metering.gateway import LLMGateway

OTHER_FILES = 1024
"""Files kept free for connections to vendors, the database and Redis, and for what Python opens."""
logger = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan_with_deadline(app: Starlette) -> AsyncIterator[None]:
    """Runs the application's lifespan, looks after connections, and stops calls that go on too long after SIGTERM."""
    places = min(MAX_CONNECTIONS, raise_file_limit() - OTHER_FILES)
    async with lifespan(app):
        stop_calls_after_sigterm(app.state.runtime.gateway)
        looking_after = asyncio.create_task(make_room(places), name="connections")
        try:
            yield
        finally:
            looking_after.cancel()


def stop_calls_after_sigterm(gateway: LLMGateway) -> None:
    """Takes the worker's SIGTERM, and hands it on as SIGINT, which means the same to granian."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopped = gateway.stop_calls()
        if stopped:
            logger.warning("server.calls_stopped", extra={"calls": stopped})

    def begin() -> None:
        gateway.stop_waiting()
        loop.call_later(DRAIN_S, stop)
        signal.raise_signal(signal.SIGINT)

    loop.add_signal_handler(signal.SIGTERM, begin)


if not end_when_parent_dies(os.getppid()):
    sys.exit(1)
application = make_application(lifespan_with_deadline)
