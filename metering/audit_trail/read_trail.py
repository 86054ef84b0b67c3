"""Reads the audit trail, the newest first or the oldest, a page at a time: of one tenant, or of everything."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db.models import Q, QuerySet
from msgspec import Meta, Struct

from metering.audit_trail.nouns import OBJECTS
from metering.errors import InvalidRequest
from metering.models import AuditEvent, Tenant, User

OPERATOR = "operator"
"""Stands for everybody who is not of the tenant. Who among them it was is told to operators only."""


class TrailKey(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """The place of an event in the trail. Events of one moment are in the order of their ids."""

    at: Annotated[datetime, Meta(tz=True)]
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which events of the trail are asked for."""

    tenant: Tenant | None = None
    """None: those of all tenants, and the gateway's own."""
    person: str = ""
    """An address, or how the trail names whoever else did it; OPERATOR within a tenant. Empty: anybody."""
    noun: str = ""
    """A word of `nouns.py`. Empty: any."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    oldest_first: bool = False


def trail_page(
    asked: TrailFilter, *, limit: int, after: TrailKey | None = None
) -> tuple[list[AuditEvent], TrailKey | None]:
    """At most `limit` events behind `after` in the filter's order, and the key of the last one if there are more.

    Raises InvalidRequest for a noun that there is not.
    """
    events = _chosen(asked)
    if after is not None:
        behind = {"at__gte": after.at} if asked.oldest_first else {"at__lte": after.at}
        seen = {"id__lte": after.id} if asked.oldest_first else {"id__gte": after.id}
        events = events.filter(**behind).exclude(at=after.at, **seen)
    order = ("at", "id") if asked.oldest_first else ("-at", "-id")
    found = list(events.order_by(*order)[: limit + 1])
    page = found[:limit]
    return page, TrailKey(page[-1].at, page[-1].id) if len(found) > limit else None


def whole_trail(asked: TrailFilter, *, page: int, most: int) -> Iterator[list[AuditEvent]]:
    """Page after page, up to so many events."""
    after: TrailKey | None = None
    for _ in range(0, most, page):
        events, after = trail_page(asked, limit=page, after=after)
        yield events
        if after is None:
            return


def _chosen(asked: TrailFilter) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.all()
    if asked.tenant is not None:
        events = events.filter(tenant_id=asked.tenant.pk)
    if asked.person:
        events = events.filter(_by(asked.person, asked.tenant))
    if asked.noun:
        if asked.noun not in OBJECTS:
            raise InvalidRequest(f"noun must be one of {', '.join(OBJECTS)}.", param="noun")
        events = events.filter(object_type__in=OBJECTS[asked.noun])
    if asked.since is not None:
        events = events.filter(at__gte=asked.since)
    if asked.until is not None:
        events = events.filter(at__lt=asked.until)
    return events


def _by(person: str, tenant: Tenant | None) -> Q:
    """Within a tenant only its own people are found by name, so that nobody guesses who the operators are."""
    if tenant is None:
        return Q(actor=person)
    own = User.objects.filter(tenant=tenant)
    of_tenant = (
        Q(actor__in=own.values("email")) | Q(actor__startswith="token ") | Q(actor__startswith="sign-up")
    )
    if person == OPERATOR:
        return ~of_tenant
    return Q(actor=person) & of_tenant
