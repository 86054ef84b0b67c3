"""Several gateway processes, as a load balancer would have behind it: each with its own snapshots."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway_project.local.process import free_port

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 60.0
PROGRAM = (
    "import sys, uvicorn; uvicorn.run('gateway_project.asgi:application', port=int(sys.argv[1]), "
    "log_config=None, lifespan='on', timeout_graceful_shutdown=5)"
)


@contextmanager
def running_gateways(count: int, environment: dict[str, str]) -> Iterator[list[str]]:
    """Their base URLs, once all are ready."""
    ports: list[int] = []
    while len(ports) < count:
        port = free_port()
        if port not in ports:
            ports.append(port)
    children = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(port)], cwd=ROOT, env=os.environ | environment)
        for port in ports
    ]
    try:
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        deadline = time.monotonic() + START_TIMEOUT_S
        for url, child in zip(urls, children, strict=True):
            while status_of(f"{url}/health/ready") != 200:
                assert child.poll() is None, "a gateway ended"
                assert time.monotonic() < deadline, "a gateway took too long to start"
                time.sleep(0.1)
        yield urls
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()


def status_of(url: str, token: str = "") -> int:
    """The HTTP status of a GET; 0 if nobody answers."""
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
