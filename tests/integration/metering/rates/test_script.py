"""What a bucket keeps between scripts: the script on a clock that the test sets, against the real Redis."""

import os
import re
from collections import deque
from collections.abc import Iterator

import pytest
import redis

from metering.ids import uuid7
from metering.rates.port import Draw
from metering.rates.shared_buckets import SCRIPT, Waiting, answer_batch, next_batch
from tests.integration.metering.rates.test_same_arithmetic import Future

SECOND = 1_000_000
BEGIN = 1_800_000_000 * SECOND
"""Microseconds: a moment that Redis's own clock may be before or after, because keys live by that one."""


class Bucket:
    """One bucket of so many a minute."""

    def __init__(self, client: redis.Redis, per_minute: int) -> None:
        self._client = client
        self._script = client.register_script(
            re.sub(r"redis\.call\('TIME'\)", "{ 0, tonumber(ARGV[2]) }", SCRIPT)
        )
        self._per_minute = per_minute
        self.key = f"rate:test:{uuid7()}"

    def run(self, *units: int, at: int = BEGIN) -> list[bool]:
        """One script: negative units are corrections. Which of the others were granted."""
        futures = [None if amount < 0 else Future() for amount in units]
        waiting = [
            Waiting((Draw(self.key, amount, self._per_minute),), future)  # type: ignore[arg-type]
            for amount, future in zip(units, futures, strict=True)
        ]
        batch = next_batch(deque(waiting))
        answer_batch(batch, self._script(keys=batch.keys, args=[batch.payload, at]))
        return [
            future.answer.granted for future in futures if future is not None and future.answer is not None
        ]


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


def test_what_is_given_back_never_makes_a_bucket_larger_for_others_of_the_same_script(
    client: redis.Redis,
) -> None:
    assert Bucket(client, 60).run(-1_000, 60, 1) == [True, False]


def test_what_is_given_back_wholly_is_there_for_the_next_script(client: redis.Redis) -> None:
    bucket = Bucket(client, 60)
    bucket.run(60)
    bucket.run(-60)
    assert not client.exists(bucket.key)
    assert bucket.run(60) == [True]


def test_a_clock_that_was_set_back_refills_nothing_and_takes_nothing_away(client: redis.Redis) -> None:
    bucket = Bucket(client, 60)
    bucket.run(40)
    assert bucket.run(21, 20, at=BEGIN - 30 * SECOND) == [False, True]


def test_after_a_clock_was_set_back_the_refill_goes_on_from_there(client: redis.Redis) -> None:
    bucket = Bucket(client, 60)
    bucket.run(59)
    bucket.run(1, at=BEGIN - 30 * SECOND)
    assert bucket.run(11, 10, at=BEGIN - 20 * SECOND) == [False, True]


def test_a_debt_that_was_stored_before_there_was_a_bound_ends_within_two_minutes(client: redis.Redis) -> None:
    bucket = Bucket(client, 60)
    client.set(bucket.key, f"{10**12 * 60_000_000} {BEGIN}")
    assert bucket.run(1, at=BEGIN + 60 * SECOND) == [False]
    assert bucket.run(60, at=BEGIN + 120 * SECOND) == [True]


@pytest.mark.parametrize(("used", "per_minute"), [(1, 1), (1, 60), (7, 10), (1_000, 1_000_000)])
def test_a_bucket_is_kept_until_it_has_drained_and_a_second_more(
    client: redis.Redis, used: int, per_minute: int
) -> None:
    bucket = Bucket(client, per_minute)
    drains_ms = used * 60_000 // per_minute
    before_ms = _now_ms(client)
    bucket.run(used)
    expires_ms = client.execute_command("PEXPIRETIME", bucket.key)
    assert before_ms + drains_ms + 1_000 <= expires_ms <= _now_ms(client) + drains_ms + 1_001


def _now_ms(client: redis.Redis) -> int:
    seconds, us = client.time()
    return int(seconds) * 1000 + int(us) // 1000
