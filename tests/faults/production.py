"""One gateway as `script/server` starts it, under granian."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from unittest.mock import patch

from launcher.children import start_gateway
from launcher.process import free_port, stop_child, wait_until
from launcher.stack import Stack
from tests.faults.deployment import KEY_VARIABLE, Deployment
from tests.faults.gateways import START_TIMEOUT_S, status_of

STOP_TIMEOUT_S = 45.0
"""Longer than the server gives its workers."""


@dataclass(frozen=True, kw_only=True)
class Production:
    url: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """At once, server and worker, as the kernel does when memory is short."""
        os.killpg(self.process.pid, signal.SIGKILL)


@contextmanager
def in_production(deployment: Deployment, *, log: IO[bytes] | None = None) -> Iterator[Production]:
    """In front of a deployment's vendor."""
    with running_gateway(deployment.database, {KEY_VARIABLE: deployment.vendor.api_key}, log=log) as gateway:
        yield gateway


@contextmanager
def running_gateway(
    database: str, environment: Mapping[str, str], *, log: IO[bytes] | None = None
) -> Iterator[Production]:
    """Ready; stopped at the end if it still runs."""
    port = free_port()
    nothing = os.open(os.devnull, os.O_RDONLY)
    stack = Stack(
        state_dir=Path(
            os.environ["GATEWAY_STATE_DIR"]
        ),  # whose secrets the deployment's tokens were made with
        database_url=database,
        redis_url=os.environ["REDIS_URL"],
        in_use_fd=nothing,
    )
    with patch.dict(os.environ, environment):
        process = start_gateway(stack, host="127.0.0.1", port=port, workers=1, output=log)
    try:
        url = f"http://127.0.0.1:{port}"
        assert wait_until(lambda: status_of(f"{url}/health/ready") == 200, START_TIMEOUT_S, every_s=0.1)
        yield Production(url=url, process=process)
    finally:
        stop_child(process, STOP_TIMEOUT_S)
        os.close(nothing)
