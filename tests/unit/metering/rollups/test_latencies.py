"""Latencies as one number: adding numbers adds every bucket, and a percentile is right to about a tenth."""

from bisect import bisect_right
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.rollups.latencies import (
    BOUNDS_MS,
    BUCKETS,
    DIGITS,
    GROWTH,
    SHORTEST_MS,
    counts_of,
    percentile_ms,
)

times = st.lists(st.integers(0, 2_000_000), min_size=1, max_size=50)


def number_of(milliseconds: list[int]) -> int:
    """As PostgreSQL adds it up."""
    return sum(10 ** (DIGITS * bisect_right(BOUNDS_MS, each)) for each in milliseconds)


@given(times, times)
def test_numbers_add_up_bucket_by_bucket(first: list[int], second: list[int]) -> None:
    both = counts_of(number_of(first) + number_of(second))
    assert both == counts_of(number_of(first + second))
    assert sum(both) == len(first) + len(second)


@given(times, st.sampled_from([1, 50, 95, 100]))
def test_a_percentile_lies_in_the_bucket_of_the_true_one(milliseconds: list[int], percent: int) -> None:
    true = sorted(milliseconds)[ceil(len(milliseconds) * percent / 100) - 1]
    found = percentile_ms(number_of(milliseconds), percent)
    assert found is not None
    if true < SHORTEST_MS:
        assert found <= SHORTEST_MS
    else:
        assert min(true, BOUNDS_MS[-1]) / GROWTH - 1 <= found <= true * GROWTH + 1


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile_ms(0, 95) is None


def test_buckets_grow_by_a_quarter_up_to_minutes() -> None:
    assert len(BOUNDS_MS) == BUCKETS - 1
    assert BOUNDS_MS[-1] > 7 * 60 * 1_000
    for low, high in pairwise(BOUNDS_MS[5:]):
        assert high / low == pytest.approx(GROWTH, rel=0.05)
