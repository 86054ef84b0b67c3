"""What waits for Redis, and how many calls become one script call."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from metering.rates.port import Answer, Demand, Level

MAX_CALLS = 256
MAX_KEYS = 2_000
"""Lua's `unpack` takes a few thousand values."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[float | bool]]).decode


class Waiting(NamedTuple):
    """One call's demands, and who waits for the answer (None: a correction, for which nobody waits)."""

    demands: tuple[Demand, ...]
    answer: "asyncio.Future[Answer] | None"


class Batch(NamedTuple):
    """Calls for one script call, as its arguments."""

    waiting: list[Waiting]
    keys: list[str]
    payload: bytes


def next_batch(queue: deque[Waiting]) -> Batch:
    """In order of arrival, as many as the bounds allow. Callers who have gone are left out."""
    taken: list[Waiting] = []
    places: dict[str, int] = {}
    requests: list[list[int | bool]] = []
    while queue and len(taken) < MAX_CALLS and len(places) + len(queue[0].demands) <= MAX_KEYS:
        item = queue.popleft()
        if item.answer is not None and item.answer.done():
            continue
        request: list[int | bool] = [item.answer is not None]
        for key, units, per_minute in item.demands:
            request += (places.setdefault(key, len(places) + 1), units, per_minute)
        requests.append(request)
        taken.append(item)
    return Batch(taken, list(places), _encode(requests))


def answer_batch(batch: Batch, reply: bytes) -> list[tuple[Demand, ...]]:
    """Wake who waits; returns what was granted to callers who have gone meanwhile, as corrections."""
    unwanted: list[tuple[Demand, ...]] = []
    asked = [item for item in batch.waiting if item.answer is not None]
    for (demands, future), (granted, *used) in zip(asked, _decode(reply) if asked else (), strict=True):
        if future is None:
            raise AssertionError("only those who wait are answered")
        if not future.done():
            levels = [Level(level, demand.per_minute) for level, demand in zip(used, demands, strict=True)]
            future.set_result(Answer(bool(granted), tuple(levels), shared=True))
        elif granted:
            unwanted.append(given_back(demands))
    return unwanted


def given_back(demands: Sequence[Demand]) -> tuple[Demand, ...]:
    """The corrections that undo the demands."""
    return tuple([Demand(demand.key, -demand.units, demand.per_minute) for demand in demands])
