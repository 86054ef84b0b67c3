"""Enter what the price list says of stored models: new dated rows where something changed, and announced prices.

A price that a person entered is a decision: neither the one in force nor one to come is replaced unless somebody asks.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from gateway_project.vendor_catalogs.known import vendor_of
from gateway_project.vendor_catalogs.price_list import Listed, listed_model
from metering.catalog.apply_models import apply_models
from metering.catalog.changes import Change
from metering.catalog.document import ModelEntry
from metering.catalog.dump_catalog import as_yaml, dump_catalog
from metering.catalog.load_catalog import LOCK, record_changes
from metering.catalog.parse_catalog import parse_catalog
from metering.catalog.price_lines import PriceLine
from metering.catalog.prices import price_of
from metering.catalog.vocabulary import current_vocabulary
from metering.models import LLMModel, ModelPrice, Provider
from metering.price_modifiers import KEYS


def enter_prices(
    *,
    actor: str,
    now: datetime,
    provider: str | None = None,
    models: Collection[str] | None = None,
    replace_own: bool = False,
    dry_run: bool = False,
) -> list[PriceLine]:
    """Every difference, and with `dry_run` nothing else. `models`: of these alone; None: of all but the sandbox's."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        rows = _rows(provider, models)
        listed = {row.name: _listed(row, now) for row in rows}
        known = {name: found for name, found in listed.items() if found is not None}
        lines = [PriceLine(model=name, state="unknown") for name, found in listed.items() if found is None]
        lines += _present(known, actor, now, replace_own)
        lines += _coming(known, actor, now, replace_own)
        transaction.set_rollback(dry_run)
    return lines


def _rows(provider: str | None, models: Collection[str] | None) -> list[LLMModel]:
    rows = LLMModel.objects.exclude(provider__kind=Provider.Kind.SANDBOX).select_related("provider")
    if provider is not None:
        rows = rows.filter(provider=provider)
    if models is not None:
        rows = rows.filter(name__in=models)
    return list(rows.order_by("provider", "name"))


def _listed(row: LLMModel, now: datetime) -> Listed | None:
    vendor = vendor_of(row.provider)
    return listed_model(vendor, row.physical_name, now) if vendor else None


def _present(
    known: Mapping[str, Listed], actor: str, now: datetime, replace_own: bool
) -> Iterator[PriceLine]:
    """The prices in force."""
    entries = _entries({name: listed.price for name, listed in known.items()}, now)
    _adopt(entries, now)
    own = set() if replace_own else _own(known, now)
    with transaction.atomic():  # told, and taken back
        kept = list(apply_models([entry for entry in entries if entry.name in own], now=now))
        transaction.set_rollback(True)
    yield from _lines(kept, state="own")
    changes = list(apply_models([entry for entry in entries if entry.name not in own], now=now))
    _record(changes, actor=actor, now=now, starts=now)
    yield from _lines(changes)


def _adopt(entries: list[ModelEntry], now: datetime) -> None:
    """A price that somebody entered as the list has it, such as by loading a shipped file, follows the list."""
    listed = {entry.name: entry.price for entry in entries}
    same = [
        row.pk
        for row in _in_force(listed, now)
        if not row.is_listed and price_of(row) == listed[row.model_id]
    ]
    ModelPrice.objects.filter(pk__in=same).update(is_listed=True)


def _coming(known: Mapping[str, Listed], actor: str, now: datetime, replace_own: bool) -> Iterator[PriceLine]:
    """Announced prices of models that have no person's price, neither now nor to come."""
    own = set() if replace_own else _own(known, now)
    for name, listed in known.items():
        entries = {moment: _entries({name: price}, now)[0] for moment, price in listed.coming}
        rows = ModelPrice.objects.filter(model=name, effective_from__gt=now)
        stored = {row.effective_from: price_of(row) for row in rows.filter(is_listed=True)}
        wanted = {moment: entry.price for moment, entry in entries.items()}
        if name in own or stored == wanted or rows.filter(is_listed=False).exists():
            continue
        rows.filter(is_listed=True).delete()
        for moment, entry in entries.items():
            changes = list(apply_models([entry], now=moment))
            _record(changes, actor=actor, now=now, starts=moment)
            yield from _lines(changes, starts=moment)


def _own(models: Collection[str], now: datetime) -> set[str]:
    """Those whose price in force is a person's."""
    return {row.model_id for row in _in_force(models, now) if not row.is_listed}


def _in_force(models: Collection[str], now: datetime) -> Iterable[ModelPrice]:
    rows = ModelPrice.objects.filter(model__in=models, effective_from__lte=now)
    return rows.order_by("model_id", "-effective_from").distinct("model_id")


def _entries(prices: Mapping[str, Mapping[str, Any]], now: datetime) -> list[ModelEntry]:
    """Stored models as a catalog file with other prices would have them."""
    stored: Any = dump_catalog(now=now)["models"]
    text = as_yaml({"models": {name: {**stored[name], "price": price} for name, price in prices.items()}})
    return list(parse_catalog(text=text, vocabulary=current_vocabulary(), environment={}).models)


def _record(changes: list[Change], *, actor: str, now: datetime, starts: datetime) -> None:
    models = [change.name for change in changes if change.kind == "price"]
    ModelPrice.objects.filter(model__in=models, effective_from=starts).update(is_listed=True)
    record_changes(changes, actor=actor, now=now)


def _lines(
    changes: list[Change], *, state: str = "changed", starts: datetime | None = None
) -> Iterator[PriceLine]:
    for change in changes:
        for field, (old, new) in change.fields.items() if change.kind == "price" else ():
            for name, before, after in _split(field, old, new):
                yield PriceLine(
                    model=change.name, state=state, starts=starts, field=name, old=before, new=after
                )


def _split(field: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """What moves a price besides tokens is one column, and has names of its own."""
    if field != "modifiers":
        yield field, old, new
        return
    old, new = old or {}, new or {}
    for name in KEYS:
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)
