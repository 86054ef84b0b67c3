"""Seal the keys in the database anew, with the newest of FIELD_ENCRYPTION_KEYS."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.models import ProviderKey
from metering.seal import CannotOpen, reseal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What became of the keys when they were sealed anew."""

    resealed: int
    unchanged: int
    """Sealed with the newest key before."""
    unreadable: tuple[str, ...]
    """Ids of those that no configured key opens."""


def rotate_provider_keys(*, actor: str, now: datetime) -> Rotated:
    """Every key in a transaction of its own, inactive ones too, so that older encryption keys can be taken away."""
    resealed, unchanged, unreadable = 0, 0, []
    for pk in list(ProviderKey.objects.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            row = ProviderKey.objects.select_for_update().filter(pk=pk).first()
            if row is None:
                continue  # deleted meanwhile
            try:
                sealed = reseal(bytes(row.sealed))
            except CannotOpen:
                unreadable.append(str(pk))
                continue
            if sealed is None:
                unchanged += 1
                continue
            row.sealed = sealed
            row.save(update_fields=["sealed"])
            record_change(
                action="providerkey.resealed",
                actor=actor,
                target=row,
                tenant_id=row.tenant_id,
                now=now,
                facts={"provider": row.provider_id, "label": row.label},
            )
            resealed += 1
    return Rotated(resealed=resealed, unchanged=unchanged, unreadable=tuple(unreadable))
