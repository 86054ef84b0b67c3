"""The ASGI application in a thread of this process, on a free port, over real HTTP."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from gateway_project.telemetry import metrics
from tests.forked_ledger import forked_ledgers

START_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    url: str


@contextmanager
def running_server(*, anew: bool = False) -> Iterator[Server]:
    """Start, wait until it listens, and drain at the end. `anew`: made of the settings as they are now."""
    from gateway_project.asgi import application, lifespan, make_application

    counted = metrics.in_flight.read  # the newest application's; afterwards the first one's again
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        make_application(lifespan) if anew else application,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=10,
        proxy_headers=False,  # whom to believe is the application's own decision (TRUSTED_PROXIES)
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
    with forked_ledgers():
        thread.start()
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                assert time.monotonic() < deadline, "the server took too long to start"
                time.sleep(0.01)
            yield Server(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(30)
            listener.close()
            metrics.in_flight.read = counted
            assert not thread.is_alive(), "the server did not stop"
