"""Becoming a user with an ATI token."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from metering.identity.tokens.revoke_token import revoke_token
from metering.models import ATIToken, AuditEvent, Tenant, User
from tests.factories import TeamFactory, UserFactory, birch, make_token
from tests.integration.gateway_project.api.people import PASSWORD, bearer, call, code_of, person

pytestmark = pytest.mark.django_db


def sign_up(secret: str, email: str = "ann@alder.example", password: str = PASSWORD, **facts: Any) -> Any:
    return call("POST", "auth/signup", {"ati_token": secret, "email": email, "password": password, **facts})


def test_the_new_user_is_signed_in_on_the_tokens_plan() -> None:
    token = make_token(signups_allowed=2)
    response = sign_up(token.secret, email="Ann@Alder.example", name="Ann")
    assert response.status_code == 201
    facts = call("GET", "auth/me", who=response.json()["access"]).json()
    assert (facts["email"], facts["name"], facts["tenant"]) == ("ann@alder.example", "Ann", "alder")
    assert (facts["plan"], facts["ati_id"]) == ("PRO", str(token.id))
    assert ATIToken.objects.get().signups_used == 1
    assert AuditEvent.objects.filter(action="token.signed_up_with").count() == 1


def test_the_first_of_a_tenant_is_its_administrator_and_the_next_are_members() -> None:
    token = make_token(signups_allowed=2)
    for name in ("ann", "bob"):
        sign_up(token.secret, email=f"{name}@alder.example")
    assert dict(User.objects.values_list("email", "role")) == {
        "ann@alder.example": "TENANT_ADMIN",
        "bob@alder.example": "MEMBER",
    }


def test_a_teams_token_makes_members_of_the_team_only() -> None:
    team = TeamFactory()
    token = make_token(team=team, signups_allowed=1)
    facts = call("GET", "auth/me", who=sign_up(token.secret).json()["access"]).json()
    assert (facts["role"], facts["teams"]) == ("MEMBER", [team.slug])


def test_another_tenants_people_do_not_count_as_first() -> None:
    UserFactory(tenant=birch())
    sign_up(make_token(signups_allowed=1).secret)
    assert User.objects.get(email="ann@alder.example").role == "TENANT_ADMIN"


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_token_that_is_used_up_is_refused(allowed: int) -> None:
    token = make_token(signups_allowed=allowed)
    for number in range(allowed):
        sign_up(token.secret, email=f"person-{number}@alder.example")
    assert code_of(sign_up(token.secret)) == (403, "not_permitted")
    assert User.objects.count() == allowed


@pytest.mark.parametrize(
    ("facts", "param"),
    [
        ({"password": "12345678"}, "password"),
        ({"password": "ann@alder.example"}, "password"),
        ({"password": "short"}, "password"),
        ({"password": "nul\x00nul\x00nul"}, "password"),
        ({"email": "no address"}, "email"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_a_refusal_names_the_field_and_spends_nothing(facts: dict[str, str], param: str) -> None:
    token = make_token(signups_allowed=1)
    response = sign_up(token.secret, **facts)
    assert code_of(response) == (400, "invalid_request")
    assert response.json()["error"]["param"] == param
    assert ATIToken.objects.get().signups_used == 0


def test_an_address_that_is_taken_spends_nothing() -> None:
    UserFactory(email="ann@alder.example", tenant=birch())
    assert sign_up(make_token(signups_allowed=1).secret).status_code == 400
    assert ATIToken.objects.get().signups_used == 0


def test_a_revoked_and_an_expired_token_are_refused() -> None:
    revoked = make_token(signups_allowed=1)
    revoke_token(token=ATIToken.objects.get(), actor="a test", now=now())
    expired = make_token(signups_allowed=1, now=now() - timedelta(2), expires_at=now() - timedelta(1))
    codes = [code_of(sign_up(token.secret)) for token in (revoked, expired)]
    assert codes == [(401, "invalid_credential"), (401, "token_expired")]


def test_a_suspended_tenants_token_is_refused() -> None:
    token = make_token(signups_allowed=1)
    Tenant.objects.update(status="SUSPENDED")
    assert code_of(sign_up(token.secret)) == (403, "tenant_suspended")


def test_from_outside_the_tokens_networks_is_refused() -> None:
    token = make_token(signups_allowed=1, allowed_networks=["192.0.2.0/24"])
    assert code_of(sign_up(token.secret)) == (401, "invalid_credential")


def test_an_access_token_is_not_for_signing_up() -> None:
    assert code_of(sign_up(bearer(person()))) == (400, "invalid_request")
    assert code_of(sign_up("eyJ.x.y")) == (401, "invalid_credential")
