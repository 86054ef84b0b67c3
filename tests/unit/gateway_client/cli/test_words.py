"""How amounts, bars and spans read."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_client.cli.words import bar, in_unit, money, number, span_until, style_of, when

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@given(st.decimals(0, 10**9, places=9))
def test_money_is_right_to_the_cent(amount: Decimal) -> None:
    assert abs(Decimal(money(str(amount)).replace("$", "").replace(",", "")) - amount) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("0.0000165", "$0.000016"),
        ("0.0019605", "$0.0020"),
        ("0.25", "$0.25"),
        ("1234.5", "$1,234.50"),
        ("x", "$0.00"),
    ],
)
def test_money_has_cents_and_below_a_dollar_what_there_is(amount: str, text: str) -> None:
    assert money(amount) == text


def test_what_is_no_money_is_a_whole_number() -> None:
    assert (in_unit("12000", "tokens"), in_unit(3, "requests"), in_unit("2", "usd")) == (
        "12,000",
        "3",
        "$2.00",
    )
    assert number(None) == 0


@given(st.floats(-10, 1000))
def test_a_bar_is_always_40_wide_and_never_shows_more_than_there_is(percent: float) -> None:
    shown = bar(percent)
    assert len(shown) == 40
    assert shown == "█" * shown.count("█") + "░" * shown.count("░")
    assert shown.count("█") <= max(0, percent) / 2.5


@pytest.mark.parametrize(
    ("percent", "style"),
    [(0, "green"), (79.9, "green"), (80, "yellow"), (94.9, "yellow"), (95, "red"), (300, "red")],
)
def test_its_colour_is_green_then_yellow_from_80_then_red_from_95(percent: float, style: str) -> None:
    assert style_of(percent) == style


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=3, hours=2, minutes=5), "3d 2h"),
        (timedelta(hours=3, minutes=12), "3h 12m"),
        (timedelta(hours=3), "3h"),
        (timedelta(hours=15, seconds=48), "15h"),
        (timedelta(minutes=2, seconds=5), "2m 5s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(0), "now"),
        (-timedelta(hours=1), "now"),
    ],
)
def test_a_span_has_its_largest_unit_and_the_next(span: timedelta, text: str) -> None:
    assert span_until((NOW + span).isoformat(), NOW) == text


def test_what_never_resets_has_no_moment() -> None:
    assert (span_until(None, NOW), when(None)) == ("", "")
    assert when("2026-11-30T12:00:00Z").startswith("2026-1")
