"""Prices in force: dated rows, of which the latest that has begun counts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Min

from metering.models import ModelPrice
from metering.price import TOKEN_PRICES, Price
from metering.price_modifiers import read_modifiers, written_modifiers


def prices_at(*, models: Collection[str], moment: datetime) -> Mapping[str, Price]:
    """The prices in force at a moment, by model; a model without one is absent. One query."""
    rows = (
        ModelPrice.objects.filter(model_id__in=models, effective_from__lte=moment)
        .order_by("model_id", "-effective_from")
        .distinct("model_id")
    )
    return {row.model_id: price_of(row) for row in rows}


def next_price_at(*, models: Collection[str], moment: datetime) -> datetime | None:
    """When the prices of these models change next; None: no change is known."""
    coming = ModelPrice.objects.filter(model_id__in=models, effective_from__gt=moment)
    found: datetime | None = coming.aggregate(first=Min("effective_from"))["first"]
    return found


def price_of(row: ModelPrice) -> Price:
    """Return the price of a row as a value."""
    amounts = {name: getattr(row, name) for name in TOKEN_PRICES}
    return Price(**amounts, **read_modifiers(row.modifiers))


def columns_of(price: Price) -> dict[str, Any]:
    """The columns of a row with this price."""
    return {
        **{name: getattr(price, name) for name in TOKEN_PRICES},
        "modifiers": written_modifiers(price),
    }
