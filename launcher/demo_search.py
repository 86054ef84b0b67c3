"""The demo searches invented papers and patents, unless the environment names real services."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from launcher.children import spawn
from launcher.errors import LauncherError
from launcher.process import free_port, is_free, stop_child, wait_until
from launcher.stack import Stack

BASE_URLS = {"OPENALEX_BASE_URL": "openalex", "USPTO_ODP_BASE_URL": "uspto"}
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0


@contextmanager
def search_services(stack: Stack, output: IO[bytes]) -> Iterator[None]:
    """While the block runs, the environment names servers of ours, if it named none. Raises LauncherError."""
    if any(os.environ.get(name) for name in BASE_URLS):
        yield
        return
    port = free_port(8100)
    told = {name: f"http://127.0.0.1:{port}/{path}" for name, path in BASE_URLS.items()}
    if "USPTO_ODP_API_KEY" not in os.environ:
        told["USPTO_ODP_API_KEY"] = "demo"
    child = spawn(["-m", "fixtures.search_services", "--port", str(port)], stack, output=output, port=port)
    try:
        wait_until(lambda: child.poll() is not None or not is_free(port), START_TIMEOUT_S)
        if child.poll() is not None:
            raise LauncherError("The demo's search services did not start.")
        os.environ |= told
        yield
    finally:
        for name in told:
            os.environ.pop(name, None)
        stop_child(child, STOP_TIMEOUT_S)
