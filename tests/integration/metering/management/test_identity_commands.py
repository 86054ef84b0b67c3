"""The commands about tenants and tokens."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from metering.identity.authenticate import authenticate
from metering.models import ATIToken, AuditEvent, Tenant
from tests.factories import TeamFactory, UserFactory, alder, birch, make_plan, make_token
from tests.integration.metering.management.asking import answer, refusal, text

pytestmark = pytest.mark.django_db


def test_a_tenant_gets_a_token_that_works_until_it_is_revoked() -> None:
    make_plan("PRO")
    made = answer("create_tenant", "--slug", "oak", "--name", "Oak", "--timezone", "Europe/Berlin")
    assert (made["slug"], made["timezone"], made["created"]) == ("oak", "Europe/Berlin", True)
    issued = answer("issue_token", "--tenant", "oak", "--plan", "PRO", "--name", "ci")
    assert set(issued) == {"id", "token", "prefix"}
    caller = authenticate(secret=issued["token"], now=now())
    assert (str(caller.token_id), caller.tenant_slug) == (issued["id"], "oak")
    revoked = answer("revoke_token", issued["id"])
    assert (revoked["id"], revoked["prefix"]) == (issued["id"], issued["prefix"])
    assert ATIToken.objects.get().revoked_at is not None


def test_creating_a_tenant_again_says_so() -> None:
    text("create_tenant", "--slug", "oak", "--name", "Oak")
    assert answer("create_tenant", "--slug", "oak", "--name", "Oak")["created"] is False
    assert Tenant.objects.count() == 1


def test_a_token_may_be_bound_and_limited() -> None:
    alder(), make_plan("PRO")
    team, user = TeamFactory(slug="search"), UserFactory(email="ann@example.com")
    end = (now() + timedelta(days=1)).replace(microsecond=0)
    answer(
        *(
            "issue_token",
            "--tenant",
            "alder",
            "--plan",
            "PRO",
            "--team",
            "search",
            "--user",
            "ann@example.com",
        ),
        *("--expires-at", end.isoformat(), "--signups", "3"),
    )
    token = ATIToken.objects.get()
    assert (token.team, token.user, token.expires_at, token.signups_allowed) == (team, user, end, 3)


def test_another_tenant_s_team_is_not_found() -> None:
    TeamFactory(tenant=birch(), slug="search")
    alder(), make_plan("PRO")
    error = refusal("issue_token", "--tenant", "alder", "--plan", "PRO", "--team", "search")
    assert str(error) == "Tenant 'alder' has no team 'search'."


def test_a_tenant_moves_to_another_plan() -> None:
    make_token()
    make_plan("BASIC")
    assert answer("assign_plan", "--tenant", "alder", "--plan", "BASIC")["tokens_changed"] == 1
    assert ATIToken.objects.get().plan_tier_id == "BASIC"


def test_the_trace_names_the_command() -> None:
    text("create_tenant", "--slug", "oak", "--name", "Oak")
    assert AuditEvent.objects.get().actor == "manage.py create_tenant"


def test_a_token_that_somebody_found_is_revoked_by_the_whole_of_it() -> None:
    issued = make_token()
    assert answer("revoke_token", issued.secret)["id"] == str(issued.id)


def test_a_secret_that_is_unknown_is_not_repeated() -> None:
    secret = "ati_unknown1_" + "x" * 43
    assert str(refusal("revoke_token", secret)) == "There is no ATI token 'ati_unknown1…'."
