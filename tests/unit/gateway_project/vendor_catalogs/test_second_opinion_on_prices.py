"""What a call costs by the shipped prices, beside what the price list's own arithmetic makes of the same call."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from typing import Any

import pytest
from genai_prices.data import providers
from genai_prices.types import Usage
from msgspec.structs import replace

from gateway_project.vendor_catalogs.known import KnownModel, KnownVendor, known_vendors
from gateway_project.vendor_catalogs.price_list import listed_model
from metering.price import TOKEN_PRICES, Price, Used
from metering.price_modifiers import KEYS, read_modifiers

MONDAY_NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MONDAY_AT_TWO = datetime(2026, 11, 30, 2, tzinfo=UTC)
LISTED = {provider.id: provider for provider in providers}
MODELS = [
    (vendor, name, known)
    for vendor in known_vendors().values()
    for name, known in vendor.models.items()
    if vendor.price_list and not known.price
]
UNEVEN = {"deepseek-r1"}
"""At its peak, input is 4.07 times as dear and output 3.98 times: one factor cannot be both."""


def shipped(vendor: KnownVendor, name: str) -> Price:
    listed = listed_model(vendor, name, MONDAY_NOON)
    assert listed is not None
    row = listed.price
    amounts = {"cached_input": row["input"], "cache_write": row["input"]}
    amounts |= {key: row[key] for key in TOKEN_PRICES if key in row}
    return Price(**amounts, **read_modifiers({key: row[key] for key in KEYS if key in row}))


def sizes(price: Price) -> Iterator[int]:
    """Below, at and beyond every threshold."""
    yield 1_003
    for above in price.tiers:
        yield from (above.tokens, above.tokens + 1)


def calls(vendor: KnownVendor, price: Price) -> Iterator[Used]:
    """Calls of every kind of token that the vendor has a price of."""
    writes = 101 if vendor.kind == "anthropic" else 0
    for tokens in sizes(price):
        yield Used(input_tokens=tokens, output_tokens=777)
        yield Used(
            input_tokens=tokens,
            output_tokens=777,
            cached_input_tokens=311,
            cache_write_tokens=2 * writes,
            cache_write_1h_tokens=writes,
        )


def by_the_list(
    vendor: KnownVendor, known: KnownModel, name: str, used: Used, at: datetime, tier: str
) -> int:
    """Nano-dollars."""
    provider = LISTED[vendor.price_list]
    model = provider.find_model(known.listed or known.physical or name)
    assert model is not None
    usage: dict[str, Any] = {
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "cache_read_tokens": used.cached_input_tokens,
        "cache_write_tokens": used.cache_write_tokens,
        "cache_write_1h_tokens": used.cache_write_1h_tokens,
    }
    context = {"service_tier": tier} if tier else None
    found = model.calc_price(
        Usage(**{key: count for key, count in usage.items() if count}),
        provider,
        genai_request_timestamp=at,
        price_context=context,
    )
    return int((found.total_price * 10**9).quantize(Decimal(1), ROUND_UP))


def first_threshold(price: Price) -> int:
    return price.tiers[0].tokens if price.tiers else 2**31


def tiers(vendor: KnownVendor, name: str) -> list[str]:
    """The service tiers of which the list has prices, and none."""
    model = LISTED[vendor.price_list].find_model(name)
    assert model is not None
    named = {
        variant.when["service_tier"]
        for variant in model.price_variants or ()
        if "service_tier" in variant.when
    }
    return ["", *sorted(named - {"default"})]


@pytest.mark.parametrize(("vendor", "name", "known"), MODELS, ids=[name for _, name, _ in MODELS])
def test_both_come_to_the_same_cost(vendor: KnownVendor, name: str, known: KnownModel) -> None:
    physical = known.physical or name
    price = shipped(vendor, physical)
    for tier in tiers(vendor, known.listed or physical):
        for used in calls(vendor, price):
            for at in (MONDAY_NOON, MONDAY_AT_TWO):
                ours = price.charge_nano_usd(replace(used, service_tier=tier), at)
                theirs = by_the_list(vendor, known, name, used, at, tier)
                rounded = 5 * used.cached_input_tokens if tier else 0  # half a cent of a million
                assert theirs - rounded <= ours
                if not tier or used.input_tokens <= first_threshold(price):  # long inputs have no dear tiers
                    assert ours <= theirs * (1.03 if name in UNEVEN else 1.0002) + 1
