"""The people of a tenant, as the list shows them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from admin_console.parts import typed
from admin_console.spend import spent_this_month
from metering.models import Membership, Tenant, User

MOST = 2_000
"""So many people are looked at; a search finds the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One line of the list."""

    email: str
    name: str
    role: str
    is_active: bool
    teams: tuple[str, ...]
    last_login: datetime | None
    spent: int
    """Nano-USD this month."""


def people_of(tenant: Tenant, query: Mapping[str, str], *, now: datetime) -> list[Person]:
    """Those of the tenant's people whom the query means: `q` (name or address), `role`, `team` and `state`."""
    people = User.objects.filter(tenant=tenant)
    if words := typed(query):
        people = people.filter(Q(email__icontains=words) | Q(name__icontains=words))
    if query.get("role") in {User.Role.MEMBER, User.Role.TENANT_ADMIN}:
        people = people.filter(role=query["role"])
    if query.get("state") in {"active", "deactivated"}:
        people = people.filter(is_active=query["state"] == "active")
    if team := query.get("team", ""):
        people = people.filter(memberships__team__slug=team, memberships__team__tenant=tenant)
    spent = spent_this_month(tenant, by="user", now=now)
    found = list(people.order_by("email")[:MOST])
    teams = _teams(tenant)
    return [
        Person(
            email=person.email,
            name=person.name,
            role=person.role,
            is_active=person.is_active,
            teams=tuple(teams[person.pk]),
            last_login=person.last_login,
            spent=spent.get(person.pk, 0),
        )
        for person in found
    ]


def _teams(tenant: Tenant) -> Mapping[UUID, list[str]]:
    teams: dict[UUID, list[str]] = defaultdict(list)
    members = Membership.objects.filter(team__tenant=tenant).order_by("team__name")
    for user_id, name in members.values_list("user_id", "team__name"):
        teams[user_id].append(name)
    return teams
