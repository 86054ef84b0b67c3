"""Tenants with their teams, people and tokens."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password

from metering.models import ATIToken, Membership, Tenant, User
from tests.factories import TeamFactory, TenantFactory, id_at, make_token

PASSWORD = "correct horse battery"
TENANTS = {
    "alder": ("Alder Research", "America/New_York", "ENTERPRISE"),
    "birch": ("Birch Patents", "UTC", "PRO"),
    "cedar": ("Cedar Law", "Europe/Berlin", "PRO"),
}
PEOPLE = {
    "alder": {"Research": ("dora", "amy", "ben"), "Drafting": ("chloe", "dirk")},
    "birch": {"Filing": ("fiona", "gus")},
    "cedar": {"Patents": ("ann", "bob", "carla"), "Litigation": ("dan", "eva")},
}
ADMINS = ("dora", "fiona", "ann")
APPLICATIONS = {"alder": "alder-prod", "birch": "birch-app", "cedar": "cedar-batch"}
"""Each tenant's token that belongs to no person."""


def make_people(now: datetime) -> list[Tenant]:
    began = now - timedelta(days=70)
    hashed = make_password(PASSWORD)
    operator = User.objects.create_superuser("ops@example.com")
    operator.password = hashed
    operator.save()
    tenants = []
    for slug, (name, zone, plan) in TENANTS.items():
        tenant = TenantFactory(id=id_at(began), created_at=began, slug=slug, name=name, timezone=zone)
        tenants.append(tenant)
        _token(tenant, plan, began, name=APPLICATIONS[slug])
        for team_name, names in PEOPLE[slug].items():
            team = TeamFactory(id=id_at(began), tenant=tenant, name=team_name, slug=team_name.lower())
            for first_name in names:
                person = _person(tenant, first_name, hashed, began)
                Membership.objects.create(team=team, user=person)
                own = _token(tenant, plan, began, name=f"{first_name}-laptop", user=person, team=team)
                User.objects.filter(pk=person.pk).update(signup_token=own)
    return tenants


def _token(tenant: Tenant, plan: str, began: datetime, **facts: Any) -> UUID:
    """With an id of that day: before the moment in its id, nobody can have used anything."""
    issued, own_id = make_token(tenant, plan=plan, now=began, **facts), id_at(began)
    ATIToken.objects.filter(pk=issued.id).update(id=own_id)
    return own_id


def _person(tenant: Tenant, first_name: str, hashed: str, began: datetime) -> User:
    is_admin = first_name in ADMINS
    return User.objects.create(
        id=id_at(began),
        date_joined=began,
        email=f"{first_name}@{tenant.slug}.example",
        name=first_name.title(),
        tenant=tenant,
        password=hashed,
        role=User.Role.TENANT_ADMIN if is_admin else User.Role.MEMBER,
        is_staff=is_admin,
    )
