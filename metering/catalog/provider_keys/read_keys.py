"""The active keys in the database, opened, and whose they are."""

import logging
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from metering.models import ProviderKey
from metering.seal import CannotOpen, unseal

KeysByProvider = dict[str, tuple[str, ...]]
logger = logging.getLogger(__name__)


def keys_of(tenant_id: UUID | None) -> KeysByProvider:
    """A tenant's own keys, or (None) the gateway's. One that no configured key opens is logged and left out."""
    found: dict[str, list[str]] = {}
    for row in ProviderKey.objects.filter(tenant=tenant_id, is_active=True).order_by("pk"):
        try:
            key = unseal(bytes(row.sealed)).decode()
        except CannotOpen:
            facts = {"provider": row.provider_id, "key_id": str(row.pk), "label": row.label}
            logger.error("provider_key.cannot_open", extra=facts)
        else:
            found.setdefault(row.provider_id, []).append(key)
    return {provider: tuple(keys) for provider, keys in found.items()}


def own_key_providers() -> ArraySubquery:
    """Annotates a tenant with the providers for which it has an active key of its own."""
    active = ProviderKey.objects.filter(tenant=OuterRef("pk"), is_active=True)
    return ArraySubquery(active.order_by("provider_id").values("provider_id").distinct())
