"""What a body or a query says counts or is refused, and the names that answers use can be sent."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.models import ATIToken, Budget, PolicyRule, Team, Tenant, User
from tests.factories import TeamFactory, alder, birch, make_plan, make_token
from tests.integration.gateway_project.api.people import bearer, call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
ADMIN = User.Role.TENANT_ADMIN
RULE = {"key": "max_tokens_out", "value": 100}
BUDGET = {"dimension": "cost", "window": "month", "amount": "5"}


@pytest.fixture
def ops(db: Any) -> User:
    make_plan("PRO")
    alder()
    return super_admin()


def refused(response: Any, param: str) -> str:
    """The message of a refusal that names this field."""
    assert code_of(response) == (400, "invalid_request"), response.content
    error = response.json()["error"]
    assert error["param"] == param
    assert param.rpartition(".")[2] in error["message"]
    message: str = error["message"]
    return message


class TestUnknownFields:
    def test_a_misspelt_limit_of_a_token_is_refused_with_the_right_name(self) -> None:
        admin = person(ADMIN)
        before = ATIToken.objects.count()
        message = refused(call("POST", "tokens", {"allowed_modles": ["small"]}, who=admin), "allowed_modles")
        assert "did you mean 'allowed_models'?" in message
        assert ATIToken.objects.count() == before

    def test_a_misspelt_plan_is_not_simulated_as_the_own_one(self, ops: User) -> None:
        body = {"tenant": "alder", "paln": "PRO", "request": {"task": "LLM0_CHAT"}}
        assert "'plan'" in refused(call("POST", "policy/simulate", body, who=ops), "paln")

    @pytest.mark.parametrize(
        ("part", "param"),
        [
            ({"request": {"task": "LLM0_CHAT", "modle": "x"}}, "request.modle"),
            ({"rule": {**RULE, "wehn": {}}, "request": {"task": "LLM0_CHAT"}}, "rule.wehn"),
            (
                {"period": {"since": "2026-01-01T00:00:00Z", "untill": "2026-01-02T00:00:00Z"}},
                "period.untill",
            ),
        ],
    )
    def test_in_an_object_within_the_body_too(self, ops: User, part: dict[str, Any], param: str) -> None:
        refused(call("POST", "policy/simulate", {"tenant": "alder", **part}, who=ops), param)

    def test_nobody_is_named_in_a_period_whose_calls_are_not_told_apart(self, ops: User) -> None:
        body = {"tenant": "alder", "user": "ann@example.com", "period": {"since": "2026-01-01T00:00:00Z"}}
        refused(call("POST", "policy/simulate", body, who=ops), "user")

    def test_where_no_fields_are_read_none_are_taken(self) -> None:
        admin, token = person(ADMIN), make_token()
        response = call("POST", f"tokens/{token.id}/revoke", {"at": "2030-01-01T00:00:00Z"}, who=admin)
        refused(response, "at")
        assert ATIToken.objects.get(pk=token.id).revoked_at is None
        for nothing in ({}, None):
            assert call("POST", f"tokens/{token.id}/revoke", nothing, who=admin).status_code == 200
        null = Client().generic(
            "POST",
            f"/api/tokens/{token.id}/revoke",
            "null",
            "application/json",
            headers={"authorization": f"Bearer {bearer(admin)}"},
        )
        assert null.status_code == 200


class TestQueries:
    @pytest.mark.parametrize(
        ("path", "param"),
        [
            ("tokens?tennant=alder", "tennant"),
            ("usage?modell=small", "modell"),
            ("policy/explain?task=LLM0_CHAT&tenant=alder&inputtokens=9", "inputtokens"),
            ("catalog/features?tenant=alder", "tenant"),
            ("usage/top?cursor=x", "cursor"),
        ],
    )
    def test_a_parameter_that_nobody_reads_is_refused(self, ops: User, path: str, param: str) -> None:
        refused(call("GET", path, who=ops), param)

    @pytest.mark.parametrize("path", ["tokens?tenant=alder&tenant=birch", "usage?by=day&by=day"])
    def test_a_parameter_that_occurs_twice_is_refused(self, ops: User, path: str) -> None:
        refused(call("GET", path, who=ops), path.partition("=")[0].partition("?")[2])

    @pytest.mark.parametrize("limit", ["0", "201", "many", ""])
    def test_a_length_of_page_that_no_list_has_is_refused(self, ops: User, limit: str) -> None:
        refused(call("GET", f"tokens?limit={limit}", who=ops), "limit")

    def test_a_dry_run_in_another_word_is_not_a_real_one(self, ops: User) -> None:
        document = {"plans": {"GOLD": {"name": "Gold"}}}
        refused(call("PUT", "catalog?dry_run=yes", document, who=ops), "dry_run")
        refused(call("PUT", "catalog?dryrun=true", document, who=ops), "dryrun")
        assert call("GET", "plans/GOLD", who=ops).status_code == 404


class TestNamesOfAnswers:
    def test_a_rule_named_as_answers_name_it_is_a_rule_of_the_plan(self, ops: User) -> None:
        made = call("POST", "catalog/rules", {"scope": "plan", "scope_id": "PRO", **RULE}, who=ops)
        assert (made.status_code, made.json()["scope"], made.json()["scope_id"]) == (201, "plan", "PRO")
        assert call("POST", "catalog/rules", {"plan": "PRO", **RULE}, who=ops).json() == made.json()

    def test_a_budget_named_as_answers_name_it_is_a_budget_of_the_plan(self, ops: User) -> None:
        body = {"scope": "plan", "scope_id": "PRO", "per": "user", "hard": False, **BUDGET}
        made = call("POST", "catalog/budgets", body, who=ops).json()
        assert [made[name] for name in ("scope", "scope_id", "per", "hard")] == ["plan", "PRO", "user", False]

    @pytest.mark.parametrize("path", ["catalog/rules", "catalog/budgets"])
    @pytest.mark.parametrize(
        "scope",
        ["global", "plan", "tenant", "team", "user", "token", "agent", "tag", "conversation", "provider"],
    )
    def test_what_is_read_can_be_sent_again_and_is_the_same_row(
        self, ops: User, path: str, scope: str
    ) -> None:
        call("PUT", "catalog", {"providers": {"sandbox": {"kind": "sandbox"}}}, who=ops)
        token, team = ATIToken.objects.get(pk=make_token().id), TeamFactory()
        who = {
            "global": {},
            "plan": {"plan": "PRO"},
            "tenant": {"tenant": "alder"},
            "team": {"tenant": "alder", "team": team.slug},
            "user": {"tenant": "alder", "user": person(token=token).email},
            "token": {"tenant": "alder", "token": token.prefix},
            "agent": {"tenant": "alder", "agent": "helper"},
            "tag": {"tenant": "alder", "tag": "project=apollo"},
            "conversation": {"tenant": "alder", "conversation": "talk-7"},
            "provider": {"provider": "sandbox"},
        }[scope]
        rule = RULE if scope not in {"agent", "provider"} else {"key": "requests_per_minute", "value": 9}
        made = call("POST", path, {**who, **(rule if path.endswith("rules") else BUDGET)}, who=ops)
        assert made.status_code == 201, made.content
        same = {name: value for name, value in made.json().items() if name not in {"id", "created_at"}}
        again = call("POST", path, same, who=ops)
        assert (again.status_code, again.json()) == (200, made.json())

    @pytest.mark.parametrize(
        ("who", "param"),
        [
            ({"scope": "plan"}, "scope"),
            ({"scope": "global", "tenant": "alder"}, "scope"),
            ({"scope": "tenant", "scope_id": "alder"}, "scope_id"),
            ({"scope_id": "PRO"}, "scope_id"),
            ({"scope": "plan", "scope_id": "PRO", "plan": "FREE"}, "scope_id"),
            ({"scope": "plan", "scope_id": "PRO", "tenant": "alder"}, "plan"),
            ({"scope": "planet", "scope_id": "PRO"}, "scope"),
        ],
    )
    def test_names_that_contradict_each_other_make_nothing(
        self, ops: User, who: dict[str, str], param: str
    ) -> None:
        assert call("POST", "catalog/rules", {**who, **RULE}, who=ops).json()["error"]["param"] == param
        assert call("POST", "catalog/budgets", {**who, **BUDGET}, who=ops).json()["error"]["param"] == param
        assert not PolicyRule.objects.exists()
        assert not Budget.objects.exists()

    def test_a_budget_that_is_hard_and_soft_is_refused(self, ops: User) -> None:
        refused(call("POST", "catalog/budgets", {"hard": True, "soft": True, **BUDGET}, who=ops), "hard")

    def test_a_tenant_is_named_by_its_id_too(self, ops: User) -> None:
        tenant = Tenant.objects.get(slug="alder")
        made = call("POST", "teams", {"tenant_id": str(tenant.pk), "slug": "new", "name": "New"}, who=ops)
        assert made.json()["tenant_id"] == str(tenant.pk)
        body = {"tenant_id": str(birch().pk), "tenant": "alder", "slug": "x", "name": "X"}
        refused(call("POST", "teams", body, who=ops), "tenant_id")

    def test_an_administrator_names_the_own_tenant_by_id_and_no_other(self) -> None:
        admin, other = person(ADMIN), birch()
        body = {"slug": "new", "name": "New"}
        own = {**body, "tenant_id": str(alder().pk)}
        assert call("POST", "teams", own, who=admin).status_code == 201
        assert call("POST", "teams", {**body, "tenant_id": str(other.pk)}, who=admin).status_code == 404


class TestSentBack:
    """A client that changes one field of what it got and sends the whole back."""

    def test_a_token_changes_where_it_says_something_else(self) -> None:
        admin, team = person(ADMIN), TeamFactory()
        token = make_token(name="ci", expires_at=now() + timedelta(days=1))
        got = call("GET", f"tokens/{token.id}", who=admin).json()
        changed = call("PATCH", f"tokens/{token.id}", {**got, "team": team.slug}, who=admin).json()
        assert changed == {**got, "team": str(team.pk)}

    @pytest.mark.parametrize(
        ("name", "value"),
        [("plan", "GOLD"), ("signups_used", 0.5), ("revoked_at", "2026-01-01T00:00:00Z"), ("id", None)],
    )
    def test_what_is_only_shown_cannot_be_changed(self, name: str, value: Any) -> None:
        admin, token = person(ADMIN), make_token()
        message = refused(call("PATCH", f"tokens/{token.id}", {name: value}, who=admin), name)
        assert "cannot be changed here" in message

    def test_a_team_a_tenant_and_oneself_can_be_sent_back_too(self, ops: User) -> None:
        team, admin = TeamFactory(), person(ADMIN)
        session = bearer(admin)  # one: signing in again would move `last_login`
        for path, who in (
            (f"teams/{team.pk}", session),
            ("tenants/alder", ops),
            (f"users/{admin.pk}", session),
        ):
            got = call("GET", path, who=who).json()
            changed = call("PATCH", path, {**got, "name": "Renamed"}, who=who)
            assert changed.json() == {**got, "name": "Renamed"}, path
        assert Team.objects.get().name == "Renamed"

    def test_a_slug_of_a_tenant_stays(self, ops: User) -> None:
        refused(call("PATCH", "tenants/alder", {"slug": "oak"}, who=ops), "slug")


class TestNamesThatDifferInCaseOnly:
    def test_of_tenants_and_teams(self, ops: User) -> None:
        TeamFactory(slug="research")
        message = refused(call("POST", "tenants", {"slug": "ALDER", "name": "Alder"}, who=ops), "slug")
        assert "'alder', which differs in case only" in message
        body = {"tenant": "alder", "slug": "Research", "name": "R"}
        assert "'research'" in refused(call("POST", "teams", body, who=ops), "slug")
        other = {**body, "tenant": birch().slug}
        assert call("POST", "teams", other, who=ops).status_code == 201

    @pytest.mark.parametrize(
        "document",
        [
            {"plans": {"Pro": {}}},
            {"plans": {"GOLD": {}, "Gold": {}}},
            {"providers": {"a": {"kind": "sandbox"}, "A": {"kind": "sandbox"}}},
        ],
    )
    def test_of_what_the_catalog_names(self, ops: User, document: dict[str, Any]) -> None:
        response = call("PUT", "catalog", document, who=ops)
        assert code_of(response) == (400, "invalid_catalog")
        assert "differs in case only from" in response.json()["error"]["message"]
