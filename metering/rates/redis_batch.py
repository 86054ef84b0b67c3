"""What waits for Redis, and how many calls become one script call."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from metering.rates.port import Answer, Demand, Level, ShadowAnswer

MAX_CALLS = 256
MAX_KEYS = 2_000
"""Lua's `unpack` takes a few thousand values."""
CORRECTION, CALL, SHADOW = 0, 1, 2
"""Kinds of requests, as the script knows them."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[float | bool]]).decode


class Waiting(NamedTuple):
    """One call's demands, and who waits for the answer (None: a correction, for which nobody waits)."""

    demands: tuple[Demand, ...]
    answer: "asyncio.Future[Answer] | None"
    shadow_demands: tuple[Demand, ...] = ()


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
        for key, units, per_minute in item.demands:
            request += (places.setdefault(key, len(places) + 1), units, per_minute)
        requests.append(request)
        for key, units, per_minute in item.shadow_demands:
            requests.append([SHADOW, places.setdefault(key, len(places) + 1), units, per_minute])
        taken.append(item)
    return Batch(taken, list(places), _encode(requests))


def answer_batch(batch: Batch, reply: bytes) -> list[tuple[Demand, ...]]:
    """Wake who waits; returns what was granted to callers who have gone meanwhile, as corrections."""
    unwanted: list[tuple[Demand, ...]] = []
    asked = [item for item in batch.waiting if item.answer is not None]
    replies = iter(_decode(reply) if asked else ())
    for demands, future, shadow_demands in asked:
        granted, *used = next(replies)
        shadows = (
            tuple([_shadow(demand, next(replies)) for demand in shadow_demands]) if shadow_demands else ()
        )
        if future is None:
            raise AssertionError("only those who wait are answered")
        if not future.done():
            levels = [Level(level, demand.per_minute) for level, demand in zip(used, demands, strict=True)]
            future.set_result(
                Answer(bool(granted), tuple(levels), shared=True, shadows=shadows if granted else ())
            )
        elif granted:
            fitted = [
                demand for demand, shadow in zip(shadow_demands, shadows, strict=True) if shadow.granted
            ]
            unwanted.append(given_back((*demands, *fitted)))
    return unwanted


def _shadow(demand: Demand, reply: list[float | bool]) -> ShadowAnswer:
    granted, used = reply
    return ShadowAnswer(bool(granted), Level(used, demand.per_minute))


def _keys_of(item: Waiting) -> int:
    return len(item.demands) + len(item.shadow_demands)


def given_back(demands: Sequence[Demand]) -> tuple[Demand, ...]:
    """The corrections that undo the demands."""
    return tuple([Demand(demand.key, -demand.units, demand.per_minute) for demand in demands])
