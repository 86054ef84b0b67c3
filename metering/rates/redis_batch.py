"""What waits for Redis, and how many calls become one script call."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from metering.rates.port import Draw, Drawn, Level, ShadowDrawn

MAX_CALLS = 256
MAX_KEYS = 2_000
"""Lua's `unpack` takes a few thousand values."""
CORRECTION, CALL, SHADOW = 0, 1, 2
"""Kinds of requests, as the script knows them."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[float | bool]]).decode


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


def next_batch(queue: deque[Waiting]) -> Batch:
    """In order of arrival, as many as the bounds allow. Callers who have gone are left out."""
    taken: list[Waiting] = []
    places: dict[str, int] = {}
    requests: list[list[int]] = []
    while queue and len(taken) < MAX_CALLS and len(places) + _keys_of(queue[0]) <= MAX_KEYS:
        item = queue.popleft()
        if item.answer is not None and item.answer.done():
            continue
        request = [CORRECTION if item.answer is None else CALL]
        for key, units, per_minute in item.draws:
            request += (places.setdefault(key, len(places) + 1), units, per_minute)
        requests.append(request)
        for key, units, per_minute in item.shadow_draws:
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
        if not future.done():
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
    return tuple([Draw(draw.key, -draw.units, draw.per_minute) for draw in draws])
