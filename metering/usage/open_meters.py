"""The meters that limits stand on and whose window is open now, in an order that can be read on from any of them."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from metering.models import UsageMeter
from metering.rules.rule import TIGHTENING_SCOPES
from metering.types import SUBJECTS_TOLD_BY_CALL, SubjectType
from metering.usage.limits import Limit

NOBODY = UUID(int=0)
SUBJECT_OF_RULES = {scope: SubjectType(scope.value) for scope in TIGHTENING_SCOPES}
STANDING = """
SELECT meter.*, standing.id AS limit_id FROM unnest(%(ids)s::uuid[], %(dimensions)s::text[], %(windows)s::text[],
    %(tasks)s::text[], %(classes)s::text[], %(counted)s::text[], %(subjects)s::text[], %(owners)s::uuid[])
    AS standing (id, dimension, "window", task, model_class, subject_type, subject_id, tenant_id)
JOIN metering_usagemeter meter ON meter.dimension = standing.dimension AND meter."window" = standing."window"
    AND meter.task = standing.task AND meter.model_class = standing.model_class
    AND meter.subject_type = standing.subject_type
    AND (standing.subject_id = '' OR meter.subject_id = standing.subject_id)
    AND (standing.tenant_id IS NULL OR meter.tenant_id = standing.tenant_id)
WHERE NOT meter.retired AND meter.window_start <= %(now)s AND (meter.window_end IS NULL OR meter.window_end > %(now)s)
    AND (meter.tenant_id IS NULL OR meter.tenant_id = ANY(%(tenants)s))
    AND (%(subject_ids)s::text[] IS NULL OR meter.subject_id = ANY(%(subject_ids)s))
    AND (standing.id, meter.subject_type COLLATE "C", meter.subject_id COLLATE "C",
        coalesce(meter.tenant_id, %(nobody)s)) > (%(after_id)s, %(after_type)s, %(after_subject)s, %(after_tenant)s)
"""
IN_ORDER = (
    'ORDER BY limit_id, subject_type COLLATE "C", subject_id COLLATE "C", coalesce(tenant_id, %(nobody)s)'
)
"""In the order in which Python compares these: text by its bytes."""
ALL = f"SELECT * FROM ({STANDING}) found {IN_ORDER}"  # noqa: S608 - constants of this file
FULLEST = f"""
SELECT * FROM (
    SELECT found.*, row_number() OVER (PARTITION BY limit_id ORDER BY greatest(used, held) DESC, id) AS place
    FROM ({STANDING}) found
) ranked
WHERE place <= %(most)s OR subject_type <> ALL(%(told)s)
{IN_ORDER}
"""  # noqa: S608 - constants of this file


class LimitOnMeter(NamedTuple):
    """Which limit on whose counter it is; of its windows, one is open."""

    budget_id: UUID
    subject_type: str
    subject_id: str
    tenant_id: UUID
    """NOBODY where tenants share it."""


FIRST = LimitOnMeter(NOBODY, "", "", NOBODY)


def counted_by(limit: Limit) -> SubjectType:
    """Whose use a limit counts: of rules about calls at once the tenant's, where they are not about somebody."""
    return limit.per or SUBJECT_OF_RULES.get(limit.scope, SubjectType.TENANT)


def open_meters(
    limits: Collection[Limit],
    now: datetime,
    *,
    tenants: Collection[UUID],
    subjects: Mapping[UUID, frozenset[tuple[str, str]]] | None,
    after: LimitOnMeter | None,
    most_told: int | None = None,
) -> Iterator[tuple[LimitOnMeter, UsageMeter]]:
    """Yield the open meters on which the limits stand, those that follow `after`, by one query however many there are.

    They are meters of these tenants, or shared by all. With `subjects` only those of these subjects of each limit.
    With `most_told` at most so many of one limit, the fullest, among those of agents, tags and other subjects that
    calls tell, because there is no end of those.
    """
    after = after or FIRST
    subject_ids = None
    if subjects is not None:
        subject_ids = sorted({subject_id for pairs in subjects.values() for _, subject_id in pairs})
    parameters = {
        "ids": [limit.id for limit in limits],
        "dimensions": [limit.dimension.value for limit in limits],
        "windows": [limit.window.value for limit in limits],
        "tasks": [limit.task or "" for limit in limits],
        "classes": [limit.model_class or "" for limit in limits],
        "counted": [counted_by(limit).value for limit in limits],
        "subjects": [_only(limit) for limit in limits],
        "owners": [limit.tenant.pk if limit.tenant else None for limit in limits],
        "now": now,
        "tenants": list(tenants),
        "subject_ids": subject_ids,
        "nobody": NOBODY,
        "after_id": after.budget_id,
        "after_type": after.subject_type,
        "after_subject": after.subject_id,
        "after_tenant": after.tenant_id,
        "most": most_told,
        "told": [kind.value for kind in SUBJECTS_TOLD_BY_CALL],
    }
    text = ALL if most_told is None else FULLEST
    for meter in UsageMeter.objects.raw(text, parameters).iterator():
        limit_id: UUID = meter.limit_id  # type: ignore[attr-defined] # a column of the query
        key = LimitOnMeter(limit_id, meter.subject_type, meter.subject_id, meter.tenant_id or NOBODY)
        if subjects is None or (key.subject_type, key.subject_id) in subjects.get(key.budget_id, ()):
            yield key, meter


def _only(limit: Limit) -> str:
    """The one subject of a limit that is about somebody; empty: whoever it counts."""
    return limit.scope_id if limit.scope.value == counted_by(limit).value else ""
