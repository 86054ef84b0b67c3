"""Events as entries that people read. What they may know of who did it depends on whose trail it is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from uuid import UUID

from metering.audit_trail.names import Names
from metering.audit_trail.nouns import noun_of
from metering.audit_trail.read_trail import OPERATOR
from metering.audit_trail.sentences import sentence_of, target_of
from metering.audit_trail.values import Change, Reading, changes_in
from metering.models import AuditEvent, Tenant, User

AN_OPERATOR = "An operator"
THE_GATEWAY = "The gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event of the audit trail in words."""

    id: UUID
    at: datetime
    actor: str
    """An address or a token's prefix; `operator` for a tenant where it was none of its own."""
    who: str
    """As the sentence begins."""
    action: str
    noun: str
    target: str
    sentence: str
    changes: tuple[Change, ...]
    tenant: str
    """The slug; empty for the gateway's own."""


def entries_of(events: Iterable[AuditEvent], *, tenant: Tenant | None, zone: tzinfo) -> list[Entry]:
    """The events in words, for a tenant's people or (None) for operators."""
    events = list(events)
    names = Names(events)
    owners = {event.tenant_id for event in events if event.tenant_id is not None}
    slugs = dict(Tenant.objects.filter(pk__in=owners).values_list("pk", "slug"))
    reading = Reading(names=names, zone=zone, is_operators=tenant is None)
    return [
        _entry(event, replace(reading, dimension=_dimension(event, names)), tenant, slugs) for event in events
    ]


def _entry(event: AuditEvent, reading: Reading, tenant: Tenant | None, slugs: dict[UUID, str]) -> Entry:
    actor, who = _who(event, reading.names, tenant)
    return Entry(
        id=event.pk,
        at=event.at,
        actor=actor,
        who=who,
        action=event.action,
        noun=noun_of(event.object_type),
        target=target_of(event, reading),
        sentence=f"{who} {sentence_of(event, reading)}",
        changes=tuple(changes_in(event.facts, reading)),
        tenant=slugs.get(event.tenant_id, "") if event.tenant_id is not None else "",
    )


def _who(event: AuditEvent, names: Names, tenant: Tenant | None) -> tuple[str, str]:
    """How the actor is named to whoever reads it. Operators are named to operators only."""
    actor = event.actor
    person = names.people.get(actor)
    if person is not None:
        if tenant is None or person["tenant_id"] == tenant.pk:
            return actor, person["name"] or actor
        return OPERATOR, AN_OPERATOR
    kind, _, prefix = actor.rpartition(" ")
    token = names.tokens.get(prefix) if kind in ("token", "sign-up with") else None
    if token is not None and (tenant is None or token["tenant_id"] == tenant.pk):
        named = f"the token {prefix}" + (f" ({token['name']})" if token["name"] else "")
        return actor, f"T{named[1:]}" if kind == "token" else f"Somebody who signed up with {named}"
    if tenant is None:
        return actor, actor
    if "@" in actor or actor.startswith("manage.py"):
        return OPERATOR, AN_OPERATOR
    return OPERATOR, THE_GATEWAY


def _dimension(event: AuditEvent, names: Names) -> str:
    return str(names.limit_of(event).get("dimension", "")) if event.object_type == "Budget" else ""


def people_in(tenant: Tenant, *, most: int) -> list[tuple[str, str]]:
    """Addresses and names of those whom the trail of a tenant can be asked about."""
    rows = User.objects.filter(tenant=tenant).order_by("email").values_list("email", "name")[:most]
    return [(email, f"{name} ({email})" if name else email) for email, name in rows]
