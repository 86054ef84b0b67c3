"""The active keys in the database, opened, and whose they are."""

import logging
from collections.abc import Iterable
from uuid import UUID

from metering.models import ProviderKey
from metering.seal import CannotOpen, unseal

KeysByProvider = dict[str, tuple[str, ...]]
logger = logging.getLogger(__name__)


def keys_of(tenant_id: UUID | None) -> KeysByProvider:
    """A tenant's own keys, or (None) the gateway's. One that no configured key opens is logged and left out."""
    found: dict[str, list[str]] = {}
    for row in ProviderKey.objects.filter(tenant=tenant_id, is_active=True).order_by("pk"):
        try:
            found.setdefault(row.provider_id, []).append(unseal(bytes(row.sealed)).decode())
        except CannotOpen:
            facts = {"provider": row.provider_id, "key_id": str(row.pk), "label": row.label}
            logger.error("provider_key.cannot_open", extra=facts)
    return {provider: tuple(keys) for provider, keys in found.items()}


def own_key_providers(tenants: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """The providers for which each of these tenants has an active key of its own."""
    found: dict[UUID, set[str]] = {}
    pairs = ProviderKey.objects.filter(tenant__in=list(tenants), is_active=True)
    for tenant_id, provider in pairs.values_list("tenant_id", "provider_id"):
        found.setdefault(tenant_id, set()).add(provider)
    return {tenant_id: frozenset(providers) for tenant_id, providers in found.items()}
