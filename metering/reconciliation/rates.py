"""What tokens of a model cost by our catalog, on a day."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from metering.models import ModelPrice
from metering.reconciliation.vendor_report import Tokens

NANO_A_TOKEN = 1_000
"""A price of one dollar per million tokens is so many nano-USD for each."""


class Rates(Struct, frozen=True, kw_only=True):
    """US dollars per million tokens, without what moves a price besides tokens."""

    input: Decimal
    cached: Decimal
    written: Decimal
    output: Decimal


def rates_of(provider: str) -> Mapping[str, Sequence[tuple[date, Rates]]]:
    """By the vendor's name of a model, the prices with the day from which they count, the latest first."""
    rows = ModelPrice.objects.filter(model__provider_id=provider).select_related("model")
    found: dict[str, list[tuple[date, Rates]]] = {}
    for row in rows.order_by("-effective_from", "model_id"):
        rates = Rates(input=row.input, cached=row.cached_input, written=row.cache_write, output=row.output)
        found.setdefault(row.model.physical_name, []).append((row.effective_from.date(), rates))
    return found


def rates_on(known: Sequence[tuple[date, Rates]], day: date) -> Rates | None:
    """The price in force on a day; of a model that has prices from later on only, the first one."""
    for since, rates in known:
        if since <= day:
            return rates
    return known[-1][1] if known else None


def value_of(tokens: Tokens, rates: Rates) -> Decimal:
    """Nano-USD; tokens may be fewer than none, where they are a difference."""
    plain = tokens.input - tokens.cached - tokens.written
    return NANO_A_TOKEN * (
        rates.input * plain
        + rates.cached * tokens.cached
        + rates.written * tokens.written
        + rates.output * tokens.output
    )
