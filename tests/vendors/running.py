"""Start the fake vendor: in a thread of this process, or as a process of its own."""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import web

from tests.vendors.call_log import CallLog
from tests.vendors.openai_app import API_KEY, FakeOpenAI

REPOSITORY = Path(__file__).parents[2]
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0


class Served(Protocol):
    """A fake vendor, whatever it speaks."""

    log: CallLog
    api_key: str | None

    def application(self) -> web.Application: ...


V = TypeVar("V", bound=Served)


class VendorDoors:
    """The vendor's own doors, over HTTP."""

    def __init__(self, port: int, api_key: str = API_KEY) -> None:
        self.api_key = api_key
        self._root = f"http://127.0.0.1:{port}"
        self.base_url = f"{self._root}/v1"

    def hold(self) -> None:
        """Let calls wait, before anything is answered."""
        self._post("/_gate", {"open": False})

    def open(self) -> None:
        """Answer them."""
        self._post("/_gate", {"open": True})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(self._root + path, json.dumps(body).encode())  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310


class Running(VendorDoors, Generic[V]):
    """A vendor on a port of its own. `log` is the application's."""

    def __init__(self, vendor: V, port: int) -> None:
        super().__init__(port, vendor.api_key or "")
        self.vendor = vendor
        self.port = port

    @property
    def log(self) -> CallLog:
        return self.vendor.log

    def begin(self) -> None:
        """Wait until a call runs."""
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while not self.log.at_once:
            assert time.monotonic() < deadline, "the fake vendor was not called"
            time.sleep(0.001)

    def finish(self) -> None:
        """Wait until no call runs: a caller can have its answer before the vendor's thread has noted so."""
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self.log.at_once:
            assert time.monotonic() < deadline, "the fake vendor still answers"
            time.sleep(0.001)


RunningVendor = Running[FakeOpenAI]


def running_vendor(
    vendor: FakeOpenAI | None = None,
) -> contextlib.AbstractContextManager[RunningVendor]:
    """The OpenAI-compatible one."""
    return running(vendor or FakeOpenAI())


@contextlib.contextmanager
def running(vendor: V) -> Iterator[Running[V]]:
    """In a thread: the test reads the log directly."""
    loop = asyncio.new_event_loop()
    started: list[int] = []
    ready = threading.Event()

    async def serve() -> web.AppRunner:
        runner = await start(vendor, port=0)
        started.append(runner.addresses[0][1])
        ready.set()
        return runner

    def run() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, name="fake-vendor", daemon=True)
    thread.start()
    assert ready.wait(START_TIMEOUT_S), "the fake vendor did not start"
    try:
        yield Running(vendor, started[0])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_TIMEOUT_S)


async def start(vendor: Served, *, port: int) -> web.AppRunner:
    """Serve on the running loop, until the runner is cleaned up."""
    runner = web.AppRunner(
        vendor.application(), access_log=None, shutdown_timeout=0.1, handler_cancellation=True
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=2_048).start()
    return runner


class VendorProcess(VendorDoors):
    """A vendor in a process of its own, which outlives gateways that are killed."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        super().__init__(port)
        self.process = process

    def log(self) -> dict[str, Any]:
        """`calls`, `at_once`, `most_at_once`."""
        with urllib.request.urlopen(f"{self._root}/_log") as answer:  # noqa: S310 - our own server
            shown: dict[str, Any] = json.load(answer)
            return shown

    def clear(self) -> None:
        self._post("/_clear", {})

    def next(self, directives: str) -> None:
        """What the next call is to do as well."""
        self._post("/_next", {"directives": directives})


@contextlib.contextmanager
def vendor_process() -> Iterator[VendorProcess]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.vendors"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield VendorProcess(process, port)
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)
        if process.stdout is not None:
            process.stdout.close()
