"""Put a vendor's key into the database."""

from datetime import datetime

from django.db import transaction

from metering.api_key import MAX_KEYS, UnusableKey, checked_key
from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.models import Provider, ProviderKey, Tenant
from metering.models.provider_keys import LABEL_LENGTH
from metering.seal import seal

DEFAULT_LABEL = "default"
SHOWN_FROM = 16
"""Of a key with fewer characters its end is not shown: too little of it would stay secret."""


@transaction.atomic
def set_provider_key(
    *,
    provider: Provider,
    key: str,
    actor: str,
    now: datetime,
    tenant: Tenant | None = None,
    label: str = DEFAULT_LABEL,
) -> ProviderKey:
    """The row with the key, active: a new one, or the one of this label with the new key in place of the old one.

    Raises InvalidRequest for a key that cannot be sent, for a label that cannot be one, and beyond the most keys.
    """
    key, label = _usable(key), label.strip()
    if not label or len(label) > LABEL_LENGTH or not label.isprintable():
        raise InvalidRequest(f"A label has 1 to {LABEL_LENGTH} printable characters.", param="label")
    Provider.objects.select_for_update().get(pk=provider.pk)  # keys of one provider are counted one by one
    owned = ProviderKey.objects.filter(provider=provider, tenant=tenant)
    row = owned.filter(label=label).first()
    if row is None:
        if owned.count() >= MAX_KEYS:
            raise InvalidRequest(f"{provider.name} has {MAX_KEYS} keys already; delete one first.")
        row = ProviderKey(provider=provider, tenant=tenant, label=label, created_at=now)
    before = None if row._state.adding else row.last4
    row.sealed, row.last4 = seal(key.encode()), key[-4:] if len(key) >= SHOWN_FROM else ""
    row.changed_at, row.is_active = now, True
    row.save()
    ends = {"before": before if before is None else {"last4": before}, "after": {"last4": row.last4}}
    _record("set", row, actor, now, **ends)
    return row


@transaction.atomic
def switch_provider_key(*, row: ProviderKey, is_active: bool, actor: str, now: datetime) -> bool:
    """Let a key be used, or not any more. Returns whether that changed anything."""
    changed = ProviderKey.objects.filter(pk=row.pk, is_active=not is_active).update(is_active=is_active)
    if changed:
        _record("switched_on" if is_active else "switched_off", row, actor, now)
    return bool(changed)


def _usable(key: str) -> str:
    key = key.strip()
    if not key:
        raise InvalidRequest("There is no key.", param="key")
    try:
        return checked_key(key, "The key")
    except UnusableKey as problem:
        raise InvalidRequest(f"{problem}.", param="key") from None


def _record(what: str, row: ProviderKey, actor: str, now: datetime, **more: object) -> None:
    record_change(
        action=f"providerkey.{what}",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={"provider": row.provider_id, "label": row.label, **more},
    )
