"""Alder with an administrator, a member, a team and a token, and browsers in which they are signed in."""

from dataclasses import dataclass
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from metering.models import ATIToken, Membership, Team, Tenant, User
from tests.factories import TeamFactory, UserFactory, alder, make_token

NONE = "!"
"""A password that nobody knows."""
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alder:
    tenant: Tenant
    token: ATIToken
    """Behind everybody."""
    admin: User
    member: User
    team: Team


def alders_people() -> Alder:
    tenant = alder()
    token = ATIToken.objects.get(pk=make_token(tenant, name="people", signups_allowed=9).id)
    admin: User = UserFactory(
        email="bea@alder.example", role=User.Role.TENANT_ADMIN, signup_token=token, password=NONE
    )
    member: User = UserFactory(email="ann@alder.example", signup_token=token, password=NONE)
    team: Team = TeamFactory(tenant=tenant, slug="patents", name="Patents")
    Membership.objects.create(team=team, user=member)
    return Alder(tenant=tenant, token=token, admin=admin, member=member, team=team)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def told(response: Any) -> list[str]:
    """The sentences that say what was done; the browser does not carry them on."""
    response.client.cookies.pop("messages", None)
    return [str(message) for message in get_messages(response.wsgi_request)]
