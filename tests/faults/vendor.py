"""A vendor that counts how many calls are in at once, whichever processes they come from."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class CountingVendor:
    """Answers each connection after a while by closing it. A call is in until its answer has gone out."""

    def __init__(self, answers_after_s: float) -> None:
        self.port = 0
        self.calls = 0
        self.at_once = 0
        self.most_at_once = 0
        self._answers_after_s = answers_after_s

    async def answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self._answers_after_s)
        self.at_once -= 1
        writer.close()


@contextlib.asynccontextmanager
async def counting_vendor(*, answers_after_s: float) -> AsyncIterator[CountingVendor]:
    vendor = CountingVendor(answers_after_s)
    server = await asyncio.start_server(vendor.answer, "127.0.0.1", 0, backlog=1000)
    vendor.port = server.sockets[0].getsockname()[1]
    try:
        yield vendor
    finally:
        server.close()
