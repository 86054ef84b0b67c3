from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.money import NANO_PER_USD, nano_from_usd, usd_from_nano, usd_text
from metering.price import marked_up, markup_of

amounts = st.integers(0, 2**62)
markups = st.decimals(-100, 1000, places=3)


@given(amounts)
def test_nano_dollars_survive_the_way_to_dollars_and_back(nano: int) -> None:
    assert nano_from_usd(usd_from_nano(nano)) == nano
    assert nano_from_usd(Decimal(usd_text(nano))) == nano


@given(st.decimals(0, 10**9, places=15))
def test_dollars_are_rounded_up_by_less_than_one_nano_dollar(usd: Decimal) -> None:
    assert 0 <= nano_from_usd(usd) - usd * NANO_PER_USD < 1


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "0"),
        (1, "0.000000001"),
        (1_500_000_000, "1.5"),
        (100 * NANO_PER_USD, "100"),
        (10**18, "1000000000"),
        (-1_500_000_000, "-1.5"),
        (2**62, "4611686018.427387904"),
    ],
)
def test_dollars_are_written_plainly(nano: int, text: str) -> None:
    assert usd_text(nano) == text


@pytest.mark.parametrize(
    ("percent", "cost"), [("0", 1_000), ("5", 1_050), ("-20", 800), ("0.001", 1_001), ("-100", 0)]
)
def test_a_markup_is_a_share_of_the_price_rounded_up(percent: str, cost: int) -> None:
    assert marked_up(1_000, markup_of(Decimal(percent))) == cost


@given(amounts, amounts, markups, markups)
def test_what_costs_more_costs_no_less_after_markups(
    one: int, other: int, percent: Decimal, percent_too: Decimal
) -> None:
    both = markup_of(percent), markup_of(percent_too)
    assert marked_up(min(one, other), *both) <= marked_up(max(one, other), *both)
