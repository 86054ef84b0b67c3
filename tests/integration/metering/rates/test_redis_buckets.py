import asyncio
from typing import Any

import pytest

from metering.ids import uuid7
from metering.policy.values import RateLimit
from metering.rates import shared_buckets
from metering.rates.port import Draw
from metering.rates.shared_buckets import BucketsAway, RedisBuckets, SharedBuckets
from metering.rates.take import RateGrant, TooFew, take_rates
from metering.types import Dimension, Scope


def bucket() -> str:
    return f"rate:test:{uuid7()}"


async def test_all_buckets_of_a_call_are_drawn_from_or_none(buckets: RedisBuckets) -> None:
    wide, narrow = bucket(), bucket()
    draws = (Draw(wide, 10, 600), Draw(narrow, 1, 1))
    first = await buckets.take(draws)
    assert first.granted
    assert [level.remaining for level in first.levels] == [590, 0]
    second = await buckets.take(draws)
    assert not second.granted
    assert second.levels[0].remaining >= 590, "a denied call consumed something"
    assert 59 < second.levels[1].wait_s(1) <= 60


async def test_calls_that_arrive_together_share_a_script_and_one_bucket(buckets: RedisBuckets) -> None:
    key = bucket()
    answers = await asyncio.gather(*[buckets.take((Draw(key, 1, 50),)) for _ in range(500)])
    assert sum(answer.granted for answer in answers) == 50


async def test_a_correction_reaches_the_bucket(buckets: RedisBuckets) -> None:
    key = bucket()
    await buckets.take((Draw(key, 100, 100),))
    buckets.correct((Draw(key, -60, 100),))
    assert 60 <= (await buckets.take((Draw(key, 0, 100),))).levels[0].remaining <= 61
    buckets.correct((Draw(key, 160, 100),))
    level = (await buckets.take((Draw(key, 0, 100),))).levels[0]
    assert level.remaining == 0
    assert 119 < level.wait_s(1) + 60 <= 122, "what was used beyond the bucket has to refill first"


async def test_a_vendor_that_reports_more_than_redis_can_count_costs_two_minutes(
    buckets: RedisBuckets,
) -> None:
    limit = RateLimit(
        key=bucket(), dimension=Dimension.TOKENS, per_minute=1_000, scope=Scope.TENANT, name="tokens"
    )
    asked: dict[str, Any] = {
        "buckets": SharedBuckets(buckets),
        "limits": (limit,),
        "tokens": 100,
    }
    granted = await take_rates(**asked)
    assert isinstance(granted, RateGrant)
    granted.true_up(tokens=1000 * 2**62)
    short = await take_rates(**asked)
    assert isinstance(short, TooFew)
    [wait_s] = short.waits_s
    assert 60 < wait_s <= 67, "one bucket of debt, and a tenth of one for this call"
    assert buckets.is_reachable


async def test_a_correction_that_nobody_follows_is_sent_by_itself(buckets: RedisBuckets) -> None:
    key = bucket()
    await buckets.take((Draw(key, 100, 100),))
    buckets.correct((Draw(key, -100, 100),))
    for _ in range(100):
        await asyncio.sleep(0.02)
        if not buckets._queue:
            break
    assert not buckets._queue


async def test_what_was_granted_to_a_caller_who_left_is_given_back(buckets: RedisBuckets) -> None:
    key = bucket()
    call = asyncio.create_task(buckets.take((Draw(key, 70, 70),)))
    await asyncio.sleep(0)  # it is in the queue
    await asyncio.sleep(0)  # the script is under way
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await buckets.take((Draw(key, 70, 70),))).granted or (
        await buckets.take((Draw(key, 70, 70),))
    ).granted


async def test_what_is_tried_draws_by_itself_from_each_bucket_that_has_enough(buckets: RedisBuckets) -> None:
    real, wide, narrow = bucket(), bucket(), bucket()
    watched = (Draw(narrow, 1, 1), Draw(wide, 1, 600))
    first = await buckets.take((Draw(real, 1, 600),), watched)
    second = await buckets.take((Draw(real, 1, 600),), watched)
    assert (first.granted, second.granted) == (True, True)
    assert [shadow.granted for shadow in first.shadows + second.shadows] == [True, True, False, True]
    assert [shadow.level.remaining for shadow in second.shadows] == [0, 598]


async def test_a_denied_call_draws_nothing_from_what_it_tries(buckets: RedisBuckets) -> None:
    real, watched = bucket(), bucket()
    assert (await buckets.take((Draw(real, 1, 1),))).granted
    denied = await buckets.take((Draw(real, 1, 1),), (Draw(watched, 5, 5),))
    assert (denied.granted, denied.shadows) == (False, ())
    asked = await buckets.take((Draw(watched, 5, 5),))
    assert asked.granted, "the denied call drew from a limit in shadow"


async def test_calls_of_one_script_are_told_their_own_trials(buckets: RedisBuckets) -> None:
    watched, other = bucket(), bucket()
    answers = await asyncio.gather(
        buckets.take((Draw(bucket(), 1, 10),), (Draw(watched, 5, 5),)),
        buckets.take((Draw(bucket(), 1, 10),)),
        buckets.take((), (Draw(watched, 5, 5), Draw(other, 2, 5))),
    )
    assert [[shadow.granted for shadow in answer.shadows] for answer in answers] == [
        [True],
        [],
        [False, True],
    ]
    assert [answer.granted for answer in answers] == [True, True, True]


async def test_a_caller_who_left_is_given_back_what_it_tried_too(buckets: RedisBuckets) -> None:
    watched = bucket()
    call = asyncio.create_task(buckets.take((), (Draw(watched, 70, 70),)))
    await asyncio.sleep(0)  # it is in the queue
    await asyncio.sleep(0)  # the script is under way
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await buckets.take((Draw(watched, 70, 70),))).granted or (
        await buckets.take((Draw(watched, 70, 70),))
    ).granted


async def test_calls_beyond_those_that_may_wait_are_turned_away_at_once(
    buckets: RedisBuckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_buckets, "MAX_WAITING", 2)
    calls = [buckets.take((Draw(bucket(), 1, 10),)) for _ in range(3)]
    first, second, third = await asyncio.gather(*calls, return_exceptions=True)
    assert [answer.granted for answer in (first, second)] == [True, True]  # type: ignore[union-attr]
    assert isinstance(third, BucketsAway)
