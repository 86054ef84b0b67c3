from hypothesis import given
from hypothesis import strategies as st

from adapters.prior_art.sources.budget import shares


def test_calls_are_divided_evenly_and_the_first_ones_get_what_is_over() -> None:
    assert shares([10, 10, 10], 11) == [4, 4, 3]


def test_what_one_does_not_want_the_others_get() -> None:
    assert shares([2, 10], 9) == [2, 7]


def test_nobody_gets_more_than_wanted() -> None:
    assert shares([2, 3], 100) == [2, 3]


def test_no_call_is_no_share() -> None:
    assert shares([2, 3], 0) == [0, 0]


@given(st.lists(st.integers(0, 30), max_size=6), st.integers(0, 100))
def test_all_calls_are_given_unless_nobody_wants_them(wanted: list[int], calls: int) -> None:
    given_calls = shares(wanted, calls)
    assert sum(given_calls) == min(sum(wanted), calls)
    assert all(got <= want for got, want in zip(given_calls, wanted, strict=True))
    hungry = [got for got, want in zip(given_calls, wanted, strict=True) if got < want]
    assert not hungry or max(hungry) - min(hungry) <= 1
