"""`script/bench files`: the files of ours that one warm call enters, from the chat endpoint to the first SQL.

The application is served by this process, on a real PostgreSQL and Redis; the vendor runs in a second process. A
profiler sees every Python function that is entered or resumed, in all tasks and threads; a file counts once. Functions
that led to the endpoint and are resumed later do not count.
"""

import asyncio
import gc
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import httpx2
import psycopg
import uvicorn
from psycopg.pq import TransactionStatus
from starlette.types import ASGIApp

from bench.http.check_ledger import check_ledger
from bench.http.servers import start_vendor
from bench.http.tenant import prepare_tenant
from bench.report import Report, new_report, print_table
from launcher.configuration import REPOSITORY
from metering.types import WireProtocol

LIMIT = 30
START_TIMEOUT_S = 20.0
WARM_UP_CALLS = 50
TRACED_CALLS = 9
"""A file counts where most of them enter it: a timer of the background that goes off in one is none of its own."""
PAUSE_S = 0.33
"""Before each of them, so that timers which arming held up do not go off during the call."""
OURS = tuple(
    f"{REPOSITORY / package}{os.sep}" for package in ("gateway_project", "metering", "providers", "adapters")
)
BODY = {"model": "mock-fast", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 100}


Entries = tuple[tuple[str, str], ...]
"""Files in order of entry, each with the function through which the call came to it first."""


class Profiler:
    """Notes the files of ours that are entered from the call of `endpoint` until a connection has sent SQL."""

    def __init__(self, endpoint: CodeType) -> None:
        self._endpoint = endpoint
        self._connections: list[psycopg.BaseConnection[Any]] = []
        self._waiting: set[FrameType] = set()
        """Frames that led to the endpoint. They do not count when they are resumed."""
        self._is_armed = False
        self._entries: dict[str, str] | None = None
        """The first function of each file; None before the endpoint is called."""

    def arm(self) -> None:
        """Trace the next call that enters the endpoint."""
        gc.unfreeze()  # frozen objects are not listed
        self._connections = [each for each in gc.get_objects() if isinstance(each, psycopg.BaseConnection)]
        self._waiting, self._entries, self._is_armed = set(), None, True

    def read(self) -> Entries:
        """Return the files of the traced call in order of entry. Raises RuntimeError if it sent no SQL."""
        if self._is_armed or self._entries is None:
            raise RuntimeError("the call did not come from the endpoint to any SQL")
        self._waiting = set()
        return tuple(self._entries.items())

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """Handle an event of `sys.setprofile`; any thread may call it."""
        if not self._is_armed or event != "call":
            return
        if self._entries is None:
            if frame.f_code is not self._endpoint:
                return
            self._entries, self._waiting = {}, _frames_below(frame)
        file = frame.f_code.co_filename
        if file.startswith(OURS) and frame not in self._waiting:
            if any(_has_sent(each) for each in self._connections):
                self._is_armed = False
                return
            self._entries.setdefault(os.path.relpath(file, REPOSITORY), frame.f_code.co_qualname)


def _frames_below(frame: FrameType) -> set[FrameType]:
    below = frame.f_back
    return {below, *_frames_below(below)} if below is not None else set()


def _has_sent(connection: psycopg.BaseConnection[Any]) -> bool:
    return connection.pgconn.transaction_status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN)


def measure(conninfo: str) -> Report:
    """Trace a call and print the list; `ok` says whether it keeps to the limit and the books balance."""
    report = new_report("files", conninfo)
    folder = Path(os.environ["GATEWAY_STATE_DIR"])
    with ExitStack() as stopping:
        vendor = start_vendor(stopping)
        token = prepare_tenant(folder, f"http://127.0.0.1:{vendor.port}/v1")
        entries = asyncio.run(_trace(token))
    rows = [
        {"order": order, "file": file, "first function": function}
        for order, (file, function) in enumerate(entries, 1)
    ]
    report["figures"] = rows
    report["files"] = len(rows)
    report["ok"] &= len(rows) <= LIMIT
    print_table(f"{len(rows)} files entered from the endpoint to the first SQL (limit: {LIMIT})", rows)
    check_ledger(report, conninfo, WARM_UP_CALLS + TRACED_CALLS)
    return report


async def _trace(token: str) -> Entries:
    """Make the calls, and return the files that most of them entered, in the order of the longest list."""
    from gateway_project.asgi import application
    from gateway_project.proxy.model_calls import model_call

    profiler, traced = Profiler(model_call(WireProtocol.CHAT).__code__), list[Entries]()
    threading.setprofile(profiler)  # for threads that start from now on
    sys.setprofile(profiler)
    try:
        async with (
            running_here(application) as url,
            httpx2.AsyncClient(base_url=url, trust_env=False) as client,
        ):
            for number in range(WARM_UP_CALLS + TRACED_CALLS):
                if number >= WARM_UP_CALLS:
                    profiler.arm()
                    await asyncio.sleep(PAUSE_S)
                headers = {"authorization": f"Bearer {token}"}
                (await client.post("/v1/chat/completions", json=BODY, headers=headers)).raise_for_status()
                if number >= WARM_UP_CALLS:
                    traced.append(profiler.read())
    finally:
        sys.setprofile(None)
        threading.setprofile(None)

    seen = Counter(file for entries in traced for file, _ in entries)
    return tuple(entry for entry in max(traced, key=len) if seen[entry[0]] > TRACED_CALLS / 2)


@asynccontextmanager
async def running_here(application: ASGIApp) -> AsyncIterator[str]:
    """Serve the application from the running event loop; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(application, log_config=None, lifespan="on"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                    await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
