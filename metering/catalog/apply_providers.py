"""Bring the providers of a catalog file into the database."""

from collections.abc import Iterable, Iterator

from metering.base_url import shown_base_url
from metering.catalog.changes import Action, Change, assign
from metering.catalog.document import ProviderEntry
from metering.models import Provider


def apply_providers(entries: Iterable[ProviderEntry]) -> Iterator[Change]:
    """Add or change each provider that is named; others stay as they are."""
    existing = Provider.objects.in_bulk([entry.name for entry in entries])
    for entry in entries:
        values = {
            "kind": entry.kind,
            "base_url": entry.base_url,
            "api_key_env": entry.api_key_env,
            "vendor": entry.vendor,
            "traits": dict(entry.traits),
            "markup_percent": entry.markup_percent,
            "is_active": entry.is_active,
        }
        row = existing.get(entry.name)
        if row is None:
            Provider.objects.create(name=entry.name, **values)
            yield Change(action=Action.ADDED, kind="provider", name=entry.name)
        elif fields := assign(row, values):
            if "base_url" in fields:
                before, after = fields["base_url"]
                fields["base_url"] = shown_base_url(str(before)), after
            row.save(update_fields=list(fields))
            yield Change(action=Action.CHANGED, kind="provider", name=entry.name, fields=fields)
