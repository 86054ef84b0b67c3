"""What prices make of calls: tokens, and all that moves a price besides them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.price import AHEAD_S, Asked, Price, TokenPrice, Used
from metering.price_modifiers import read_modifiers, written_modifiers
from tests.properties import thorough
from tests.support.prices import any_price, any_use, moments, tokens

MONDAY = datetime(2026, 11, 30, 12, tzinfo=UTC)


def priced(**modifiers: Any) -> Price:
    """A dollar for a million input tokens, two for output."""
    one, two = Decimal(1), Decimal(2)
    return Price(input=one, output=two, cached_input=one, cache_write=one, **read_modifiers(modifiers))


def charge(price: Price, *, at: datetime = MONDAY, **used: Any) -> int:
    return price.charge_nano_usd(Used(**{"input_tokens": 1_000, "output_tokens": 0, **used}), at)


def test_a_token_of_a_dollar_a_million_is_a_thousand_nano_dollars() -> None:
    assert charge(priced(), input_tokens=1) == 1_000
    assert charge(priced(), input_tokens=0, output_tokens=1) == 2_000


def test_rounding_is_up_once_at_the_end() -> None:
    tenth = Price(**dict.fromkeys(("input", "output", "cached_input", "cache_write"), Decimal("0.0004")))
    assert charge(tenth, input_tokens=1, output_tokens=1) == 1
    assert charge(tenth, input_tokens=2, output_tokens=1) == 2


def test_each_kind_of_token_has_its_own_price_within_the_input_and_the_output() -> None:
    names = (
        "input",
        "output",
        "cached_input",
        "cache_write",
        "cache_write_1h",
        "cache_write_12h",
        "reasoning",
    )
    price = Price(**{name: Decimal(10**place) for place, name in enumerate(names)})
    used = {
        "input_tokens": 100,
        "cached_input_tokens": 20,
        "cache_write_tokens": 50,
        "cache_write_1h_tokens": 10,
        "cache_write_12h_tokens": 5,
        "output_tokens": 9,
        "reasoning_tokens": 4,
    }
    cost = 30 * 1 + 5 * 10 + 20 * 100 + 35 * 1_000 + 10 * 10_000 + 5 * 100_000 + 4 * 1_000_000
    assert charge(price, **used) == cost * 1_000


ABOVE = {"from_tokens": 1_000, "input": 4, "output": 3}


@pytest.mark.parametrize(
    ("modifiers", "used", "nano_usd"),
    [
        ({"tiers": [ABOVE]}, {}, 1_000_000),
        ({"tiers": [ABOVE]}, {"input_tokens": 1_001, "output_tokens": 1}, 4_004_000 + 3_000),
        ({"tiers": [ABOVE]}, {"input_tokens": 1_001, "cached_input_tokens": 1_001}, 4_004_000),
        ({"tiers": [ABOVE, ABOVE | {"from_tokens": 2_000, "input": 9}]}, {"input_tokens": 2_001}, 18_009_000),
        ({"service_tiers": {"flex": 0.5, "priority": 2}}, {"service_tier": "flex"}, 500_000),
        ({"service_tiers": {"flex": 0.5, "priority": 2}}, {"service_tier": "priority"}, 2_000_000),
        ({"service_tiers": {"flex": 0.5, "priority": 2}}, {"service_tier": "default"}, 1_000_000),
        (
            {"service_tiers": {"priority": 2}, "tiers": [ABOVE]},
            {"service_tier": "priority", "input_tokens": 2_000},
            16_000_000,
        ),
        ({"per_call": "0.01"}, {}, 11_000_000),
        ({"per_image": "0.002"}, {"images": 3}, 7_000_000),
        ({"tools": {"web_search": "0.01"}}, {"tool_calls": {"web_search": 2, "web_fetch": 9}}, 21_000_000),
        ({"per_call": "0.01", "service_tiers": {"flex": 0.5}}, {"service_tier": "flex"}, 10_500_000),
    ],
)  # fmt: skip
def test_what_was_served_moves_the_price(
    modifiers: dict[str, Any], used: dict[str, Any], nano_usd: int
) -> None:
    assert charge(priced(**modifiers), **used) == nano_usd


WORK = {"days": ["mon", "tue"], "from": "01:00", "to": "04:00", "factor": 2}
NIGHT = {"days": ["sun"], "from": "22:00", "to": "02:00", "factor": 0.5}


@pytest.mark.parametrize(
    ("hours", "at", "factor"),
    [
        (WORK, "2026-11-30T01:00:00Z", 2),
        (WORK, "2026-11-30T03:59:59Z", 2),
        (WORK, "2026-11-30T04:00:00Z", 1),
        (WORK, "2026-12-02T02:00:00Z", 1),
        (WORK, "2026-11-30T09:30:00+08:00", 2),
        (NIGHT, "2026-11-29T23:00:00Z", Fraction(1, 2)),
        (NIGHT, "2026-11-30T01:59:00Z", Fraction(1, 2)),
        (NIGHT, "2026-11-30T22:00:00Z", 1),
        (WORK | {"to": "24:00"}, "2026-11-30T23:59:00Z", 2),
    ],
)
def test_hours_count_in_utc_from_the_day_on_which_they_begin(
    hours: dict[str, Any], at: str, factor: Fraction
) -> None:
    assert charge(priced(hours=[hours]), at=datetime.fromisoformat(at)) == 1_000_000 * factor


def test_a_call_bounded_just_before_dear_hours_is_held_at_their_price() -> None:
    price = priced(hours=[WORK])
    before = datetime(2026, 11, 30, 0, 55, tzinfo=UTC)
    ceilings = [
        price.ceiling_nano_usd(input_tokens=1_000, output_tokens=0, at=at)
        for at in (before, before - timedelta(minutes=10), None)
    ]
    assert ceilings == [2_000_000, 1_000_000, 2_000_000]


@pytest.mark.parametrize(("ahead_s", "nano_usd"), [(3_000, 1_000_000), (3_660, 2_000_000)])
def test_a_call_that_may_take_an_hour_is_held_at_the_price_of_the_hour_to_come(
    ahead_s: float, nano_usd: int
) -> None:
    at = datetime(2026, 11, 30, 0, 1, 30, tzinfo=UTC)
    price = priced(hours=[WORK])
    assert price.ceiling_nano_usd(input_tokens=1_000, output_tokens=0, at=at, ahead_s=ahead_s) == nano_usd


@pytest.mark.parametrize(
    ("used", "asked", "nano_usd"),
    [
        ({}, Asked(), 1_000_000 + 2_000),
        ({"tool_calls": {"web_search": 2}}, Asked(), 21_000_000 + 2_000),
        ({"service_tier": "priority"}, Asked(), 2_000_000 + 4_000),
        ({"service_tier": "flex"}, Asked(service_tier="priority"), 500_000 + 1_000),
    ],
)
def test_of_tokens_whose_kinds_nobody_knows_the_tier_that_was_served_and_the_tools_count(
    used: dict[str, Any], asked: Asked, nano_usd: int
) -> None:
    price = priced(service_tiers={"flex": 0.5, "priority": 2}, tools={"web_search": "0.01"}, hours=[WORK])
    served = Used(input_tokens=1_000, output_tokens=1, **used)
    assert price.largest_charge_nano_usd(served, asked, datetime(2026, 11, 30, 0, 55, tzinfo=UTC)) == nano_usd


@pytest.mark.parametrize(
    ("asked", "counts"), [("", ""), ("flex", ""), ("priority", "priority"), ("default", ""), ("scale", "")]
)
def test_a_dear_tier_that_was_asked_for_counts_where_the_answer_names_none(asked: str, counts: str) -> None:
    assert priced(service_tiers={"flex": 0.5, "priority": 2}).tier_if_unsaid(asked) == counts


@pytest.mark.parametrize(
    ("used", "known"),
    [
        ({"service_tier": "flex"}, True),
        ({"service_tier": "priority"}, False),
        ({"service_tier": "standard"}, True),
        ({"service_tier": "standard+flex"}, True),
        ({"service_tier": "standard+us"}, False),
        ({"cache_write_1h_tokens": 1}, False),
        ({"cache_write_12h_tokens": 1}, False),
        ({"tool_calls": {"web_search": 1}}, True),
        ({"tool_calls": {"web_fetch": 1}}, False),
        ({"tool_calls": {"web_fetch": 0}}, True),
    ],
)
def test_what_has_no_price_is_known_to_have_none(used: dict[str, Any], known: bool) -> None:
    price = priced(service_tiers={"flex": 0.5}, tools={"web_search": 1})
    assert price.knows(Used(input_tokens=1, output_tokens=1, **used)) is known


@thorough(400)
@given(any_price(), any_use(), moments, st.integers(0, int(AHEAD_S)), tokens, tokens)
def test_what_is_held_is_never_below_what_is_charged(
    price: Price, used: Used, now: datetime, later_s: int, more_input: int, more_output: int
) -> None:
    asked = Asked(service_tier=used.service_tier, cache_hours=12, images=used.images)
    bounds = {
        "input_tokens": used.input_tokens + more_input,
        "output_tokens": used.output_tokens + more_output,
    }
    later = now + timedelta(seconds=later_s)
    charged = price.charge_nano_usd(used, later)
    assert charged <= price.largest_charge_nano_usd(used, asked, later)
    assert 0 <= charged <= price.ceiling_nano_usd(**bounds, asked=asked, at=now)
    assert charged <= price.ceiling_nano_usd(**bounds, asked=asked)


@thorough(400)
@given(any_price(), any_use(), moments)
def test_a_charge_is_the_exact_sum_rounded_up(price: Price, used: Used, now: datetime) -> None:
    """Each kind by itself, in fractions, as the module's docstring says."""
    row: TokenPrice = price
    for most, dearer in price.tiers:
        row = dearer if used.input_tokens > most else row
    hour = row.cache_write if row.cache_write_1h is None else row.cache_write_1h
    half_day = hour if row.cache_write_12h is None else row.cache_write_12h
    long = used.cache_write_1h_tokens + used.cache_write_12h_tokens
    parts = [
        (row.input, used.input_tokens - used.cached_input_tokens - used.cache_write_tokens),
        (row.cached_input, used.cached_input_tokens),
        (row.cache_write, used.cache_write_tokens - long),
        (hour, used.cache_write_1h_tokens),
        (half_day, used.cache_write_12h_tokens),
        (row.output, used.output_tokens - used.reasoning_tokens),
        (row.output if row.reasoning is None else row.reasoning, used.reasoning_tokens),
    ]
    total = sum(Fraction(each) * 1_000 * number for each, number in parts)
    whole = [used.service_tier] if used.service_tier in price.service_tiers else used.service_tier.split("+")
    for part in whole:
        total *= Fraction(price.service_tiers.get(part, Decimal(1)))
    total *= Fraction(next((each.factor for each in price.hours if each.contain(now)), Decimal(1)))
    total += Fraction(price.per_call + price.per_image * used.images) * 10**9
    assert price.charge_nano_usd(used, now) == ceil(total)


@given(any_price())
def test_modifiers_are_read_as_they_were_written(price: Price) -> None:
    names = ("tiers", "service_tiers", "hours", "per_call", "per_image", "tools")
    again = priced(**written_modifiers(price))
    assert [getattr(again, name) for name in names] == [getattr(price, name) for name in names]


@pytest.mark.parametrize(
    ("given_", "place"),
    [
        ([], "modifiers"),
        ({"tires": {}}, "tires"),
        ({"tiers": [{"from_tokens": 5, "input": 1}]}, r"tiers\[1\] needs output"),
        ({"tiers": [ABOVE, ABOVE]}, "ascending"),
        ({"tiers": [ABOVE | {"from_tokens": 0}]}, r"tiers\[1\].from_tokens"),
        ({"tiers": [ABOVE | {"from_tokens": True}]}, r"tiers\[1\].from_tokens"),
        ({"tiers": [ABOVE | {"outptu": 1}]}, "outptu"),
        ({"service_tiers": {"Flex!": 1}}, "Flex!"),
        ({"service_tiers": {"flex": -1}}, "service_tiers.flex"),
        ({"service_tiers": {"flex": 0.00001}}, "decimals"),
        ({"service_tiers": {"flex": "NaN"}}, "service_tiers.flex"),
        ({"service_tiers": {"flex": True}}, "service_tiers.flex"),
        ({"tools": {"telephone": 1}}, "telephone"),
        ({"hours": [WORK | {"days": ["monday"]}]}, r"hours\[1\].days"),
        ({"hours": [WORK | {"days": ["mon", "mon"]}]}, r"hours\[1\].days"),
        ({"hours": [WORK | {"to": "01:00"}]}, r"hours\[1\]"),
        ({"hours": [WORK | {"to": "24:01"}]}, r"hours\[1\].to"),
        ({"hours": [WORK] * 33}, "at most 32"),
        ({"per_call": 1_000_001}, "per_call"),
        ({"per_image": "much"}, "per_image"),
    ],
)
def test_a_wrong_modifier_is_refused_with_its_place(given_: Any, place: str) -> None:
    with pytest.raises(ValueError, match=place):
        read_modifiers(given_)
