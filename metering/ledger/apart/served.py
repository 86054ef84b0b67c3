"""The ledger's process: a LedgerWriter behind a socket. It ends when its server says so or is gone.

What it has taken when its server is gone is still carried out: a settlement that was on its way is the truth. Signals
that a terminal or a supervisor sends to all processes are left to the server, which ends this one when it has no more
calls.
"""

import asyncio
import logging
import signal
import socket
from contextlib import suppress
from typing import Any, cast

from metering.errors import MeteringError
from metering.ledger.apart.messages import Failure, Inbox, Open, State, failure, message
from metering.ledger.commands import Command
from metering.ledger.results import Result
from metering.ledger.writer import LedgerWriter

TELL_S = 0.5
"""How often the server is told at least how the writer is."""
LEFT_TO_THE_SERVER = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
logger = logging.getLogger(__name__)


async def serve(end: socket.socket) -> None:
    """Carries out what comes over the socket, until CLOSING comes or the other end is closed."""
    loop = asyncio.get_running_loop()
    for each in LEFT_TO_THE_SERVER:
        loop.add_signal_handler(each, lambda: None)
    served = Served(loop)
    transport, _ = await loop.create_connection(lambda: served, sock=end)
    try:
        with suppress(asyncio.CancelledError):  # the server was gone before it said which database
            await served.until_ended()
    finally:
        transport.close()


class Served(asyncio.Protocol):
    """The ledger process's end of the socket."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._inbox = Inbox()
        self._opened: asyncio.Future[str] = loop.create_future()
        self._writer: LedgerWriter | None = None
        self._early: list[tuple[int, Command]] = []
        self._ended = asyncio.Event()
        self._answers: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    async def until_ended(self) -> None:
        """Answers commands until it is time to go; then carries out what it has."""
        ended = asyncio.create_task(self._ended.wait())
        self._writer = writer = LedgerWriter(await self._opened, on_batch=self._tell)
        await writer.start()
        early, self._early = self._early, []
        for number, command in early:
            self._begin(writer, number, command)
        while not ended.done():
            self._tell(0)
            await asyncio.wait({ended}, timeout=TELL_S)
        await writer.close()
        self._flush()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        for number, content in self._inbox.take(data):
            self._hear(number, content)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._opened.cancel()
        self._ended.set()

    def _hear(self, number: int, content: Any) -> None:
        if content is None:
            self._ended.set()
        elif isinstance(content, Failure):
            self._say(message(number, content))
        elif isinstance(content, Open):
            self._opened.set_result(content.conninfo)
        elif self._writer is None:
            self._early.append((number, content))
        else:
            self._begin(self._writer, number, content)

    def _begin(self, writer: LedgerWriter, number: int, command: Command) -> None:
        try:
            answer = writer.begin(command)
        except MeteringError as error:
            self._say(message(number, failure(error)))
        except Exception as error:
            logger.exception("ledger.process_fault")
            self._say(message(number, failure(error)))
        else:
            answer.add_done_callback(lambda done: self._answer(number, done))

    def _answer(self, number: int, done: "asyncio.Future[Result]") -> None:
        error = done.exception()
        self._say(message(number, failure(error) if isinstance(error, Exception) else done.result()))

    def _tell(self, commands: int) -> None:
        if self._writer is not None:
            self._say(message(0, State(self._writer.is_reachable, self._writer.waiting, commands)))

    def _say(self, words: bytes) -> None:
        """What is said in one turn of the event loop goes out together."""
        if not self._answers:
            self._loop.call_soon(self._flush)
        self._answers.append(words)

    def _flush(self) -> None:
        answers, self._answers = self._answers, []
        if answers and self._transport is not None:
            self._transport.write(b"".join(answers))
