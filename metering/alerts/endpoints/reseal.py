"""Seal addresses and secrets of channels anew, with the newest of FIELD_ENCRYPTION_KEYS."""

from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.catalog.provider_keys.rotate import Rotated
from metering.models import WebhookEndpoint
from metering.seal import CannotOpen, reseal

SEALED = ("sealed_url", "sealed_secret", "sealed_old_secret")


def reseal_endpoints(*, actor: str, now: datetime) -> Rotated:
    """Every channel in a transaction of its own, so that older encryption keys can be taken away."""
    resealed, unchanged, unreadable = 0, 0, []
    for pk in list(WebhookEndpoint.objects.order_by("pk").values_list("pk", flat=True)):
        try:
            if _reseal_one(pk, actor, now):
                resealed += 1
            else:
                unchanged += 1
        except CannotOpen:
            unreadable.append(str(pk))
    return Rotated(resealed=resealed, unchanged=unchanged, unreadable=tuple(unreadable))


@transaction.atomic
def _reseal_one(pk: object, actor: str, now: datetime) -> bool:
    """Whether anything was sealed with an older key. Raises CannotOpen."""
    row = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return False  # removed meanwhile
    changed = []
    for name in SEALED:
        before = getattr(row, name)
        after = reseal(bytes(before)) if before is not None else None
        if after is not None:
            setattr(row, name, after)
            changed.append(name)
    if changed:
        row.save(update_fields=changed)
        facts = {"name": row.name}
        record_change(
            action="webhook.resealed", actor=actor, target=row, tenant_id=row.tenant_id, now=now, facts=facts
        )
    return bool(changed)
