"""ATI tokens through the API: what an administrator of a tenant may do, and how far."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from metering.models import ATIToken, AuditEvent, User
from tests.factories import ModelFactory, TeamFactory, UserFactory, alder, birch, make_plan, make_token
from tests.integration.gateway_project.api.people import bearer, call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
ADMIN = User.Role.TENANT_ADMIN


def admin_under(**narrowed: Any) -> User:
    """An administrator of Alder whose own token is narrowed."""
    return person(ADMIN, token=ATIToken.objects.get(pk=make_token(**narrowed).id))


def issue(who: User, **facts: Any) -> Any:
    return call("POST", "tokens", facts, who=who)


class TestIssuing:
    def test_the_secret_is_shown_once_and_works(self) -> None:
        admin = person(ADMIN)
        response = issue(admin, name="ci", signups_allowed=3)
        assert response.status_code == 201
        assert response["Cache-Control"] == "no-store"
        secret = response.json()["token"]
        assert call("GET", "auth/me", who=secret).json()["plan"] == "PRO"
        shown = call("GET", f"tokens/{response.json()['id']}", who=admin).content.decode()
        assert secret not in shown
        assert AuditEvent.objects.get(object_id=response.json()["id"]).actor == admin.email

    def test_a_tenants_admin_passes_on_the_own_plan_and_no_other(self) -> None:
        make_plan("ENTERPRISE")
        admin = person(ADMIN)
        assert ATIToken.objects.get(pk=issue(admin).json()["id"]).plan_tier_id == "PRO"
        assert code_of(issue(admin, plan="ENTERPRISE")) == (403, "not_permitted")

    def test_a_super_admin_names_tenant_and_plan(self) -> None:
        make_plan("ENTERPRISE")
        alder()
        ops = super_admin()
        made = issue(ops, tenant="alder", plan="ENTERPRISE")
        assert made.status_code == 201
        assert issue(ops, plan="ENTERPRISE").json()["error"]["param"] == "tenant"
        assert issue(ops, tenant="alder").json()["error"]["param"] == "plan"
        assert code_of(issue(ops, tenant="alder", plan="GOLD")) == (404, "not_found")

    def test_nobody_goes_beyond_the_token_that_the_own_plan_is_from(self) -> None:
        end = now() + timedelta(days=1)
        ModelFactory(name="small")
        ModelFactory(name="large")
        admin = admin_under(
            allowed_tasks=["LLM0_CHAT"],
            allowed_models=["small"],
            allowed_networks=["127.0.0.0/8"],
            expires_at=end,
        )
        for facts in (
            {"allowed_tasks": ["LLM2_DRAFT"]},
            {"allowed_models": ["large"]},
            {"allowed_networks": ["0.0.0.0/0"]},
            {"allowed_networks": ["::1/128"]},
            {"expires_at": (end + timedelta(hours=1)).isoformat()},
        ):
            assert code_of(issue(admin, **facts)) == (403, "not_permitted"), facts

    def test_what_is_not_said_is_as_narrow_as_the_own_token(self) -> None:
        end = now() + timedelta(days=1)
        admin = admin_under(allowed_tasks=["LLM0_CHAT"], allowed_networks=["127.0.0.0/8"], expires_at=end)
        row = ATIToken.objects.get(pk=issue(admin, allowed_networks=["127.0.0.1/32"]).json()["id"])
        assert (row.allowed_tasks, row.allowed_networks) == (["LLM0_CHAT"], ["127.0.0.1/32"])
        assert row.expires_at == end

    @pytest.mark.parametrize(
        ("facts", "param"),
        [
            ({"allowed_tasks": ["LLM9_DANCE"]}, "allowed_tasks"),
            ({"allowed_models": ["nothing"]}, "allowed_models"),
            ({"allowed_networks": ["192.0.2.1/24"]}, "allowed_networks"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
            ({"signups_allowed": 10_001}, "signups_allowed"),
            ({"name": "x" * 201}, "name"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(self, facts: dict[str, Any], param: str) -> None:
        response = issue(person(ADMIN), **facts)
        assert code_of(response) == (400, "invalid_request")
        assert response.json()["error"]["param"].partition(".")[0] == param

    def test_another_tenants_team_and_user_are_not_found(self) -> None:
        admin = person(ADMIN)
        team, user = TeamFactory(tenant=birch()), UserFactory(tenant=birch())
        assert code_of(issue(admin, team=str(team.pk))) == (404, "not_found")
        assert code_of(issue(admin, user=user.email)) == (404, "not_found")

    def test_an_ati_token_issues_none_whoever_it_is_bound_to(self) -> None:
        secret = make_token(user=person(ADMIN)).secret
        assert code_of(call("POST", "tokens", {}, who=secret)) == (403, "not_permitted")


class TestChanging:
    def test_what_is_not_named_stays(self) -> None:
        admin, team = person(ADMIN), TeamFactory()
        token = make_token(name="ci", allowed_tasks=["LLM0_CHAT"])
        answer = call("PATCH", f"tokens/{token.id}", {"team": team.slug}, who=admin).json()
        assert (answer["team"], answer["name"], answer["allowed_tasks"]) == (
            str(team.pk),
            "ci",
            ["LLM0_CHAT"],
        )
        assert call("PATCH", f"tokens/{token.id}", {"team": None}, who=admin).json()["team"] is None
        actions = AuditEvent.objects.filter(action="token.changed").order_by("id")
        assert [event.facts for event in actions] == [
            {"team": [None, str(team.pk)]},
            {"team": [str(team.pk), None]},
        ]

    def test_the_own_token_cannot_be_widened(self) -> None:
        admin = admin_under(allowed_tasks=["LLM0_CHAT"])
        path = f"tokens/{admin.signup_token_id}"
        assert code_of(call("PATCH", path, {"allowed_tasks": ["LLM2_DRAFT"]}, who=admin))[0] == 403
        assert code_of(call("PATCH", path, {"allowed_tasks": []}, who=admin))[0] == 403
        assert ATIToken.objects.get().allowed_tasks == ["LLM0_CHAT"]

    def test_fewer_sign_ups_than_were_used_are_refused(self) -> None:
        admin, token = person(ADMIN), make_token(signups_allowed=5)
        ATIToken.objects.filter(pk=token.id).update(signups_used=2)
        assert call("PATCH", f"tokens/{token.id}", {"signups_allowed": 1}, who=admin).status_code == 400
        assert call("PATCH", f"tokens/{token.id}", {"signups_allowed": 2}, who=admin).status_code == 200

    def test_a_revoked_token_cannot_be_changed(self) -> None:
        admin, token = person(ADMIN), make_token()
        call("POST", f"tokens/{token.id}/revoke", who=admin)
        assert code_of(call("PATCH", f"tokens/{token.id}", {"name": "x"}, who=admin))[0] == 400


class TestEnding:
    def test_both_secrets_work_during_the_grace_period(self) -> None:
        admin, token = person(ADMIN), make_token()
        rotated = call("POST", f"tokens/{token.id}/rotate", {"grace_s": 60}, who=admin).json()
        assert rotated["id"] == str(token.id)
        for secret in (token.secret, rotated["token"]):
            assert call("GET", "auth/me", who=secret).status_code == 200

    def test_without_grace_the_old_secret_ends_at_once(self) -> None:
        admin, token = person(ADMIN), make_token()
        rotated = call("POST", f"tokens/{token.id}/rotate", {}, who=admin).json()
        assert code_of(call("GET", "auth/me", who=token.secret)) == (401, "token_expired")
        assert call("GET", "auth/me", who=rotated["token"]).status_code == 200

    def test_revoking_stops_the_token_and_who_signed_up_with_it(self) -> None:
        admin, token = person(ADMIN), make_token()
        somebody = bearer(person(token=ATIToken.objects.get(pk=token.id)))
        assert call("POST", f"tokens/{token.id}/revoke", who=admin).json()["state"] == "revoked"
        for who in (token.secret, somebody):
            assert code_of(call("GET", "auth/me", who=who)) == (401, "invalid_credential")


def test_a_use_is_remembered() -> None:
    token = make_token()
    call("GET", "auth/me", who=token.secret)
    assert ATIToken.objects.get().last_used_at is not None


def test_pages_are_read_by_cursor_and_a_strange_cursor_is_refused() -> None:
    admin = person(ADMIN)
    for number in range(4):
        make_token(name=f"t{number}")
    first = call("GET", "tokens?limit=3", who=admin).json()
    assert [row["name"] for row in first["results"]] == ["t3", "t2", "t1"]
    second = call("GET", first["next"].partition("/api/")[2], who=admin).json()
    assert [row["name"] for row in second["results"]] == ["t0", ""]
    assert second["next"] is None
    for cursor in ("nonsense", "cD1ub25zZW5zZQ==", "cD0xMjM=", "bz14"):
        assert call("GET", f"tokens?cursor={cursor}", who=admin).status_code == 404, cursor
