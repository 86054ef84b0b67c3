"""Rows that belong to a tenant are reached through `.for_tenant(tenant)`."""

from typing import Self

from django.db import models


class TenantQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """A queryset that can be narrowed to one tenant's rows."""

    def for_tenant(self, tenant: models.Model) -> Self:
        return self.filter(tenant_id=tenant.pk)
