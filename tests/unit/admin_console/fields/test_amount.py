"""Amounts as people type them are read exactly, or refused with a sentence."""

import re
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_console.fields.amount import Unit, read_amount, shown_amount

AMOUNTS = st.decimals(min_value=0, max_value=10**15, allow_nan=False, allow_infinity=False, places=6)


@pytest.mark.parametrize(
    ("typed", "unit", "amount"),
    [
        ("$5", Unit.DOLLARS, "5"),
        ("$0.25", Unit.DOLLARS, "0.25"),
        ("5 USD", Unit.DOLLARS, "5"),
        ("US$1,500.50", Unit.DOLLARS, "1500.50"),
        ("$2k", Unit.DOLLARS, "2000"),
        ("8,000", Unit.COUNT, "8000"),
        ("8 000", Unit.COUNT, "8000"),
        ("8\u202f000", Unit.COUNT, "8000"),
        ("1'000'000", Unit.COUNT, "1000000"),
        ("2k", Unit.COUNT, "2000"),
        (" 1.5M ", Unit.COUNT, "1500000"),
        ("1.5 m", Unit.COUNT, "1500000"),
        ("3B", Unit.COUNT, "3000000000"),
        ("80 %", Unit.PERCENT, "80"),
        ("80", Unit.PERCENT, "80"),
        ("-2.5 %", Unit.PERCENT, "-2.5"),
        (".5", Unit.DOLLARS, "0.5"),
        ("$8.000", Unit.DOLLARS, "8"),
        ("0.125", Unit.COUNT, "0.125"),
    ],
)
def test_what_people_type_is_read(typed: str, unit: Unit, amount: str) -> None:
    assert read_amount(typed, unit) == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "unit", "sentence"),
    [
        ("1,5", Unit.DOLLARS, 'Write "1.5" or "15", whichever you mean.'),
        ("1,50", Unit.DOLLARS, 'Write "1.50" or "150"'),
        ("0,500", Unit.DOLLARS, "may mean two amounts"),
        ("1.234,56", Unit.DOLLARS, "may mean two amounts"),
        ("12,3456", Unit.COUNT, "may mean two amounts"),
        ("1,000 000", Unit.COUNT, "may mean two amounts"),
        ("8.000", Unit.COUNT, 'Write "8,000" or "8", whichever you mean.'),
        ("1.250k", Unit.COUNT, 'Write "1,250" or "1.25"'),
        ("1.000.000", Unit.COUNT, "is no amount"),
        ("$5", Unit.COUNT, "not counted in dollars"),
        ("5 %", Unit.DOLLARS, "not a percentage"),
        ("five", Unit.COUNT, "“five” is no amount"),
        ("1e3", Unit.COUNT, "is no amount"),
        ("NaN", Unit.DOLLARS, "is no amount"),
        ("٣", Unit.COUNT, "is no amount"),
        ("1 2", Unit.COUNT, "is no amount"),
        ("1.2.3", Unit.COUNT, "is no amount"),
        ("", Unit.COUNT, "is no amount"),
        ("9" * 41, Unit.COUNT, "longer than 40"),
    ],
)
def test_what_is_no_amount_or_may_mean_two_is_refused_with_a_sentence(
    typed: str, unit: Unit, sentence: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        read_amount(typed, unit)


@given(AMOUNTS, st.sampled_from(Unit))
def test_what_is_shown_is_read_back_to_the_last_digit(amount: Decimal, unit: Unit) -> None:
    if unit is Unit.COUNT:
        amount = amount.to_integral_value()
    assert read_amount(shown_amount(amount, unit), unit) == amount


@given(st.text(max_size=50), st.sampled_from(Unit))
def test_any_text_is_an_amount_or_a_sentence(text: str, unit: Unit) -> None:
    with suppress(ValueError):
        assert read_amount(text, unit).is_finite()


@given(st.integers(0, 10**9), st.sampled_from(["k", "K", "m", "M", "b"]), st.sampled_from(["", " "]))
def test_a_letter_multiplies_the_number_before_it(number: int, letter: str, gap: str) -> None:
    times = {"k": 10**3, "m": 10**6, "b": 10**9}[letter.lower()]
    assert read_amount(f"{number}{gap}{letter}", Unit.COUNT) == number * times
