"""Carries the board and the news of conversations between processes, through Redis.

One task looks after it: about twice a second, and at once when a circuit moves, it tells what has changed and asks for
everything that is shared. No call waits for it. In Redis:

- `routing:circuits`, a hash: place -> entry. Moments are Redis's own, so that clocks may differ.
- `routing:permit:...`, set by the one process that may try a half-open circuit in this opening of it (SET NX).
- `routing:news`, a bounded stream: which provider served which conversations, and with which key.

While Redis is away every process goes on with what it knows and finds out, and grants itself permits; when it is back,
each tells everything that it knows.
"""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from providers.routing.board import MAX_ENTRIES, PERMIT_S, Board, Entry, is_over
from providers.routing.conversations import KEPT_S, Conversations, Seat
from providers.routing.place import Place
from providers.routing.shared_form import encode, read_entry, read_news, written_entry, written_news

CIRCUITS, NEWS, PERMIT = "routing:circuits", "routing:news", b"routing:permit:"
BEAT_S = 0.5
LEAST_PAUSE_S = 0.02
ANSWER_LIMIT_S = 1.0
MAX_NEWS = 1_000
"""Entries of the stream: the last ones, whoever wrote them."""
READ_AT_ONCE = 200
logger = logging.getLogger(__name__)


class _Sent(NamedTuple):
    """What one exchange with Redis tells."""

    changed: dict[Place, Entry | None]
    wanted: list[Place]
    news: dict[bytes, Seat]


class Sharing:
    """Shares one process's board and conversations. Belongs to the event loop that started it."""

    def __init__(
        self,
        url: str,
        board: Board,
        conversations: Conversations,
        *,
        beat_s: float = BEAT_S,
    ) -> None:
        # Without a time limit of the client's own: its way of waiting can lose a cancellation.
        self._redis: Redis = Redis.from_url(url, socket_timeout=None, socket_connect_timeout=ANSWER_LIMIT_S)
        self._board = board
        self._conversations = conversations
        self._beat_s = beat_s
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last_news = b""
        self._offset_s: float | None = None
        """Redis's clock less the board's."""
        self._is_told = False
        self._is_closed = False

    def start(self) -> None:
        """Begin to share, as soon as Redis answers."""
        self._board.on_change = self._wake.set
        self._task = asyncio.create_task(self._look_after(), name="routing.sharing")

    async def close(self) -> None:
        """Stop sharing, and close the connection to Redis."""
        self._board.on_change = lambda: None
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with suppress(RedisError, OSError):
            await self._redis.aclose()

    async def _look_after(self) -> None:
        since_s = time.monotonic()
        while not self._is_closed:
            try:
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    await self._exchange()
                if not self._board.is_shared:
                    self._board.is_shared = self._is_told = True
                    logger.info(
                        "routing.redis_connected", extra={"away_s": round(time.monotonic() - since_s, 1)}
                    )
            except (RedisError, OSError, TimeoutError) as error:
                if self._board.is_shared or not self._is_told:
                    since_s = time.monotonic()
                    logger.warning("routing.redis_away", extra={"error": type(error).__name__})
                self._alone()
            except Exception:
                logger.exception("routing.sharing_broke")
                self._alone()
            await asyncio.sleep(LEAST_PAUSE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._beat_s):
                    await self._wake.wait()

    def _alone(self) -> None:
        """Go on without Redis: nobody else grants permits, and everything has to be told anew."""
        self._is_told = True
        if self._board.is_shared:
            self._board.is_shared = False
            self._board.share_all()
        for place in list(self._board.wanted):
            self._board.permit(place, granted=True)
        self._board.wanted.clear()

    async def _exchange(self) -> None:
        """Tell what changed here and ask what changed elsewhere, in one round trip."""
        self._wake.clear()
        if self._offset_s is None:
            self._note_clock(await self._redis.time())
        sent = self._take()
        try:
            async with self._redis.pipeline(transaction=False) as together:
                asked = self._ask(together, sent)
                answers = await together.execute()
        except BaseException:
            self._put_back(sent)
            raise
        self._note_clock(answers[0])
        for place, granted in zip(asked, answers[1 : 1 + len(asked)], strict=True):
            self._board.permit(place, granted=bool(granted))
        await self._learn_circuits(answers[-2])
        self._learn_news(answers[-1])

    def _take(self) -> _Sent:
        board, talk = self._board, self._conversations
        sent = _Sent(board.changed, [*board.wanted], talk.news)
        board.changed, talk.news = {}, {}
        board.wanted.clear()
        return sent

    def _put_back(self, sent: _Sent) -> None:
        """Keep what could not be told for the next time; what has changed since counts more."""
        self._board.changed = sent.changed | self._board.changed
        self._board.wanted.update(dict.fromkeys(sent.wanted))

    def _ask(self, together: Any, sent: _Sent) -> list[Place]:
        """Queue everything; returns the circuits whose permits were asked for."""
        together.time()
        asked = []
        for place in sent.wanted:
            entry = self._board.entries.get(place)
            if entry is not None and entry.stamp:
                name = PERMIT + encode((place, entry.stamp))
                together.set(name, 1, nx=True, px=round(PERMIT_S * 1000))
                asked.append(place)
        gone = [encode(place) for place, entry in sent.changed.items() if entry is None]
        if gone:
            together.hdel(CIRCUITS, *gone)
        told = {
            encode(place): written_entry(entry, self._ms_at)
            for place, entry in sent.changed.items()
            if entry is not None
        }
        if told:
            together.hset(CIRCUITS, mapping=told)
        if sent.news:
            together.xadd(NEWS, {"of": written_news(sent.news)}, maxlen=MAX_NEWS, approximate=True)
        together.hgetall(CIRCUITS)
        together.xread({NEWS: self._last_news}, count=READ_AT_ONCE)
        return asked

    async def _learn_circuits(self, shared: dict[bytes, bytes]) -> None:
        told: dict[Place, Entry] = {}
        over: list[bytes] = []
        now_s = self._board.now()
        for field, value in shared.items():
            read = read_entry(field, value, self._s_at)
            if read is None:
                continue
            place, entry = read
            if is_over(place, entry.until_s, now_s):
                over.append(field)
            else:
                told[place] = entry
        if len(told) > MAX_ENTRIES:
            oldest = sorted(told, key=lambda place: told[place].since_s)[: len(told) - MAX_ENTRIES]
            over += [encode(place) for place in oldest]
            for place in oldest:
                del told[place]
        if over:
            await self._redis.hdel(CIRCUITS, *over)
        self._board.learn(told)

    def _learn_news(self, streams: list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]) -> None:
        now_ms = self._ms_at(self._board.now())
        for _, entries in streams or ():
            for number, fields in entries:
                self._last_news = number
                age_s = (now_ms - int(number.partition(b"-")[0])) / 1000
                for seat, digests in read_news(fields.get(b"of", b"")):
                    self._conversations.learn(digests, seat, max(0.0, age_s))

    def _note_clock(self, clock: tuple[int, int]) -> None:
        seconds, us = clock
        self._offset_s = seconds + us / 1_000_000 - self._board.now()
        if not self._last_news:
            self._last_news = str(round((seconds - KEPT_S) * 1000)).encode()

    def _ms_at(self, moment_s: float) -> int:
        return round((moment_s + (self._offset_s or 0.0)) * 1000)

    def _s_at(self, moment_ms: int) -> float:
        return moment_ms / 1000 - (self._offset_s or 0.0)
