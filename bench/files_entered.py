"""`script/bench files`: the files of ours that one warm call enters, from the chat endpoint to the first SQL.

The application is served by this process, on a real PostgreSQL and Redis; the vendor and the ledger's process run
beside it. In this process a profiler sees every Python function that is entered or resumed, in all tasks and threads,
until the ledger's process answers; in that one (traced_ledger.py) from the command's arrival to the SQL. A file counts
once. Functions that led to the endpoint and are resumed later do not count.
"""

import asyncio
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import msgspec
import uvicorn
from starlette.types import ASGIApp

from bench.entered import Entered, Entries
from bench.http.check_ledger import check_ledger
from bench.http.servers import start_vendor
from bench.http.tenant import prepare_tenant
from bench.report import Report, new_report, print_table
from bench.traced_ledger import ASKED, FOUND, PROGRAM
from launcher.configuration import REPOSITORY
from metering.ledger.apart.client import LedgerProcess
from metering.ledger.apart.line import Line
from metering.types import WireProtocol

LIMIT = 30
START_TIMEOUT_S = 20.0
WARM_UP_CALLS = 50
TRACED_CALLS = 9
"""A file counts where most of them enter it: a timer of the background that goes off in one is none of its own."""
PAUSE_S = 0.33
"""Before each of them, so that timers which arming held up do not go off during the call."""
BODY = {"model": "mock-fast", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 100}


def measure(conninfo: str) -> Report:
    """Trace a call and print the list; `ok` says whether it keeps to the limit and the books balance."""
    report = new_report("files", conninfo)
    folder = Path(os.environ["GATEWAY_STATE_DIR"])
    with ExitStack() as stopping:
        vendor = start_vendor(stopping)
        token = prepare_tenant(folder, f"http://127.0.0.1:{vendor.port}/v1")
        entries = asyncio.run(_trace(token, folder))
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


async def _trace(token: str, folder: Path) -> Entries:
    """Make the calls, and return the files that most of them entered, in the order of the longest list."""
    from gateway_project import wiring
    from gateway_project.asgi import application
    from gateway_project.proxy.model_calls import model_call

    heard = Line.data_received.__code__
    here = Entered(model_call(WireProtocol.CHAT).__code__, lambda frame: frame.f_code is heard)
    traced = list[Entries]()
    threading.setprofile(here)  # for threads that start from now on
    sys.setprofile(here)
    try:
        await wiring.start(_traced_writer)
        async with (
            running_here(application) as url,
            httpx2.AsyncClient(base_url=url, trust_env=False) as client,
        ):
            for number in range(WARM_UP_CALLS + TRACED_CALLS):
                if number >= WARM_UP_CALLS:
                    await asyncio.sleep(PAUSE_S)
                    (folder / ASKED).touch()
                    here.arm()
                headers = {"authorization": f"Bearer {token}"}
                (await client.post("/v1/chat/completions", json=BODY, headers=headers)).raise_for_status()
                if number >= WARM_UP_CALLS:
                    traced.append(_both(here.read(), folder / FOUND))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)

    seen = Counter(file for entries in traced for file, _ in entries)
    return tuple(entry for entry in max(traced, key=len) if seen[entry[0]] > TRACED_CALLS / 2)


def _traced_writer() -> LedgerProcess:
    from django.conf import settings

    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return LedgerProcess(PROGRAM, settings.LEDGER_DATABASE_URL, environment=environment)


def _both(here: Entries, found: Path) -> Entries:
    """The files of this process, then those that only the ledger's process entered."""
    there = msgspec.json.decode(found.read_bytes(), type=Entries)
    found.unlink()
    files = {file for file, _ in here}
    return (*here, *[entry for entry in there if entry[0] not in files])


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
