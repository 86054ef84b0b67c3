"""A field for a moment whose zone is known only once the tenant is."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from metering.models import Tenant
from metering.time_zones import placed
from metering.usage.filters import zone_of

IN_ZONE = "A date or time; in the tenant's time zone (UTC for all tenants) unless it names one."


class Moment(serializers.DateTimeField):
    """What was written, without a zone if none was: `placed_for` says which moment it is."""

    def enforce_timezone(self, value: datetime) -> datetime:
        return value


def placed_for(tenant: Tenant | None, given: dict[str, Any], *names: str) -> None:
    """Put in the moments that these fields mean for the tenant, or (None) for all. Raises InvalidRequest."""
    for name in names:
        if given.get(name) is not None:
            given[name] = placed(given[name], zone_of(tenant), param=name)
