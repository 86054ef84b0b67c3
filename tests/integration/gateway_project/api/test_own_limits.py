"""A tenant's administrators limit its teams, people and tokens: they tighten, and never lift what an operator set."""

from typing import Any

import pytest
from django.db import IntegrityError

from metering.models import AuditEvent, Budget, PolicyRule, Team, User
from metering.policy.edit import may_edit
from metering.types import Setter
from tests.factories import TeamFactory, birch
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
COST = {"dimension": "cost", "window": "day", "amount": "5"}
OUTPUT = {"key": "max_tokens_out", "value": 8000}


@pytest.fixture
def bea(db: Any) -> User:
    """Alder's administrator."""
    return person(User.Role.TENANT_ADMIN)


@pytest.fixture
def red(bea: User) -> Team:
    return TeamFactory(slug="red", name="Red")


class TestSetting:
    def test_a_budget_of_the_own_team_is_set_without_naming_the_tenant(self, bea: User, red: Team) -> None:
        made = call("POST", "budgets", {"team": "red", **COST}, who=bea)
        assert (made.status_code, made.json()["set_by"], made.json()["scope_id"]) == (
            201,
            "tenant",
            str(red.pk),
        )
        again = call("POST", "budgets", {"team": "red", **COST, "amount": "7"}, who=bea)
        assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
        assert Budget.objects.values_list("amount", "set_by").get() == (7_000_000_000, "tenant")

    @pytest.mark.parametrize("of", ["user", "token", "agent"])
    def test_a_budget_of_anybody_in_the_tenant_can_be_set(self, bea: User, of: str) -> None:
        who = {"user": bea.email, "token": str(bea.signup_token_id), "agent": "helper"}[of]
        assert call("POST", "budgets", {of: who, **COST}, who=bea).status_code == 201

    @pytest.mark.parametrize("whom", [{}, {"tenant": "alder"}, {"plan": "PRO"}, {"provider": "openai"}])
    @pytest.mark.parametrize(("path", "facts"), [("budgets", COST), ("rules", OUTPUT)])
    def test_what_is_not_narrower_than_the_tenant_is_the_operators(
        self, bea: User, path: str, facts: dict[str, Any], whom: dict[str, str]
    ) -> None:
        assert code_of(call("POST", path, {**whom, **facts}, who=bea)) == (403, "not_permitted")
        assert not Budget.objects.exists()
        assert not PolicyRule.objects.exists()

    def test_no_plan_is_named_to_one_who_guesses(self, bea: User) -> None:
        there = call("POST", "rules", {"plan": "PRO", **OUTPUT}, who=bea)
        never = call("POST", "rules", {"plan": "NONE", **OUTPUT}, who=bea)
        assert there.json()["error"]["message"] == never.json()["error"]["message"]

    def test_another_tenants_team_is_as_absent_as_one_that_never_was(self, bea: User) -> None:
        theirs = TeamFactory(tenant=birch(), slug="blue")
        for reference in ("blue", str(theirs.pk)):
            assert code_of(call("POST", "budgets", {"team": reference, **COST}, who=bea)) == (
                404,
                "not_found",
            )

    @pytest.mark.parametrize("key", ["on_disconnect", "cache_ttl_s"])
    def test_a_key_that_could_allow_more_is_refused(self, bea: User, red: Team, key: str) -> None:
        value = {"on_disconnect": "drain", "cache_ttl_s": 60}[key]
        refused = call("POST", "rules", {"team": "red", "key": key, "value": value}, who=bea)
        assert (*code_of(refused), refused.json()["error"]["param"]) == (403, "not_permitted", "key")

    def test_an_agents_rate_is_the_operators_because_it_replaces_the_general_one(self, bea: User) -> None:
        rate = {"agent": "helper", "key": "requests_per_minute", "value": 1000}
        assert code_of(call("POST", "rules", rate, who=bea)) == (403, "not_permitted")


class TestWhoSetIt:
    @pytest.mark.parametrize(("path", "facts"), [("budgets", COST), ("rules", OUTPUT)])
    def test_an_operators_limit_on_somebody_stands_beside_the_tenants(
        self, bea: User, red: Team, path: str, facts: dict[str, Any]
    ) -> None:
        ops = super_admin()
        theirs = call("POST", path, {"tenant": "alder", "team": "red", **facts}, who=ops).json()
        own = call("POST", path, {"team": "red", **facts}, who=bea)
        assert own.status_code == 201
        assert own.json()["id"] != theirs["id"]
        assert call("GET", f"{path}/{theirs['id']}", who=bea).json()["set_by"] == "operator"

    @pytest.mark.parametrize(("path", "facts"), [("budgets", COST), ("rules", OUTPUT)])
    def test_only_the_own_one_can_be_lifted(
        self, bea: User, red: Team, path: str, facts: dict[str, Any]
    ) -> None:
        theirs = call("POST", path, {"tenant": "alder", "team": "red", **facts}, who=super_admin()).json()
        own = call("POST", path, {"team": "red", **facts}, who=bea).json()
        assert code_of(call("DELETE", f"{path}/{theirs['id']}", who=bea)) == (403, "not_permitted")
        assert call("DELETE", f"{path}/{own['id']}", who=bea).json()["is_active"] is False
        assert call("GET", f"{path}/{theirs['id']}", who=bea).json()["is_active"] is True

    def test_an_operator_lifts_a_tenants_limit(self, bea: User, red: Team) -> None:
        own = call("POST", "budgets", {"team": "red", **COST}, who=bea).json()
        assert call("DELETE", f"budgets/{own['id']}", who=super_admin()).json()["is_active"] is False

    def test_the_audit_trail_has_whose_limit_became_what(self, bea: User, red: Team) -> None:
        for amount in ("5", "7"):
            call("POST", "budgets", {"team": "red", **COST, "amount": amount}, who=bea)
        facts = AuditEvent.objects.filter(action="budget.set").latest("id").facts
        assert (facts["scope"], facts["scope_id"], facts["set_by"]) == ("team", str(red.pk), "tenant")
        assert (facts["before"]["amount"], facts["after"]["amount"]) == (5_000_000_000, 7_000_000_000)


class TestHowMany:
    def test_a_team_has_so_many_and_what_is_lifted_makes_room(self, bea: User, red: Team) -> None:
        most = may_edit.MAX_FOR_ONE
        PolicyRule.objects.bulk_create(
            PolicyRule(
                scope="team",
                tenant=red.tenant,
                scope_id=str(red.pk),
                key="max_tokens_in",
                value=9,
                priority=number,
                set_by=Setter.TENANT,
            )
            for number in range(1, most + 1)
        )
        assert code_of(call("POST", "rules", {"team": "red", **OUTPUT}, who=bea)) == (400, "invalid_request")
        assert PolicyRule.objects.count() == most
        first = PolicyRule.objects.order_by("pk")[0]
        call("DELETE", f"rules/{first.pk}", who=bea)
        assert call("POST", "rules", {"team": "red", **OUTPUT}, who=bea).status_code == 201

    def test_a_change_of_one_of_them_needs_no_room(self, bea: User, red: Team) -> None:
        made = call("POST", "rules", {"team": "red", **OUTPUT}, who=bea).json()
        PolicyRule.objects.bulk_create(
            PolicyRule(
                scope="team",
                tenant=red.tenant,
                scope_id=str(red.pk),
                key="max_tokens_in",
                value=9,
                priority=number,
                set_by=Setter.TENANT,
            )
            for number in range(1, may_edit.MAX_FOR_ONE)
        )
        again = call("POST", "rules", {"team": "red", **OUTPUT, "value": 7000}, who=bea)
        assert (again.status_code, again.json()["id"]) == (200, made["id"])


@pytest.mark.parametrize("path", ["budgets", "rules"])
def test_a_member_sets_nothing(path: str) -> None:
    facts = COST if path == "budgets" else OUTPUT
    assert code_of(call("POST", path, {"agent": "helper", **facts}, who=person())) == (403, "not_permitted")


def test_a_row_of_a_tenant_for_the_tenant_itself_cannot_be_stored(bea: User) -> None:
    with pytest.raises(IntegrityError, match="rule_of_tenant_is_narrow"):
        PolicyRule.objects.create(
            scope="tenant", tenant=bea.tenant, key="max_tokens_out", value=9, set_by=Setter.TENANT
        )
