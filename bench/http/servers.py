"""The processes of one benchmark: mock vendor, pass-through, and one gateway process with everything switched on."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.http.processes import Server
from bench.http.tenant import prepare_tenant
from launcher.children import MAX_CONNECTIONS, start_gateway
from launcher.configuration import REPOSITORY
from launcher.process import free_port, stop_child, wait_until
from launcher.stack import Stack

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    vendor: Server
    passthrough: Server
    gateway: Server
    token: str


@contextmanager
def running_servers() -> Iterator[Servers]:
    """All three, and a tenant's token for the gateway; the stack is the one that the environment names."""
    folder = Path(os.environ["GATEWAY_STATE_DIR"])
    with ExitStack() as stopping:
        vendor = start_vendor(stopping)
        vendor_url = f"http://127.0.0.1:{vendor.port}/v1"
        os.environ["BENCH_VENDOR_URL"] = vendor_url
        token = prepare_tenant(folder, vendor_url)
        passthrough = _passthrough(stopping, folder)
        gateway = _gateway(stopping, folder)
        yield Servers(vendor=vendor, passthrough=passthrough, gateway=gateway, token=token)


def start_vendor(stopping: ExitStack, failing: str = "") -> Server:
    """In a process of its own, until `stopping` is closed; one that fails where `failing` says how."""
    command = ["bench.http.failing_vendor", failing] if failing else ["bench.http.vendor"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
    )
    stopping.callback(stop_child, process, STOP_TIMEOUT_S)
    assert process.stdout is not None
    return Server(port=int(process.stdout.readline()), pid=process.pid)


def _passthrough(stopping: ExitStack, folder: Path) -> Server:
    """Under the same server with the same options as the gateway."""
    port = free_port()
    options = f"--interface asgi --host 127.0.0.1 --port {port} --workers 1 --http 1 --loop uvloop --no-ws"
    limits = f"--backlog {MAX_CONNECTIONS} --backpressure {MAX_CONNECTIONS}"
    output = stopping.enter_context((folder / "logs" / "passthrough.log").open("wb"))
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "granian",
            *options.split(),
            *limits.split(),
            "bench.http.passthrough:application",
        ],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=output,
        stderr=output,
    )
    stopping.callback(stop_child, process, STOP_TIMEOUT_S)
    return _ready(Server(port=port, pid=process.pid), process, "/ready")


def _gateway(stopping: ExitStack, folder: Path) -> Server:
    """As `script/server` starts it."""
    port = free_port()
    nothing = os.open(os.devnull, os.O_RDONLY)
    stopping.callback(os.close, nothing)
    stack = Stack(
        state_dir=folder,
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        in_use_fd=nothing,
    )
    output = stopping.enter_context((folder / "logs" / "gateway.log").open("wb"))
    process = start_gateway(stack, host="127.0.0.1", port=port, workers=1, output=output)
    stopping.callback(stop_child, process, STOP_TIMEOUT_S)
    return _ready(Server(port=port, pid=process.pid), process, "/health/ready")


def _ready(server: Server, process: "subprocess.Popen[bytes]", path: str) -> Server:
    """Once it answers: the pass-through's vendor knows no such path, but an answer is an answer."""

    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"a server of the benchmark ended by itself with status {process.returncode}")
        try:
            urllib.request.urlopen(
                f"http://127.0.0.1:{server.port}{path}", data=_data(path), timeout=5
            ).close()
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False
        return True

    if not wait_until(answers, START_TIMEOUT_S, every_s=0.1):
        raise RuntimeError(f"a server of the benchmark did not answer within {START_TIMEOUT_S:.0f} s")
    return server


def _data(path: str) -> bytes | None:
    return None if path.startswith("/health") else b"{}"
