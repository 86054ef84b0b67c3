from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.money import NANO_PER_USD, TokenPrice, nano_from_usd, usd_from_nano, usd_text

amounts = st.integers(0, 2**62)
prices = st.decimals(0, 1000, places=6)
tokens = st.integers(0, 10**9)


def price(one: Decimal, two: Decimal, three: Decimal, four: Decimal) -> TokenPrice:
    return TokenPrice(input=one, output=two, cached_input=three, cache_write=four)


token_prices = st.builds(price, prices, prices, prices, prices)


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


def test_a_token_of_a_dollar_a_million_is_a_thousand_nano_dollars() -> None:
    one = price(*[Decimal(1)] * 4)
    assert one.cost_nano_usd(input_tokens=1, output_tokens=0) == 1_000
    assert one.cost_nano_usd(input_tokens=0, output_tokens=1) == 1_000


def test_rounding_is_up_once_at_the_end() -> None:
    tenth = price(*[Decimal("0.0004")] * 4)
    assert tenth.cost_nano_usd(input_tokens=1, output_tokens=1) == 1
    assert tenth.cost_nano_usd(input_tokens=2, output_tokens=1) == 2


def test_cached_and_written_tokens_are_priced_as_such_within_the_input() -> None:
    vendor = price(Decimal(10), Decimal(0), Decimal(1), Decimal(12))
    cost = vendor.cost_nano_usd(
        input_tokens=100, output_tokens=0, cached_input_tokens=60, cache_write_tokens=30
    )
    assert cost == (10 * 10 + 60 * 1 + 30 * 12) * 1_000


@given(token_prices, tokens, tokens, st.data())
def test_the_ceiling_is_never_below_the_cost(
    vendor: TokenPrice, input_tokens: int, output_tokens: int, data: st.DataObject
) -> None:
    cached = data.draw(st.integers(0, input_tokens))
    written = data.draw(st.integers(0, input_tokens - cached))
    cost = vendor.cost_nano_usd(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=cached,
        cache_write_tokens=written,
    )
    assert 0 <= cost <= vendor.ceiling_nano_usd(input_tokens=input_tokens, output_tokens=output_tokens)


@given(token_prices, tokens, tokens, tokens)
def test_a_sum_costs_no_more_than_its_parts_and_less_by_under_a_nano_dollar(
    vendor: TokenPrice, one: int, two: int, output: int
) -> None:
    parts = vendor.cost_nano_usd(input_tokens=one, output_tokens=0) + vendor.cost_nano_usd(
        input_tokens=two, output_tokens=output
    )
    whole = vendor.cost_nano_usd(input_tokens=one + two, output_tokens=output)
    assert parts - 1 <= whole <= parts
