"""A process and the line to it: a socket, whose other end is the process's standard input."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from metering.ledger.apart.messages import Inbox

Hear = Callable[[int, Any], None]
"""Is told the number and the content of every message."""


class Line(asyncio.Protocol):
    """The connection to one ledger process, over which messages go and come."""

    transport: asyncio.Transport

    def __init__(self, process: "subprocess.Popen[bytes]", hear: Hear) -> None:
        self.process = process
        self.heard_s = time.monotonic()
        """When the process last said something; before that, when it was started."""
        self.has_spoken = False
        self._hear = hear
        self._inbox = Inbox()
        self._cut = asyncio.Event()

    async def has_ended(self, within_s: float) -> bool:
        """Whether the process is gone, or goes within so many seconds."""
        try:
            async with asyncio.timeout(within_s):
                await self._cut.wait()
        except TimeoutError:
            return False
        await asyncio.to_thread(self.process.wait)
        return True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.heard_s, self.has_spoken = time.monotonic(), True
        for number, content in self._inbox.take(data):
            self._hear(number, content)

    def connection_lost(self, error: Exception | None) -> None:
        """The process is gone, or said what is no message: then it is ended."""
        self.process.kill()
        self._cut.set()


async def start_process(program: Sequence[str], environment: Mapping[str, str], hear: Hear) -> Line:
    """Starts a process. Raises OSError."""
    ours, its = socket.socketpair()
    with its:
        process = await asyncio.to_thread(_begin, program, environment, its)
    ours.setblocking(False)
    line = Line(process, hear)
    await asyncio.get_running_loop().create_connection(lambda: line, sock=ours)
    return line


def _begin(
    program: Sequence[str], environment: Mapping[str, str], end: socket.socket
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(program, env=environment, stdin=end.fileno(), stdout=subprocess.DEVNULL)
