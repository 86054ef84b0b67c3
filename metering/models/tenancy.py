"""Rows that belong to a tenant are reached through `.for_tenant(tenant)`."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from metering.models.identity import Tenant


class TenantQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """A queryset that can be narrowed to one tenant's rows."""

    def for_tenant(self, tenant: "Tenant") -> Self:
        return self.filter(tenant_id=tenant.pk)
