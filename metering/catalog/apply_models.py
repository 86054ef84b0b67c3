"""Bring the models of a catalog file, and their prices, into the database."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from metering.catalog.changes import Action, Change, assign
from metering.catalog.document import ModelEntry
from metering.catalog.prices import columns_of, prices_at
from metering.models import LLMModel, ModelPrice
from metering.price import Price


def apply_models(entries: Sequence[ModelEntry], *, now: datetime) -> Iterator[Change]:
    """Add or change each model that is named. A new price becomes a new row in force from `now` on."""
    names = [entry.name for entry in entries]
    existing = LLMModel.objects.in_bulk(names)
    prices = prices_at(models=names, moment=now)
    for entry in entries:
        yield from _apply_model(entry, existing.get(entry.name))
        if entry.price is not None and entry.price != prices.get(entry.name):
            yield _add_price(entry.name, prices.get(entry.name), entry.price, now)


def _apply_model(entry: ModelEntry, row: LLMModel | None) -> Iterator[Change]:
    values = {
        "provider_id": entry.provider,
        "physical_name": entry.physical_name,
        "label": entry.label,
        "model_class_id": entry.model_class,
        "aliases": list(entry.aliases),
        "context_tokens": entry.context_tokens,
        "max_output_tokens": entry.max_output_tokens,
        "capabilities": list(entry.capabilities),
        "traits": dict(entry.traits),
        "is_active": entry.is_active,
    }
    if row is None:
        LLMModel.objects.create(name=entry.name, **values)
        yield Change(action=Action.ADDED, kind="model", name=entry.name)
    elif fields := assign(row, values):
        row.save(update_fields=list(fields))
        shown = {name.removesuffix("_id"): values for name, values in fields.items()}
        yield Change(action=Action.CHANGED, kind="model", name=entry.name, fields=shown)


def _add_price(model: str, before: Price | None, after: Price, now: datetime) -> Change:
    ModelPrice.objects.create(model_id=model, effective_from=now, **columns_of(after))
    old, new = columns_of(before) if before else {}, columns_of(after)
    return Change(
        action=Action.ADDED if before is None else Action.CHANGED,
        kind="price",
        name=model,
        fields={
            name: (old.get(name), value)
            for name, value in new.items()
            if old.get(name) != value and (value or name in old)
        },
    )
