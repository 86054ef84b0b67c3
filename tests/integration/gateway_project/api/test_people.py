"""Teams, members, users and tenants through the API."""

from typing import Any

import pytest

from metering.models import ATIToken, AuditEvent, Membership, Team, Tenant, User
from tests.factories import TeamFactory, UserFactory, alder, birch, make_plan, make_token
from tests.integration.gateway_project.api.people import PASSWORD, bearer, call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
ADMIN = User.Role.TENANT_ADMIN


class TestTeams:
    def test_members_see_the_teams_that_they_are_in_and_administrators_all(self) -> None:
        mine, other = TeamFactory(), TeamFactory()
        user = person()
        Membership.objects.create(team=mine, user=user)
        listed = call("GET", "teams", who=user).json()["results"]
        assert [row["id"] for row in listed] == [str(mine.pk)]
        assert code_of(call("GET", f"teams/{other.pk}", who=user)) == (404, "not_found")
        assert len(call("GET", "teams", who=person(ADMIN)).json()["results"]) == 2

    def test_a_token_of_a_team_sees_that_team(self) -> None:
        mine = TeamFactory()
        TeamFactory()
        listed = call("GET", "teams", who=make_token(team=mine).secret).json()["results"]
        assert [row["id"] for row in listed] == [str(mine.pk)]

    def test_people_join_and_leave(self) -> None:
        admin, team, user = person(ADMIN), TeamFactory(), UserFactory()
        for _ in range(2):
            joined = call("POST", f"teams/{team.pk}/members", {"user": user.email}, who=admin)
            assert joined.status_code == 204
        listed = call("GET", f"teams/{team.pk}/members", who=admin).json()["results"]
        assert [row["email"] for row in listed] == [user.email]
        assert call("DELETE", f"teams/{team.pk}/members/{user.pk}", who=admin).status_code == 204
        assert call("DELETE", f"teams/{team.pk}/members/{user.pk}", who=admin).status_code == 404
        actions = AuditEvent.objects.filter(action__startswith="team.").order_by("id")
        assert [event.action for event in actions] == ["team.joined", "team.left"]

    def test_a_slug_that_is_taken_is_refused_but_not_for_another_tenant(self) -> None:
        TeamFactory(tenant=birch(), slug="research")
        admin = person(ADMIN)
        facts = {"slug": "research", "name": "Research"}
        assert call("POST", "teams", facts, who=admin).status_code == 201
        assert call("POST", "teams", facts, who=admin).status_code == 400

    def test_a_new_name_keeps_the_slug(self) -> None:
        team = TeamFactory(slug="research")
        call("PATCH", f"teams/{team.pk}", {"name": "R & D", "slug": "research"}, who=person(ADMIN))
        assert Team.objects.values_list("slug", "name").get() == ("research", "R & D")


class TestTheTeamOfACall:
    def test_is_one_of_the_callers_own(self) -> None:
        user, mine, other, foreign = person(), TeamFactory(), TeamFactory(), TeamFactory(tenant=birch())
        Membership.objects.create(team=mine, user=user)
        access = bearer(user)
        assert call("GET", "auth/me", who=access, x_team_id=mine.slug).json()["team_id"] == str(mine.pk)
        refused = {
            team.slug: code_of(call("GET", "auth/me", who=access, x_team_id=team.slug))
            for team in (other, foreign)
        }
        assert refused == {other.slug: (403, "not_permitted"), foreign.slug: (404, "not_found")}

    def test_is_the_tokens_own_if_none_is_named(self) -> None:
        team = TeamFactory()
        token = make_token(team=team)
        assert call("GET", "auth/me", who=token.secret).json()["team_id"] == str(team.pk)

    def test_has_a_name_that_can_be_read(self) -> None:
        response = call("GET", "auth/me", who=make_token().secret, x_team_id="x" * 200)
        assert code_of(response) == (400, "invalid_request")


class TestUsers:
    def test_who_is_added_inherits_the_administrators_token(self) -> None:
        admin = person(ADMIN)
        made = call("POST", "users", {"email": "new@alder.example", "password": PASSWORD}, who=admin)
        assert made.status_code == 201
        assert made.json()["token"] == str(admin.signup_token_id)
        signed_in = call("POST", "auth/token", {"email": "new@alder.example", "password": PASSWORD})
        assert signed_in.status_code == 200

    def test_nobody_becomes_a_super_admin_here(self) -> None:
        admin, user = person(ADMIN), person()
        facts = {"email": "new@alder.example", "role": "SUPER_ADMIN"}
        assert call("POST", "users", facts, who=admin).json()["error"]["param"] == "role"
        response = call("PATCH", f"users/{user.pk}", {"role": "SUPER_ADMIN"}, who=admin)
        assert response.status_code == 400

    def test_a_bad_password_is_refused(self) -> None:
        response = call(
            "POST", "users", {"email": "n@alder.example", "password": "12345678"}, who=person(ADMIN)
        )
        assert response.json()["error"]["param"] == "password"

    def test_another_tenants_token_is_not_found(self) -> None:
        token = make_token(birch())
        facts = {"email": "n@alder.example", "token": str(token.id)}
        assert code_of(call("POST", "users", facts, who=person(ADMIN))) == (404, "not_found")

    def test_a_new_role_counts_at_once_and_brings_the_console_along(self) -> None:
        admin, user = person(ADMIN), person()
        access = bearer(user)
        assert call("GET", "users", who=access).status_code == 403
        call("PATCH", f"users/{user.pk}", {"role": "TENANT_ADMIN"}, who=admin)
        assert call("GET", "users", who=access).status_code == 200
        assert User.objects.get(pk=user.pk).is_staff

    def test_who_is_deactivated_is_refused_at_once(self) -> None:
        admin, user = person(ADMIN), person()
        access = bearer(user)
        call("PATCH", f"users/{user.pk}", {"is_active": False}, who=admin)
        assert code_of(call("GET", "auth/me", who=access)) == (401, "invalid_credential")

    def test_a_new_password_ends_the_sessions_of_before(self) -> None:
        admin, user = person(ADMIN), person()
        access = bearer(user)
        call("PATCH", f"users/{user.pk}", {"password": "another good password"}, who=admin)
        assert code_of(call("GET", "auth/me", who=access)) == (401, "invalid_credential")

    @pytest.mark.parametrize("change", [{"role": "MEMBER"}, {"is_active": False}, {"token": None}])
    def test_nobody_locks_himself_out(self, change: dict[str, Any]) -> None:
        admin = person(ADMIN)
        assert code_of(call("PATCH", f"users/{admin.pk}", change, who=admin)) == (403, "not_permitted")

    def test_a_refused_change_changes_nothing(self) -> None:
        admin, user = person(ADMIN), person()
        facts = {"password": "another good password", "name": "x" * 300}
        assert call("PATCH", f"users/{user.pk}", facts, who=admin).status_code == 400
        assert call("POST", "auth/token", {"email": user.email, "password": PASSWORD}).status_code == 200

    def test_a_super_admin_moves_people_to_another_token(self) -> None:
        user, token = person(), make_token(plan="BASIC")
        response = call("PATCH", f"users/{user.pk}", {"token": token.prefix}, who=super_admin())
        assert response.json()["token"] == str(token.id)
        assert User.objects.get(pk=user.pk).signup_token_id == token.id


class TestTenants:
    def test_a_super_admin_makes_one_once(self) -> None:
        ops = super_admin()
        facts = {"slug": "oak", "name": "Oak", "timezone": "Europe/Berlin"}
        statuses = [call("POST", "tenants", facts, who=ops).status_code for _ in range(2)]
        assert statuses == [201, 200]
        assert call("POST", "tenants", {**facts, "name": "Other"}, who=ops).status_code == 400

    def test_suspending_one_refuses_its_people_and_its_tokens(self) -> None:
        ops, somebody, token = super_admin(), bearer(person()), make_token()
        assert (
            call("PATCH", "tenants/alder", {"status": "SUSPENDED"}, who=ops).json()["status"] == "SUSPENDED"
        )
        for who in (somebody, token.secret):
            assert code_of(call("GET", "auth/me", who=who)) == (403, "tenant_suspended")

    def test_a_malformed_value_is_refused_by_name(self) -> None:
        alder()
        response = call("PATCH", "tenants/alder", {"timezone": "Mars/Olympus"}, who=super_admin())
        assert response.json()["error"]["param"] == "timezone"
        assert Tenant.objects.get().timezone == "UTC"

    def test_changes_leave_a_trace(self) -> None:
        alder()
        call("PATCH", "tenants/alder", {"week_start": 6, "name": "Alder Research"}, who=super_admin())
        event = AuditEvent.objects.get(action="tenant.changed")
        assert event.facts == {"week_start": [0, 6]}

    def test_another_plan_counts_for_the_tokens_and_the_people(self) -> None:
        make_plan("BASIC")
        somebody = bearer(person())
        response = call("PUT", "tenants/alder/plan", {"plan": "BASIC"}, who=super_admin())
        assert response.json() == {"tenant": "alder", "plan": "BASIC", "tokens_changed": 1}
        assert call("GET", "auth/me", who=somebody).json()["plan"] == "BASIC"
        assert ATIToken.objects.get().plan_tier_id == "BASIC"
