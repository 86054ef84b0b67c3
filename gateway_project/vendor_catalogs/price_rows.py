"""A price of the maintained list (genai-prices) as the price of a catalog file.

The list has prices of a million tokens with thresholds, dates and times of day, and whole prices for each service tier;
a catalog has factors for tiers and hours. Where a factor would differ from one kind of token to the next, the largest
one is taken: nothing is charged below the list.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_UP, Decimal
from typing import Any

from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

Row = dict[str, Any]
TOKENS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cached_input": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
}
"""Our key → the list's, both in dollars for a million tokens."""
TOOLS = {"web_search": "web_searches_kcount", "file_search": "storage_searches_kcount"}
"""The list has dollars for a thousand calls."""
REQUESTS = "requests_kcount"
PRICE_PLACES = Decimal("0.000001")
FACTOR_PLACES = Decimal("0.0001")
ROUNDED = Decimal("0.005")
"""Vendors publish prices of tiers in whole cents."""
TIER = "service_tier"
PLAIN_TIER = "default"


def price_row(model: ModelInfo, at: datetime) -> Row | None:
    """The price in force at a moment; None where it is none of text in and text out."""
    plain = _in_force(model, at.date())
    row = _row_of(plain)
    if row is None:
        return None
    if hours := [_hours_of(each, row) for each in _by_time_of_day(model)]:
        row["hours"] = hours
    tiers = {name: _factor(row, _row_of(prices)) for name, prices in _tiers(model, plain, at)}
    if tiers:
        row["service_tiers"] = tiers
    return row


def starts(model: ModelInfo) -> list[date]:
    """The days on which prices of the model begin."""
    if isinstance(model.prices, ModelPrice):
        return []
    return sorted(
        each.constraint.start_date
        for each in model.prices
        if isinstance(each.constraint, StartDateConstraint)
    )


def _in_force(model: ModelInfo, day: date) -> ModelPrice:
    """Of the prices that are none of a time of day."""
    if isinstance(model.prices, ModelPrice):
        return model.prices
    found = model.prices[0].prices
    for each in model.prices:
        constraint = each.constraint
        if constraint is None or (
            isinstance(constraint, StartDateConstraint) and constraint.start_date <= day
        ):
            found = each.prices
    return found


def _by_time_of_day(model: ModelInfo) -> Iterator[ConditionalPrice]:
    if not isinstance(model.prices, ModelPrice):
        yield from (each for each in model.prices if isinstance(each.constraint, TimeOfDateConstraint))


def _row_of(prices: ModelPrice) -> Row | None:
    row: Row = {
        key: _base(value) for key, name in TOKENS.items() if (value := getattr(prices, name)) is not None
    }
    if "input" not in row or "output" not in row:
        return None
    if above := [_above(prices, tokens) for tokens in _thresholds(prices)]:
        row["tiers"] = above
    tools = {
        key: _base(value) / 1000
        for key, name in TOOLS.items()
        if (value := getattr(prices, name)) is not None
    }
    if tools:
        row["tools"] = tools
    if (requests := getattr(prices, REQUESTS)) is not None:
        row["per_call"] = _base(requests) / 1000
    return row


def _base(price: Decimal | TieredPrices) -> Decimal:
    return _stored(price.base if isinstance(price, TieredPrices) else price)


def _stored(price: Decimal) -> Decimal:
    """With the decimals that a catalog has."""
    return price if price == price.quantize(PRICE_PLACES) else price.quantize(PRICE_PLACES, ROUND_UP)


def _thresholds(prices: ModelPrice) -> list[int]:
    tiered = (getattr(prices, name) for name in TOKENS.values())
    return sorted({tier.start for price in tiered if isinstance(price, TieredPrices) for tier in price.tiers})


def _above(prices: ModelPrice, tokens: int) -> Row:
    """What a call costs whose input has more tokens."""
    row: Row = {"from_tokens": tokens}
    for key, name in TOKENS.items():
        price = getattr(prices, name)
        if isinstance(price, TieredPrices):
            reached = [tier.price for tier in price.tiers if tier.start <= tokens]
            row[key] = _stored(reached[-1] if reached else price.base)
        elif price is not None:
            row[key] = _stored(price)
    return row


def _hours_of(each: ConditionalPrice, plain: Row) -> Row:
    constraint = each.constraint
    assert isinstance(constraint, TimeOfDateConstraint)  # noqa: S101 - the caller selects them
    return {
        "from": _utc(constraint.start_time),
        "to": _utc(constraint.end_time),
        "factor": _factor(plain, _row_of(each.prices)),
    }


def _utc(moment: time) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.combine(date(1970, 1, 1), aware).astimezone(UTC).strftime("%H:%M")


def _tiers(model: ModelInfo, plain: ModelPrice, at: datetime) -> Iterator[tuple[str, ModelPrice]]:
    """Each tier's whole prices; the first variant that is in force counts."""
    seen = set()
    for variant in model.price_variants or ():
        name = variant.when.get(TIER, "")
        in_force = variant.constraint is None or variant.constraint.active(at)
        if set(variant.when) == {TIER} and name != PLAIN_TIER and in_force and name not in seen:
            seen.add(name)
            own = {key: value for key, value in variant.prices.__dict__.items() if value is not None}
            yield name, ModelPrice(**{**plain.__dict__, **own})


def _factor(plain: Row, other: Row | None) -> Decimal:
    """How many times the plain price the other one is, at the kind of token where it is the most.

    Input and output decide, unless another kind is dearer by more than a published price is rounded.
    """
    amounts, dearer = _amounts(plain), _amounts(other or {})
    ratios = {key: dearer[key] / amount for key, amount in amounts.items() if amount and key in dearer}
    factor = max(
        (ratio for (_, kind), ratio in ratios.items() if kind in ("input", "output")), default=Decimal(1)
    )
    beyond = (ratio for key, ratio in ratios.items() if dearer[key] > factor * amounts[key] + ROUNDED)
    return max([factor, *beyond]).quantize(FACTOR_PLACES, ROUND_UP).normalize()


def _amounts(row: Mapping[str, Any]) -> dict[tuple[int, str], Decimal]:
    """Every price of tokens, below the first threshold (0) and above each."""
    found = {(0, key): row[key] for key in TOKENS if key in row}
    for above in row.get("tiers", ()):
        found |= {(above["from_tokens"], key): above[key] for key in TOKENS if key in above}
    return found
