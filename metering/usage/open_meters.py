"""The meters whose window is open now, in an order that can be read on from any of them."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Collate

from metering.models import Tenant, UsageMeter

NOBODY = UUID(int=0)
ORDER = ("budget_id", Collate("subject_type", "C"), Collate("subject_id", "C"), Coalesce("tenant_id", NOBODY))
"""As Python compares MeterKeys: text by its bytes."""
BEYOND = """(budget_id, subject_type COLLATE "C", subject_id COLLATE "C", coalesce(tenant_id, %s)) > (%s, %s, %s, %s)"""


class MeterKey(NamedTuple):
    """Whose counter of which limit it is; of its windows, one is open."""

    budget_id: UUID
    subject_type: str
    subject_id: str
    tenant_id: UUID
    """NOBODY where tenants share it."""


def key_of(meter: UsageMeter) -> MeterKey:
    return MeterKey(meter.budget_id, meter.subject_type, meter.subject_id, meter.tenant_id or NOBODY)


def open_meters(
    now: datetime,
    *,
    tenant: Tenant | None,
    limits: Collection[UUID],
    with_shared: bool,
    subjects: Mapping[UUID, frozenset[tuple[str, str]]] | None,
    after: MeterKey | None,
) -> Iterator[UsageMeter]:
    """Those of one tenant's limits, or (None) of all; with `subjects`, of these subjects of each limit only."""
    is_open = Q(window_start__lte=now) & (Q(window_end=None) | Q(window_end__gt=now))
    meters: QuerySet[UsageMeter] = UsageMeter.objects.filter(is_open)
    if tenant is not None:
        mine = Q(tenant_id=tenant.pk)
        meters = meters.filter(mine | Q(tenant_id=None) if with_shared else mine, budget_id__in=list(limits))
    elif not with_shared:
        meters = meters.exclude(tenant_id=None)
    if subjects is not None:
        ids = {subject_id for pairs in subjects.values() for _, subject_id in pairs}
        meters = meters.filter(subject_id__in=list(ids))
    if after is not None:
        meters = meters.extra(where=[BEYOND], params=[NOBODY, *after])  # noqa: S610 - values are parameters
    for meter in meters.order_by(*ORDER).iterator():
        pair = (meter.subject_type, meter.subject_id)
        if subjects is None or pair in subjects.get(meter.budget_id, ()):
            yield meter
