"""Tenants, teams, people and tokens. The cast: Alder owns what is asked for, Birch must never see it."""

from datetime import timedelta
from typing import Any

import factory
from django.utils.timezone import now
from factory.django import DjangoModelFactory

from metering.identity.tokens.issue_token import issue_token
from metering.identity.tokens.secret import IssuedToken
from metering.models import ATIToken, Invitation, Team, Tenant, User
from tests.factories.catalog import make_plan


class TenantFactory(DjangoModelFactory[Tenant]):
    slug = factory.Sequence(lambda number: f"tenant-{number}")
    name = factory.LazyAttribute(lambda tenant: tenant.slug.title())

    class Meta:
        model = Tenant
        django_get_or_create = ("slug",)


def alder(**facts: Any) -> Tenant:
    """The tenant that owns things."""
    return TenantFactory(slug="alder", name="Alder Research", **facts)


def birch(**facts: Any) -> Tenant:
    """The tenant that must see nothing of Alder's."""
    return TenantFactory(slug="birch", name="Birch Patents", **facts)


class TeamFactory(DjangoModelFactory[Team]):
    tenant = factory.LazyFunction(alder)
    slug = factory.Sequence(lambda number: f"team-{number}")
    name = factory.LazyAttribute(lambda team: team.slug.title())

    class Meta:
        model = Team


class UserFactory(DjangoModelFactory[User]):
    tenant = factory.LazyFunction(alder)
    email = factory.Sequence(lambda number: f"person-{number}@example.com")
    role = User.Role.MEMBER

    class Meta:
        model = User


def make_token(tenant: Tenant | None = None, *, plan: str = "PRO", **facts: Any) -> IssuedToken:
    """A live token of Alder, or of another tenant, on a plan that is made if it is missing."""
    make_plan(plan)
    facts.setdefault("now", now())
    return issue_token(tenant=tenant or alder(), plan_code=plan, actor="a test", **facts)


def make_invitation(token: ATIToken, email: str, **facts: Any) -> Invitation:
    """An open invitation whose mail nobody has sent yet."""
    moment = facts.pop("now", now())
    values = {"asked_at": [moment], "created_at": moment, "expires_at": moment + timedelta(days=7), **facts}
    invitation: Invitation = Invitation.objects.create(
        tenant=token.tenant, token=token, email=email, **values
    )
    return invitation
