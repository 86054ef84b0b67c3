"""Redis's script and the process's own buckets are one arithmetic: checked against each other on one clock."""

import os
import re
from collections import deque
from fractions import Fraction
from uuid import uuid4

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metering.rates.port import Draw, Drawn
from metering.rates.process_buckets import ProcessBuckets
from metering.rates.shared_buckets import SCRIPT, Waiting, answer_batch, next_batch

# The same script on a clock that the test gives it.
ON_A_TEST_CLOCK = re.sub(r"redis\.call\('TIME'\)", "{ 0, tonumber(ARGV[2]) }", SCRIPT)


def amounts(units: st.SearchStrategy[int]) -> st.SearchStrategy[list[tuple[str, int]]]:
    """So much of some buckets."""
    each = st.tuples(st.sampled_from("abc"), units)
    return st.lists(each, min_size=1, max_size=3, unique_by=lambda amount: amount[0])


beyond_belief = st.sampled_from([10**6, 10**12, 2**62, -(10**12)])
calls = st.lists(
    st.tuples(
        st.integers(0, 90_000_000),
        st.one_of(st.none(), amounts(st.one_of(st.integers(-90, 90), beyond_belief))),
        amounts(st.integers(0, 60)),
        st.lists(st.tuples(st.sampled_from("abxy"), st.integers(0, 60)), max_size=2),
    ),
    min_size=1,
    max_size=20,
)


class Future:
    """As much of a future as a batch needs."""

    def __init__(self) -> None:
        self.answer: Drawn | None = None

    def done(self) -> bool:
        return self.answer is not None

    def set_result(self, answer: Drawn) -> None:
        self.answer = answer


@pytest.fixture(scope="module")
def client() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(per_minute=st.integers(60, 10**6), calls=calls)
def test_both_decide_alike(client: redis.Redis, per_minute: int, calls: list) -> None:
    run = uuid4()  # hypothesis seeds `random`: two ids of version 7 in one millisecond would be the same
    clock = [0]
    own = ProcessBuckets(clock=lambda: Fraction(clock[0], 1_000_000))  # type: ignore[arg-type, return-value]
    script = client.register_script(ON_A_TEST_CLOCK)

    def demanded(amounts: list[tuple[str, int]]) -> tuple[Draw, ...]:
        return tuple(Draw(f"rate:{run}:{name}", units, per_minute) for name, units in amounts)

    for pause_us, correction, drawn, shadows in calls:
        clock[0] += pause_us
        draws, watched = demanded(correction or drawn), demanded([] if correction else shadows)
        future = None if correction else Future()
        batch = next_batch(deque([Waiting(draws, future, watched)]))  # type: ignore[arg-type]
        answer_batch(batch, script(keys=batch.keys, args=[batch.payload, clock[0]]))
        if future is None:
            own.correct(draws)
        else:
            assert future.answer == own.take_now(draws, watched)._replace(shared=True)
            assert all(0 <= level.used <= 2 * per_minute for level in future.answer.levels)


windows = st.lists(
    st.tuples(
        st.integers(-70_000_000, 40_000_000),
        st.one_of(st.none(), amounts(st.integers(-90, 90))),
        amounts(st.integers(0, 60)),
    ),
    min_size=1,
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(per_minute=st.integers(60, 200), calls=windows)
def test_both_see_the_same_of_any_minute(client: redis.Redis, per_minute: int, calls: list) -> None:
    """On a clock that may be set back."""
    run, clock = uuid4(), [1_800_000_000_000_000]
    own = ProcessBuckets(clock=lambda: Fraction(clock[0], 1_000_000))  # type: ignore[arg-type, return-value]
    script = client.register_script(ON_A_TEST_CLOCK)
    for pause_us, correction, drawn in calls:
        clock[0] += pause_us
        draws = tuple(
            Draw(f"minute:{run}:{name}", units, per_minute, is_rolling=True)
            for name, units in correction or drawn
        )
        future = None if correction else Future()
        batch = next_batch(deque([Waiting(draws, future)]))  # type: ignore[arg-type]
        answer_batch(batch, script(keys=batch.keys, args=[batch.payload, clock[0]]))
        if future is None:
            own.correct(draws)
        else:
            assert future.answer == own.take_now(draws)._replace(shared=True)


def test_calls_of_buckets_and_of_windows_share_a_script(client: redis.Redis) -> None:
    run, script = uuid4(), client.register_script(SCRIPT)
    bucket, window = Draw(f"rate:{run}", 1, 1), Draw(f"minute:{run}", 1, 1, is_rolling=True)
    asked = [Future() for _ in range(4)]
    each = [bucket, window, window, bucket]
    waiting = [Waiting((draw,), future) for draw, future in zip(each, asked, strict=True)]  # type: ignore[arg-type]
    batch = next_batch(deque(waiting))
    answer_batch(batch, script(keys=batch.keys, args=[batch.payload]))
    assert [future.answer.granted for future in asked if future.answer] == [True, True, False, False]
    assert 0 < client.pttl(f"minute:{run}") <= 62_000
