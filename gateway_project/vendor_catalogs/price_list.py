"""What the maintained price list says of a vendor's model, with what is known beside it."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import Any

from genai_prices.data import providers
from genai_prices.types import ModelInfo
from genai_prices.types import Provider as ListedProvider

from gateway_project.vendor_catalogs.known import KnownModel, KnownVendor
from gateway_project.vendor_catalogs.price_rows import Row, price_row, starts

PACKAGE = "genai-prices"
ORDER = (
    *("input", "output", "cached_input", "cache_write", "cache_write_1h", "cache_write_12h", "reasoning"),
    *("tiers", "service_tiers", "hours", "per_call", "per_image", "tools"),
)
PREFIXES = ("models/",)
"""What vendors may write before a model's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One model on the list. `price` is the price of a catalog file; amounts are Decimals."""

    label: str
    """Empty: the list has none."""
    context_tokens: int | None
    price: Row
    coming: tuple[tuple[datetime, Row], ...] = ()
    """Prices that are announced, each with the moment from which on it counts."""


def list_version() -> str:
    """The list's own name and release."""
    return f"{PACKAGE} {version(PACKAGE)}"


def listed_model(vendor: KnownVendor, physical_name: str, at: datetime) -> Listed | None:
    """The model with its price at a moment; None where nothing says what it costs."""
    entry = vendor.called(physical_name)
    known = entry[1] if entry else None
    name = known.listed if known and known.listed else _bare(physical_name)
    found = _find(vendor, name)
    label = (known.label if known else "") or (found.name if found else "") or ""
    context = found.context_window if found else None
    if known is not None and known.price:
        return Listed(label=label, context_tokens=context, price=_exact(known.price))
    price = price_row(found, at) if found else None
    if found is None or price is None:
        return _of_own_server(vendor, physical_name, label)
    days = (datetime.combine(day, time(), UTC) for day in starts(found))
    coming = ((moment, price_row(found, moment)) for moment in days if moment > at)
    return Listed(
        label=label,
        context_tokens=context,
        price=_completed(price, vendor, known),
        coming=tuple((moment, _completed(row, vendor, known)) for moment, row in coming if row is not None),
    )


def _of_own_server(vendor: KnownVendor, physical_name: str, label: str) -> Listed | None:
    others = vendor.others
    if others is None or (vendor.billed_elsewhere and physical_name.endswith(vendor.billed_elsewhere)):
        return None
    return Listed(label=label, context_tokens=None, price=_exact(others.price))


def _completed(price: Row, vendor: KnownVendor, known: KnownModel | None) -> Row:
    """The price with what the list has no place for, or does not say."""
    row: dict[str, Any] = dict(price)
    if times := vendor.cache_write_12h_of_input:
        row |= _with_12h(row, Decimal(str(times)))
        row["tiers"] = [above | _with_12h(above, Decimal(str(times))) for above in row.get("tiers", ())]
    more = {**vendor.service_tiers, **(known.service_tiers if known else {})}
    row["service_tiers"] = {**row.get("service_tiers", {}), **_exact(more)}
    if known is not None and known.days:
        row["hours"] = [{"days": list(known.days), **hours} for hours in row.get("hours", ())]
    return {key: row[key] for key in ORDER if row.get(key) not in (None, {}, [])}


def _with_12h(row: Row, times: Decimal) -> Row:
    return {"cache_write_12h": row["input"] * times} if "cache_write" in row else {}


def _exact(amounts: dict[str, Any]) -> Row:
    return {key: Decimal(str(amount)) for key, amount in amounts.items()}


def _bare(name: str) -> str:
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


@cache
def _listed_providers() -> dict[str, ListedProvider]:
    return {provider.id: provider for provider in providers}


def _find(vendor: KnownVendor, name: str) -> ModelInfo | None:
    provider = _listed_providers().get(vendor.price_list)
    return provider.find_model(name) if provider else None
