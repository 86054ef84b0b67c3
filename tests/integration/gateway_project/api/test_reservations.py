"""Calls under way over the API: whose one sees, and what is told of each."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from metering.models import ATIToken, User
from tests.factories import ReservationFactory, TeamFactory, alder, birch, make_token
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin

pytestmark = pytest.mark.django_db


def held(who: User, query: str = "?state=held") -> list[dict[str, Any]]:
    response = call("GET", f"reservations{query}", who=who)
    assert response.status_code == 200, response.content
    rows: list[dict[str, Any]] = response.json()["results"]
    return rows


def test_a_call_under_way_is_told_with_who_model_since_and_what_it_holds() -> None:
    token = ATIToken.objects.get(pk=make_token(name="ci").id)
    user, team = person(), TeamFactory(slug="research")
    row = ReservationFactory(
        token_id=token.pk, user_id=user.pk, team_id=team.pk, cost_nano_usd=87_315_000, request_id="r-1"
    )
    [shown] = held(super_admin())
    assert shown["id"] == str(row.pk)
    told = {
        name: shown[name] for name in ("tenant", "user", "token", "token_name", "team", "model", "held_usd")
    }
    assert told == {
        "tenant": "alder",
        "user": user.email,
        "token": token.prefix,
        "token_name": "ci",
        "team": "research",
        "model": "sandbox-small",
        "held_usd": "0.087315",
    }
    assert shown["since"] == row.created_at.isoformat().replace("+00:00", "Z")


def test_members_see_their_own_admins_their_tenants_super_admins_all() -> None:
    member, admin = person(), person(User.Role.TENANT_ADMIN)
    mine, of_admin, of_birch = (
        str(ReservationFactory(tenant_id=tenant.pk, user_id=user_id).pk)
        for tenant, user_id in ((alder(), member.pk), (alder(), admin.pk), (birch(), None))
    )
    operator = super_admin()
    assert {row["id"] for row in held(member)} == {mine}
    assert {row["id"] for row in held(admin)} == {mine, of_admin}
    assert {row["id"] for row in held(operator)} == {mine, of_admin, of_birch}
    assert {row["id"] for row in held(operator, "?state=held&tenant=birch")} == {of_birch}
    assert code_of(call("GET", "reservations?tenant=birch", who=admin)) == (404, "not_found")


def test_calls_that_have_ended_are_not_under_way() -> None:
    ReservationFactory(state=1)
    assert held(super_admin()) == []


def test_they_are_read_a_page_at_a_time_the_newest_first() -> None:
    moments = [now() - timedelta(seconds=age) for age in range(3)]
    ids = [str(ReservationFactory(created_at=moment).pk) for moment in moments]
    first = call("GET", "reservations?limit=2", who=(operator := super_admin())).json()
    assert [row["id"] for row in first["results"]] == ids[:2]
    assert [row["id"] for row in held(operator, f"?{first['next'].partition('?')[2]}")] == ids[2:]


@pytest.mark.parametrize("query", ["?state=settled", "?state=held&x=1", "?state=held&limit=0"])
def test_what_nobody_reads_is_refused(query: str) -> None:
    assert code_of(call("GET", f"reservations{query}", who=super_admin())) == (400, "invalid_request")
