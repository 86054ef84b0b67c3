"""The server's side of its ledger process: starts it, sends it commands, and starts another one if it ends.

1. A command is written down with its number and waits. All that are written in one turn of the event loop go out
   together.
2. The answer with that number ends the wait.
3. Where the process ends by itself, another one is started, and what waits is sent again, in order: the ledger carries
   each command out once, however often it is sent.
4. Whoever has waited DEADLINE_S is told that the ledger is away. A process that says nothing for that long is ended;
   one that has said nothing yet has STARTS_WITHIN_S.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from metering.errors import LedgerOverloaded, MeteringUnavailable
from metering.ledger.apart.line import Line, start_process
from metering.ledger.apart.messages import CLOSING, Failure, Open, State, message
from metering.ledger.commands import Command
from metering.ledger.results import Result
from metering.ledger.writer import DEADLINE_S as WRITERS_DEADLINE_S
from metering.ledger.writer import MAX_WAITING

DEADLINE_S = WRITERS_DEADLINE_S + 2.0
"""How long a command waits at most: the process itself gives up a little sooner."""
STARTS_WITHIN_S = 60.0
"""On an overloaded machine. One that was ended sooner would have to begin again, under the same load."""
LOOK_S = 0.5
PAUSE_S = 0.5
"""Before a process is started, if the one before ended at once or could not be started."""
AT_ONCE_S = 5.0
AWAY = "The ledger did not answer in time."
NOTHING_KNOWN = State(False, 0, 0)
logger = logging.getLogger(__name__)


class Waiting(NamedTuple):
    """A command as it is sent, whom it is answered to, and the monotonic moment to give up."""

    words: bytes
    answer: "asyncio.Future[Result]"
    gives_up_s: float


class LedgerProcess:
    """Implements the Ledger port with a process of its own. Belongs to the event loop that started it."""

    def __init__(
        self,
        program: Sequence[str],
        conninfo: str,
        *,
        environment: Mapping[str, str],
        on_batch: Callable[[int], None] = lambda commands: None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """`program` is a command line, run in `environment`, that serves the socket which is its standard input
        (served.py); `on_batch` is told how many commands each committed batch had.
        """
        self._program = program
        self._environment = environment
        self._opening = message(0, Open(conninfo))
        self._on_batch = on_batch
        self._deadline_s = deadline_s
        self._numbers = count(1)
        self._waiting: dict[int, Waiting] = {}
        self._unsent: list[bytes] = []
        self._state = NOTHING_KNOWN
        self._line: Line | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def is_reachable(self) -> bool:
        """Whether the last batch reached the database."""
        return self._state.is_reachable

    @property
    def waiting(self) -> int:
        """Count the commands that no batch has taken yet."""
        return self._state.waiting

    @property
    def pid(self) -> int | None:
        """The process; None while there is none."""
        return None if self._line is None else self._line.process.pid

    async def start(self) -> None:
        """Start the process. The database need not be there yet. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        line = await self._connected()
        self._keeping = asyncio.create_task(self._keep(line), name="ledger-process")

    async def submit(self, command: Command) -> Result:
        """Return the committed answer to one command (see metering.ledger.port.Ledger)."""
        if self._closing or self._keeping is None:
            raise MeteringUnavailable("The ledger's process is not running.")
        if len(self._waiting) >= MAX_WAITING:
            raise LedgerOverloaded(f"{MAX_WAITING} commands wait for the ledger already.")
        number = next(self._numbers)
        words = message(number, command)
        answer: asyncio.Future[Result] = self._loop.create_future()
        self._waiting[number] = Waiting(words, answer, time.monotonic() + self._deadline_s)
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(words)
        return await answer

    async def close(self, deadline_s: float = DEADLINE_S) -> None:
        """Let the process carry out what it has, at most `deadline_s` long, then end it."""
        self._closing = True
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._line is not None:
            self._flush()
            self._line.transport.write(CLOSING)
            if not await self._line.has_ended(deadline_s):
                logger.error("ledger.process_stuck", extra={"pid": self.pid})
                self._line.transport.abort()
                await self._line.has_ended(deadline_s)
            self._line = None
        self._fail(list(self._waiting), "The ledger's process was closed.")

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if unsent and self._line is not None:
            self._line.transport.write(b"".join(unsent))

    def _hear(self, number: int, content: Result | Failure | State) -> None:
        if isinstance(content, State):
            self._state = content
            if content.commands:
                self._on_batch(content.commands)
            return
        waiting = self._waiting.pop(number, None)
        if waiting is None or waiting.answer.done():
            return
        if isinstance(content, Failure):
            waiting.answer.set_exception(content.error())
        else:
            waiting.answer.set_result(content)

    async def _connected(self) -> Line:
        """Starts a process, and sends it all that waits."""
        line = await start_process(self._program, self._environment, self._hear)
        self._line, self._unsent = line, []
        line.transport.write(b"".join([self._opening, *[each.words for each in self._waiting.values()]]))
        return line

    async def _keep(self, line: Line) -> None:
        """Looks after the process, and after whoever waits too long."""
        while True:
            began_s = time.monotonic()
            while not await line.has_ended(LOOK_S):
                patience_s = self._deadline_s if line.has_spoken else STARTS_WITHIN_S
                if self._give_up_the_late() and line.heard_s < time.monotonic() - patience_s:
                    logger.error("ledger.process_stuck", extra={"pid": line.process.pid})
                    line.process.kill()
            self._state, self._line = NOTHING_KNOWN, None
            logger.error("ledger.process_ended", extra={"status": line.process.returncode})
            if time.monotonic() - began_s < AT_ONCE_S:
                await asyncio.sleep(PAUSE_S)
            line = await self._started_again()

    async def _started_again(self) -> Line:
        while True:
            self._give_up_the_late()
            try:
                return await self._connected()
            except OSError as error:
                logger.error("ledger.process_not_started", extra={"error": str(error)})
                await asyncio.sleep(PAUSE_S)

    def _give_up_the_late(self) -> bool:
        """Tells those whose moment has passed; whether there were any."""
        now_s = time.monotonic()
        late = []
        for number, waiting in self._waiting.items():
            if waiting.gives_up_s > now_s:
                break  # those that came later give up later
            late.append(number)
        self._fail(late, AWAY)
        return bool(late)

    def _fail(self, numbers: Sequence[int], reason: str) -> None:
        for number in numbers:
            answer = self._waiting.pop(number).answer
            if not answer.done():
                answer.set_exception(MeteringUnavailable(reason))
