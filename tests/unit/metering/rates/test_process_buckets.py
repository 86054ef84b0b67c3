from hypothesis import given
from hypothesis import strategies as st

from metering.rates.port import Demand
from metering.rates.process_buckets import ProcessBuckets


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def request(units: int = 1, per_minute: int = 60, key: str = "a") -> tuple[Demand, ...]:
    return (Demand(key, units, per_minute),)


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
