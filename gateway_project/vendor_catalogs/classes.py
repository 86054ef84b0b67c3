"""Which class a model is put into by its price."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from metering.types import ModelClass

UP_TO = (
    (Decimal("0.5"), ModelClass.BASE_S),
    (Decimal(2), ModelClass.BASE_M),
    (Decimal(5), ModelClass.PRO_M),
    (Decimal(10), ModelClass.PRO_L),
)
"""Dollars for a million tokens, three of four of them input."""


def class_of(price: Mapping[str, Any]) -> str:
    """Classes go from the cheapest to the dearest, and dearer models are the abler ones."""
    mixed = (3 * price["input"] + price["output"]) / 4
    return str(next((name for limit, name in UP_TO if mixed <= limit), ModelClass.ADVANCED))
