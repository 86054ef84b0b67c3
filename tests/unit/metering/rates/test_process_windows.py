"""What any minute sees of a limit as vendors count it."""

from hypothesis import given
from hypothesis import strategies as st

from metering.rates.port import Draw
from metering.rates.process_buckets import ProcessBuckets
from tests.unit.metering.rates.test_process_buckets import Clock


def draw(units: int = 1, per_minute: int = 60, key: str = "a") -> tuple[Draw, ...]:
    return (Draw(key, units, per_minute, is_rolling=True),)


def granted(windows: ProcessBuckets, times: int = 100) -> int:
    return sum(windows.take_now(draw()).granted for _ in range(times))


@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(0, 30_000_000), st.integers(1, 20)), min_size=1, max_size=60),
)
def test_no_minute_sees_more_than_the_limit(per_minute: int, calls: list[tuple[int, int]]) -> None:
    clock = Clock()
    windows = ProcessBuckets(clock=clock)
    let_in: list[tuple[float, int]] = []
    for pause_us, units in calls:
        clock.now_s += pause_us / 1_000_000
        units = min(units, per_minute)
        if windows.take_now(draw(units, per_minute)).granted:
            let_in.append((clock.now_s, units))
        assert sum(taken for at_s, taken in let_in if at_s > clock.now_s - 60) <= per_minute


def test_all_of_it_may_be_taken_at_once_and_again_a_minute_later() -> None:
    clock = Clock()
    windows = ProcessBuckets(clock=clock)
    assert granted(windows) == 60
    clock.now_s += 59.9
    assert granted(windows) == 0
    clock.now_s += 2.1
    assert granted(windows) == 60


def test_the_wait_is_exactly_how_long_it_takes() -> None:
    clock = Clock()
    windows = ProcessBuckets(clock=clock)
    windows.take_now(draw(40))
    clock.now_s += 31
    windows.take_now(draw(20))
    [wait_s] = windows.take_now(draw(40)).waits_s
    assert 29 <= wait_s <= 31
    clock.now_s += wait_s - 0.001
    assert not windows.take_now(draw(40)).granted
    clock.now_s += 0.001
    assert windows.take_now(draw(40)).granted


def test_a_denied_call_takes_nothing() -> None:
    windows = ProcessBuckets(clock=Clock())
    both = (*draw(key="wide", per_minute=100), *draw(key="narrow", per_minute=1))
    assert windows.take_now(both).granted
    assert not windows.take_now(both).granted
    assert windows.take_now(draw(99, 100, key="wide")).granted


def test_what_is_given_back_can_be_taken_again_and_no_more() -> None:
    windows = ProcessBuckets(clock=Clock())
    windows.take_now(draw(60))
    windows.correct(draw(-25))
    assert granted(windows) == 25
    windows.correct(draw(-1_000))
    assert granted(windows) == 60


def test_what_was_used_beyond_what_was_taken_counts() -> None:
    windows = ProcessBuckets(clock=Clock())
    windows.take_now(draw(10))
    windows.correct(draw(45))
    assert granted(windows) == 5


def test_a_clock_that_was_set_back_frees_nothing_early_and_keeps_nothing_for_ever() -> None:
    clock = Clock()
    windows = ProcessBuckets(clock=clock)
    windows.take_now(draw(60))
    clock.now_s -= 500
    assert granted(windows) == 0
    windows.correct(draw(1))
    clock.now_s += 62
    assert granted(windows) == 60


def test_of_too_many_windows_the_one_that_was_used_least_recently_makes_room() -> None:
    windows = ProcessBuckets(clock=Clock(), max_buckets=2)
    for key in "abc":
        windows.take_now(draw(60, key=key))
    assert [windows.take_now(draw(60, key=key)).granted for key in "cba"] == [False, False, True]
