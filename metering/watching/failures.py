"""Tell operators of vendors that fail, and a tenant's administrators of calls that fail often.

Judged by the attempts of the last ten minutes, as `error_rate` in reports counts them: what vendors failed at, of what
they answered or failed at. A vendor is down where most of that failed; its error rate is high, and a tenant's is, above
a fifth. A few failures are chance. It is over once less than half as much fails, so that nobody is told twice of what
goes up and down around a mark. Of a vendor that is down, the error rate is no news.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from metering.ids import first_id_at
from metering.models import Episode, Tenant, UsageLog
from metering.notices import raise_notice
from metering.types import Audience, EventType, Outcome
from metering.watching.episodes import begin, end

RECENT = timedelta(minutes=10)
AT_LEAST = 5
"""Failures; fewer are chance."""
DOWN_PERCENT = 50
HIGH_PERCENT = 20
FAILED = (Outcome.ERROR.value, Outcome.TIMEOUT.value, Outcome.CUT.value)
VENDORS, ACTIVITY = "/admin/vendors/", "/admin/activity/"


@dataclass(frozen=True, slots=True)
class Attempts:
    """Attempts of somebody, and how many of them failed."""

    attempts: int = 0
    failed: int = 0

    @property
    def facts(self) -> Mapping[str, int]:
        percent = 100 * self.failed // self.attempts if self.attempts else 0
        return {"attempts": self.attempts, "failed": self.failed, "percent": percent}

    @property
    def sentence(self) -> str:
        return f"{self.failed:,} of {self.attempts:,} attempts of the last ten minutes failed"

    def is_over(self, percent: int) -> bool:
        return self.failed >= AT_LEAST and 100 * self.failed > percent * self.attempts

    def is_well(self, percent: int) -> bool:
        """Whether little fails of what was tried. Of nothing tried nobody knows."""
        return self.attempts > 0 and 200 * self.failed < percent * self.attempts


def tell_of_failures(*, now: datetime) -> int:
    """Tell of what fails since this look; of how many vendors and tenants. Any number of workers may do it."""
    vendors, tenants = _recent(now)
    told = 0
    for name, tried in vendors.items():
        if tried.is_over(DOWN_PERCENT):
            told += _tell_operators(EventType.VENDOR_DOWN, name, tried, now)
    going_on = Episode.objects.filter(type=EventType.VENDOR_DOWN.value, ended_at=None)
    down = set(going_on.values_list("subject", flat=True))
    for name, tried in vendors.items():
        if name not in down and tried.is_over(HIGH_PERCENT):
            told += _tell_operators(EventType.ERROR_RATE_HIGH, name, tried, now)
    for tenant_id, tried in tenants.items():
        if tried.is_over(HIGH_PERCENT):
            told += _tell_tenant(tenant_id, tried, now)
    everybody = {**vendors, **{str(tenant_id): tried for tenant_id, tried in tenants.items()}}
    for type_, percent in ((EventType.VENDOR_DOWN, DOWN_PERCENT), (EventType.ERROR_RATE_HIGH, HIGH_PERCENT)):
        end(type_, [name for name, tried in everybody.items() if tried.is_well(percent)], now=now)
    return told


def _recent(now: datetime) -> tuple[Mapping[str, Attempts], Mapping[UUID, Attempts]]:
    """By vendor and by tenant, in one query. What came from the cache or was never sent was at no vendor."""
    rows = UsageLog.objects.filter(id__gte=first_id_at(now - RECENT), outcome__in=[Outcome.OK.value, *FAILED])
    counted = rows.order_by().values("provider_name", "tenant_id", "outcome").annotate(count=Count("pk"))
    attempts, failed = Counter[str | UUID](), Counter[str | UUID]()
    vendors, tenants = set[str](), set[UUID]()
    for row in counted:
        vendors.add(row["provider_name"])
        tenants.add(row["tenant_id"])
        for subject in (row["provider_name"], row["tenant_id"]):
            attempts[subject] += row["count"]
            failed[subject] += row["count"] if row["outcome"] in FAILED else 0
    return (
        {name: Attempts(attempts[name], failed[name]) for name in vendors},
        {tenant_id: Attempts(attempts[tenant_id], failed[tenant_id]) for tenant_id in tenants},
    )


@transaction.atomic
def _tell_operators(type_: EventType, vendor: str, tried: Attempts, now: datetime) -> bool:
    episode = begin(type_, vendor, now=now)
    if episode is None:
        return False
    is_down = type_ is EventType.VENDOR_DOWN
    raise_notice(
        type=type_,
        audience=Audience.SUPER_ADMINS,
        subject=f"{vendor} is down" if is_down else f"{vendor} fails often",
        text=(
            f"{tried.sentence} at {vendor}. Calls go to other vendors where the catalog has one for them; the others "
            "fail. The page of vendors says what went wrong last."
        ),
        data={"provider": vendor, **tried.facts},
        path=VENDORS,
        dedupe_key=f"{type_.value}:{episode.pk}",
        now=now,
    )
    return True


@transaction.atomic
def _tell_tenant(tenant_id: UUID, tried: Attempts, now: datetime) -> bool:
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    episode = begin(EventType.ERROR_RATE_HIGH, str(tenant_id), now=now) if tenant is not None else None
    if tenant is None or episode is None:
        return False
    raise_notice(
        type=EventType.ERROR_RATE_HIGH,
        audience=Audience.TENANT_ADMINS,
        tenant_id=tenant.pk,
        subject=f"Calls of {tenant.name} fail often",
        text=f"{tried.sentence}. The activity page shows which, and why.",
        data={"tenant": tenant.slug, **tried.facts},
        path=ACTIVITY,
        dedupe_key=f"{EventType.ERROR_RATE_HIGH.value}:{episode.pk}",
        now=now,
    )
    return True
