"""Tell of budgets that will be used up before their reset, while something can still be done about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import transaction

from metering.alerts.message import in_cents, name_of_subject
from metering.models import Tenant
from metering.notices import raise_notice
from metering.overview.budgets import BudgetLine, with_forecasts
from metering.types import Audience, Dimension, EnforcementMode, EventType, Window
from metering.usage.budget_status import budget_status
from metering.usage.limits import Limit
from metering.usage.status import BudgetStatus, amount_as_json

ENOUGH_PERCENT = 50
"""Before so much of it is used, a forecast changes too much to trouble anybody with."""
WINDOWS = (Window.DAY, Window.WEEK, Window.MONTH)
"""An hour is over before somebody has read of it."""
BATCH = 500
PATH = "/admin/budgets/"


def tell_of_forecasts(*, now: datetime) -> int:
    """Tell of each budget that will be used up, once for each meter and window; how many will be.

    Any number of workers may do it: each meter and window has a notice of one key.
    """
    tenants = {row.slug: row for row in Tenant.objects.all()}
    found, near = 0, _near(now)
    while statuses := list(islice(near, BATCH)):
        for line in with_forecasts(statuses, None, now=now):
            tenant = tenants.get(line.status.tenant_slug or "")
            if line.will_be_used_up and not _is_observed(tenant):
                _tell(line, tenant, now)
                found += 1
    return found


def _near(now: datetime) -> Iterator[BudgetStatus]:
    """Budgets of which enough is used and something is left, and of which alerts are raised."""
    for status in budget_status(now=now, where=_is_told):
        amount = status.limit.amount
        if 0 < status.used < amount and status.used * 100 >= amount * ENOUGH_PERCENT:
            yield status


def _is_told(limit: Limit) -> bool:
    has_alerts = bool(getattr(limit.row, "thresholds", ())) and limit.row.mode != EnforcementMode.OBSERVE
    return limit.window in WINDOWS and has_alerts


def _is_observed(tenant: Tenant | None) -> bool:
    return tenant is not None and tenant.enforcement_mode == EnforcementMode.OBSERVE


@transaction.atomic
def _tell(line: BudgetLine, tenant: Tenant | None, now: datetime) -> None:
    words = _words(line, tenant, now)
    raise_notice(
        type=EventType.BUDGET_FORECAST,
        audience=Audience.SUPER_ADMINS if tenant is None else Audience.TENANT_ADMINS,
        tenant_id=tenant.pk if tenant is not None else None,
        subject=words.subject,
        text=words.text,
        data=_facts(line),
        path=PATH,
        dedupe_key=_once(line.status),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    text: str


def _words(line: BudgetLine, tenant: Tenant | None, now: datetime) -> _Words:
    status, dimension = line.status, line.status.limit.dimension
    zone = ZoneInfo(tenant.timezone if tenant is not None else "UTC")
    whose = name_of_subject(status.key.subject_type, status.key.subject_id)
    what = "budget" if dimension is Dimension.COST else f"budget of {dimension.value.replace('_', ' ')}"
    used_up = _by(line.forecast.used_up_at if line.forecast else None, now, zone)
    return _Words(
        subject=f"{whose}: the {what} of this {status.limit.window.value} will be used up {used_up}",
        text=(
            f"{in_cents(dimension, status.used)} of {in_cents(dimension, status.limit.amount)} is used. If use goes "
            f"on as it has, the rest is used up {used_up}. It resets {_by(status.reset_at, now, zone)} ({zone.key})."
        ),
    )


def _by(moment: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """`at 16:40` today, `on Thursday` within six days, else `on 24 December`."""
    if moment is None:
        return "soon"
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"at {local:%H:%M}"
    return f"on {local:%A}" if (local.date() - today).days < 7 else f"on {local.day} {local:%B}"


def _facts(line: BudgetLine) -> dict[str, object]:
    """For programs, in the words of `GET /api/budgets`."""
    status, amount = line.status, amount_as_json(line.status.limit.dimension)
    return {
        "budget": str(status.limit.id),
        "subject_type": status.key.subject_type,
        "subject_id": status.key.subject_id,
        "dimension": status.limit.dimension.value,
        "window": status.limit.window.value,
        "unit": status.limit.dimension.unit,
        "used": amount(status.used),
        "limit": amount(status.limit.amount),
        "forecast": amount(line.forecast.at_reset) if line.forecast else None,
        "used_up_at": line.forecast.used_up_at if line.forecast else None,
        "reset_at": status.reset_at,
    }


def _once(status: BudgetStatus) -> str:
    """One text for a limit on a meter in a window, of whatever length a subject's name is."""
    parts = (*map(str, status.key), str(status.window_start))
    return f"budget.forecast:{sha256(chr(0).join(parts).encode()).hexdigest()}"
