"""Token buckets in Redis, shared by every process; this process's own while Redis does not answer.

Natural batching: calls that arrive while a script is under way share the next one, because redis-py costs more
CPU per command than the whole script does for a call. All buckets of all calls of a batch are one atomic script
(`buckets.lua`), so they must live in one Redis, not in a cluster."""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import NoScriptError, RedisError

from metering.rates.port import Draw, Drawn, Level, ShadowDrawn
from metering.rates.process_buckets import ProcessBuckets
from metering.time_limits import TickedTimeout

SCRIPT = Path(__file__).with_name("buckets.lua").read_text(encoding="utf-8")
CALL_LIMIT_S = 0.25
"""A call gets its answer within twice this, or BucketsAway: once for the batch before it, once for its own."""
CONNECT_LIMIT_S = 1.0
RETRY_S = 0.25
CORRECTIONS_WAIT_S = 0.02
"""Corrections travel with the next call, or by themselves after this."""
BEAT_S = 1.0
"""How often an idle connection is tried, so that whoever asks is told of a Redis that has gone without a call."""
MAX_WAITING = 10_000
MAX_CALLS = 256
MAX_KEYS = 2_000
"""Lua's `unpack` takes a few thousand values."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[float | bool]]).decode
logger = logging.getLogger(__name__)

CORRECTION, CALL, SHADOW, ROLLING = 0, 1, 2, 3
"""Kinds of requests, as the script knows them; ROLLING is added to the kind of one whose draws are rolling."""


class Waiting(NamedTuple):
    """One call's draws, and who waits for the answer (None: a correction, for which nobody waits)."""

    draws: tuple[Draw, ...]
    answer: "asyncio.Future[Drawn] | None"
    shadow_draws: tuple[Draw, ...] = ()


class Batch(NamedTuple):
    """Calls for one script call, as its arguments."""

    waiting: list[Waiting]
    keys: list[str]
    payload: bytes


class BucketsAway(Exception):
    """Redis cannot be asked now."""


class RedisBuckets:
    """One connection, looked after by one task. Belongs to the event loop that started it."""

    def __init__(self, url: str, *, call_limit_s: float = CALL_LIMIT_S) -> None:
        self._pool = ConnectionPool.from_url(url, socket_connect_timeout=CONNECT_LIMIT_S, socket_timeout=None)
        self._call_limit_s = call_limit_s
        self._sha: bytes = b""
        self._queue: deque[Waiting] = deque()
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._heart: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._first_try = asyncio.Event()
        self.is_reachable = False
        """Whether the last call was answered. While it is False, asking raises at once."""

    async def start(self) -> None:
        """Connect, and keep connected from now on. Returns after the first try, whatever came of it."""
        self._task = asyncio.create_task(self._look_after(), name="rates.redis")
        await self._first_try.wait()

    async def close(self) -> None:
        """Close the connection to Redis."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for timer in (self._timer, self._heart):
            if timer is not None:
                timer.cancel()

    async def take(self, draws: tuple[Draw, ...], shadow_draws: tuple[Draw, ...] = ()) -> Drawn:
        """Take all or nothing (see Buckets). Raises BucketsAway."""
        if not self.is_reachable or len(self._queue) >= MAX_WAITING:
            raise BucketsAway
        answer: asyncio.Future[Drawn] = asyncio.get_running_loop().create_future()
        self._queue.append(Waiting(draws, answer, shadow_draws))
        self._wake.set()
        return await answer

    def correct(self, draws: tuple[Draw, ...]) -> None:
        """Take more or give back with the next call."""
        if not self.is_reachable or len(self._queue) >= MAX_WAITING:
            return
        self._queue.append(Waiting(draws, None))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(CORRECTIONS_WAIT_S, self._correct_now)

    def _correct_now(self) -> None:
        self._timer = None
        self._wake.set()

    def _beat(self) -> None:
        """Wake who serves: with nothing to ask, it asks whether Redis is there."""
        self._wake.set()
        self._heart = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    async def _look_after(self) -> None:
        """Connect, serve until something breaks, pause, again."""
        since_s = time.monotonic()
        self._beat()
        while True:
            connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
            try:
                await self._connect(connection)
                logger.info("rates.redis_connected", extra={"away_s": round(time.monotonic() - since_s, 1)})
                await self._serve(connection)
            except (RedisError, OSError, TimeoutError) as error:
                if self.is_reachable or not self._first_try.is_set():
                    since_s = time.monotonic()
                    logger.warning("rates.redis_away", extra={"error": type(error).__name__})
            except Exception:
                logger.exception("rates.redis_broke")
            finally:
                self._fail()
                with suppress(RedisError, OSError):
                    await connection.disconnect(nowait=True)
            await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311

    async def _connect(self, connection: AbstractConnection) -> None:
        async with TickedTimeout(CONNECT_LIMIT_S):
            await connection.connect()  # type: ignore[no-untyped-call]
            self._sha = await _ask(connection, b"SCRIPT", b"LOAD", SCRIPT)
        self.is_reachable = True
        self._first_try.set()

    async def _serve(self, connection: AbstractConnection) -> None:
        while True:
            self._wake.clear()
            if not self._queue:
                await self._wake.wait()
                await asyncio.sleep(0)  # whoever was woken by the same event joins this batch
            batch = next_batch(self._queue)
            try:
                async with TickedTimeout(self._call_limit_s):
                    reply = await self._run(connection, batch)
            except BaseException:
                self._queue.extendleft(reversed(batch.waiting))  # so that they are failed with the others
                raise
            for unwanted in answer_batch(batch, reply):
                self.correct(unwanted)

    async def _run(self, connection: AbstractConnection, batch: Batch) -> bytes:
        if not batch.keys:
            await _ask(connection, b"PING")
            return b"\x90"  # an empty list
        arguments: tuple[bytes | str | int, ...] = (len(batch.keys), *batch.keys, batch.payload)
        try:
            return await _ask(connection, b"EVALSHA", self._sha, *arguments)
        except NoScriptError:  # somebody flushed the scripts
            return await _ask(connection, b"EVAL", SCRIPT, *arguments)

    def _fail(self) -> None:
        self.is_reachable = False
        self._first_try.set()
        for item in self._queue:
            if item.answer is not None and not item.answer.done():
                item.answer.set_exception(BucketsAway())
        self._queue.clear()


async def _ask(connection: AbstractConnection, *command: bytes | str | int) -> bytes:
    await connection.send_command(*command, check_health=False)
    reply: bytes = await connection.read_response()
    return reply


class SharedBuckets:
    """Implements Buckets. No call waits for a Redis that is known to be away.

    While it is away every process allows the whole rate by itself: N processes allow up to N times as much.
    Its own buckets start full. Money and quotas are the ledger's and do not depend on any of this.
    """

    def __init__(
        self,
        redis: RedisBuckets,
        *,
        on_fallback: Callable[[], None] = lambda: None,
    ) -> None:
        self._redis = redis
        self._own = ProcessBuckets()
        self._on_fallback = on_fallback
        """Counts the calls that this process decides by itself."""

    @property
    def is_shared(self) -> bool:
        """Whether the processes share their buckets now."""
        return self._redis.is_reachable

    async def take(self, draws: tuple[Draw, ...], shadow_draws: tuple[Draw, ...] = ()) -> Drawn:
        """Take all or nothing (see Buckets)."""
        if self._redis.is_reachable:
            try:
                return await self._redis.take(draws, shadow_draws)
            except BucketsAway:
                pass
        self._on_fallback()
        return self._own.take_now(draws, shadow_draws)

    def correct(self, draws: tuple[Draw, ...], *, shared: bool) -> None:
        """Take more or give back where the call took (see Buckets)."""
        if shared:
            self._redis.correct(draws)
        else:
            self._own.correct(draws)


def next_batch(queue: deque[Waiting]) -> Batch:
    """In order of arrival, as many as the bounds allow. Callers who have gone are left out."""
    taken: list[Waiting] = []
    places: dict[str, int] = {}
    requests: list[list[int]] = []
    while queue and len(taken) < MAX_CALLS and len(places) + _keys_of(queue[0]) <= MAX_KEYS:
        item = queue.popleft()
        if item.answer is not None and item.answer.done():
            continue
        kind = CORRECTION if item.answer is None else CALL
        request = [kind + ROLLING if item.draws and item.draws[0].is_rolling else kind]
        for key, units, per_minute, _ in item.draws:
            request += (places.setdefault(key, len(places) + 1), units, per_minute)
        requests.append(request)
        for key, units, per_minute, _ in item.shadow_draws:
            requests.append([SHADOW, places.setdefault(key, len(places) + 1), units, per_minute])
        taken.append(item)
    return Batch(taken, list(places), _encode(requests))


def answer_batch(batch: Batch, reply: bytes) -> list[tuple[Draw, ...]]:
    """Wake who waits; returns what was granted to callers who have gone meanwhile, as corrections."""
    unwanted: list[tuple[Draw, ...]] = []
    asked = [item for item in batch.waiting if item.answer is not None]
    replies = iter(_decode(reply) if asked else ())
    for draws, future, shadow_draws in asked:
        granted, *used = next(replies)
        shadows = tuple([_shadow(draw, next(replies)) for draw in shadow_draws]) if shadow_draws else ()
        if future is None:
            raise AssertionError("only those who wait are answered")
        if not future.done() and draws and draws[0].is_rolling:
            future.set_result(Drawn(bool(granted), (), shared=True, waits_s=tuple(used)))
        elif not future.done():
            levels = [Level(level, draw.per_minute) for level, draw in zip(used, draws, strict=True)]
            future.set_result(
                Drawn(bool(granted), tuple(levels), shared=True, shadows=shadows if granted else ())
            )
        elif granted:
            fitted = [draw for draw, shadow in zip(shadow_draws, shadows, strict=True) if shadow.granted]
            unwanted.append(given_back((*draws, *fitted)))
    return unwanted


def _shadow(draw: Draw, reply: list[float | bool]) -> ShadowDrawn:
    granted, used = reply
    return ShadowDrawn(bool(granted), Level(used, draw.per_minute))


def _keys_of(item: Waiting) -> int:
    return len(item.draws) + len(item.shadow_draws)


def given_back(draws: Sequence[Draw]) -> tuple[Draw, ...]:
    """The corrections that undo the draws."""
    return tuple([draw._replace(units=-draw.units) for draw in draws])
