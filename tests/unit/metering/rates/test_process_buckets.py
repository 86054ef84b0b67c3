import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.rates.port import Draw
from metering.rates.process_buckets import ProcessBuckets


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def request(units: int = 1, per_minute: int = 60, key: str = "a") -> tuple[Draw, ...]:
    return (Draw(key, units, per_minute),)


def test_a_full_bucket_lets_its_size_through_and_then_its_rate() -> None:
    clock = Clock()
    buckets = ProcessBuckets(clock=clock)
    assert sum(buckets.take_now(request()).granted for _ in range(100)) == 60
    clock.now_s += 10
    assert sum(buckets.take_now(request()).granted for _ in range(100)) == 10


def test_a_denied_call_consumes_nothing() -> None:
    buckets = ProcessBuckets(clock=Clock())
    both = (*request(key="wide", per_minute=100), *request(key="narrow", per_minute=1))
    assert buckets.take_now(both).granted
    denied = buckets.take_now(both)
    assert (denied.granted, denied.levels[0].remaining) == (False, 99)


def test_the_wait_is_exactly_how_long_it_takes() -> None:
    clock = Clock()
    buckets = ProcessBuckets(clock=clock)
    buckets.take_now(request(60))
    wait_s = buckets.take_now(request(7)).levels[0].wait_s(7)
    assert wait_s == 7
    clock.now_s += wait_s - 0.001
    assert not buckets.take_now(request(7)).granted
    clock.now_s += 0.001
    assert buckets.take_now(request(7)).granted


def test_giving_back_never_makes_a_bucket_larger() -> None:
    buckets = ProcessBuckets(clock=Clock())
    buckets.correct(request(-1000))
    assert sum(buckets.take_now(request()).granted for _ in range(100)) == 60


@pytest.mark.parametrize("reported", [61, 10**6, 10**12, 2**70])
def test_a_correction_leaves_a_debt_of_at_most_one_bucket(reported: int) -> None:
    clock = Clock()
    buckets = ProcessBuckets(clock=clock)
    buckets.take_now(request(60))
    buckets.correct(request(reported))
    denied = buckets.take_now(request(60))
    assert (denied.granted, denied.levels[0].remaining, denied.levels[0].wait_s(60)) == (False, 0, 120)
    clock.now_s += 120
    assert buckets.take_now(request(60)).granted


def test_debts_do_not_add_up() -> None:
    buckets = ProcessBuckets(clock=Clock())
    for _ in range(3):
        buckets.correct(request(50))
    assert buckets.take_now(request()).levels[0].used == 120


def test_a_debt_is_paid_back_like_any_use() -> None:
    buckets = ProcessBuckets(clock=Clock())
    buckets.correct(request(10**12))
    buckets.correct(request(-90))
    assert buckets.take_now(request(30)).granted
    assert not buckets.take_now(request()).granted


def test_a_limit_that_was_lowered_far_keeps_nobody_waiting_for_longer_than_two_minutes() -> None:
    clock = Clock()
    buckets = ProcessBuckets(clock=clock)
    buckets.take_now(request(6_000, per_minute=6_000))
    assert buckets.take_now(request(6, per_minute=6)).levels[0].wait_s(6) == 120
    clock.now_s += 120
    assert buckets.take_now(request(6, per_minute=6)).granted


def test_a_raised_limit_does_not_make_a_debt_larger() -> None:
    buckets = ProcessBuckets(clock=Clock())
    buckets.correct(request(10**12))
    assert buckets.take_now(request(480, per_minute=600)).granted


def test_a_lowered_limit_counts_what_was_used_before() -> None:
    buckets = ProcessBuckets(clock=Clock())
    buckets.take_now(request(50))
    assert not buckets.take_now(request(1, per_minute=50)).granted


def test_memory_is_bounded_and_the_idlest_bucket_goes_first() -> None:
    buckets = ProcessBuckets(clock=Clock(), max_buckets=2)
    for key in ("a", "b", "a", "c"):
        buckets.take_now(request(60 if key != "a" else 30, key=key))
    assert not buckets.take_now(request(key="a")).granted
    assert buckets.take_now(request(60, key="b")).granted


steps = st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(1, 300)), min_size=1, max_size=60)


@given(per_minute=st.integers(1, 500), steps=steps)
def test_never_more_than_the_bucket_and_its_refill(per_minute: int, steps: list[tuple[int, int]]) -> None:
    clock = Clock()
    buckets = ProcessBuckets(clock=clock)
    granted: list[tuple[float, int]] = []
    for pause_us, units in steps:
        clock.now_s = round(clock.now_s + pause_us / 1e6, 6)
        if units <= per_minute and buckets.take_now(request(units, per_minute)).granted:
            granted.append((clock.now_s, units))
    for start, (begin_s, _) in enumerate(granted):
        total = 0
        for end_s, units in granted[start:]:
            total += units
            assert total <= per_minute + per_minute * (end_s - begin_s + 2e-6) / 60
