"""A tenant's calendar month."""

from datetime import UTC, date, datetime

from metering.errors import InvalidRequest
from metering.ledger.windows import window_bounds
from metering.models import Tenant
from metering.time_zones import zone_named
from metering.types import Window


def month_named(text: str) -> date:
    """Read a month such as `2026-10`; return its first day. Raises InvalidRequest."""
    try:
        if len(text) != len("2026-10"):
            raise ValueError
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise InvalidRequest(f"month: {text!r} is no month such as 2026-10.", param="month") from None


def month_before(month: date) -> date:
    return (month.replace(day=1) - date.resolution).replace(day=1)


def month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def bounds_of(tenant: Tenant, month: date) -> tuple[datetime, datetime]:
    """When it begins and ends in the tenant's zone. Raises InvalidRequest beyond every calendar."""
    if not 1970 <= month.year < 9999:
        raise InvalidRequest(f"month: there are no books of {month:%Y-%m}.", param="month")
    middle = datetime(month.year, month.month, 15, tzinfo=UTC)
    start, end = window_bounds(Window.MONTH, middle, timezone=tenant.timezone)
    return start, end or start  # months end


def month_at(tenant: Tenant, moment: datetime) -> date:
    """The month in which it is where the tenant is."""
    return moment.astimezone(zone_named(tenant.timezone)).date().replace(day=1)
