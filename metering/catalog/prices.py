"""Prices in force: dated rows, of which the latest that has begun counts."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Min

from metering.models import ModelPrice
from metering.money import TokenPrice


def prices_at(*, models: Collection[str], moment: datetime) -> Mapping[str, TokenPrice]:
    """The prices in force at a moment, by model; a model without one is absent. One query."""
    rows = (
        ModelPrice.objects.filter(model_id__in=models, effective_from__lte=moment)
        .order_by("model_id", "-effective_from")
        .distinct("model_id")
    )
    return {row.model_id: token_price(row) for row in rows}


def next_price_at(*, models: Collection[str], moment: datetime) -> datetime | None:
    """When the prices of these models change next; None: no change is known."""
    coming = ModelPrice.objects.filter(model_id__in=models, effective_from__gt=moment)
    found: datetime | None = coming.aggregate(first=Min("effective_from"))["first"]
    return found


def token_price(row: ModelPrice) -> TokenPrice:
    """A row as a value, in US dollars per million tokens."""
    return TokenPrice(
        input=row.input, output=row.output, cached_input=row.cached_input, cache_write=row.cache_write
    )
