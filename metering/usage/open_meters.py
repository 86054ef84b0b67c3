"""The meters that limits stand on and whose window is open now, in an order that can be read on from any of them."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Collate

from metering.models import UsageMeter
from metering.types import Scope, SubjectType
from metering.usage.limits import Limit

NOBODY = UUID(int=0)
ORDER = (Collate("subject_type", "C"), Collate("subject_id", "C"), Coalesce("tenant_id", NOBODY))
"""As Python compares MeterKeys: text by its bytes."""
BEYOND = """(subject_type COLLATE "C", subject_id COLLATE "C", coalesce(tenant_id, %s)) > (%s, %s, %s)"""
SUBJECT_OF_RULES = {scope: SubjectType(scope.value) for scope in (Scope.TEAM, Scope.USER, Scope.TOKEN)}


class MeterKey(NamedTuple):
    """Which limit on whose counter it is; of its windows, one is open."""

    budget_id: UUID
    subject_type: str
    subject_id: str
    tenant_id: UUID
    """NOBODY where tenants share it."""


def counted_by(limit: Limit) -> SubjectType:
    """Whose use a limit counts: of rules about calls at once the tenant's, where they are not about somebody."""
    return limit.per or SUBJECT_OF_RULES.get(limit.scope, SubjectType.TENANT)


def open_meters(
    limit: Limit,
    now: datetime,
    *,
    tenants: Collection[UUID],
    pairs: Collection[tuple[str, str]] | None,
    after: MeterKey | None,
) -> Iterator[tuple[MeterKey, UsageMeter]]:
    """Those that the limit stands on, of these tenants or shared by all; with `pairs`, of these subjects only."""
    meters: QuerySet[UsageMeter] = UsageMeter.objects.filter(
        Q(window_end=None) | Q(window_end__gt=now),
        Q(tenant_id=None) | Q(tenant_id__in=list(tenants)),
        window_start__lte=now,
        retired=False,
        dimension=limit.dimension,
        window=limit.window,
        task=limit.task or "",
        model_class=limit.model_class or "",
        subject_type=counted_by(limit),
    )
    if limit.scope.value == counted_by(limit).value and limit.scope_id:
        meters = meters.filter(subject_id=limit.scope_id)
    if pairs is not None:
        meters = meters.filter(subject_id__in=[subject_id for _, subject_id in pairs])
    if after is not None and after.budget_id == limit.id:
        meters = meters.extra(where=[BEYOND], params=[NOBODY, *after[1:]])  # noqa: S610 - values are parameters
    for meter in meters.order_by(*ORDER).iterator():
        yield MeterKey(limit.id, meter.subject_type, meter.subject_id, meter.tenant_id or NOBODY), meter
