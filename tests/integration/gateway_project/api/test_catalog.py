"""The catalog through the API: read and loaded as one document, and rules and budgets of every scope."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from metering.models import AuditEvent, Budget, LLMModel, Plan, PolicyRule, User
from tests.factories import BudgetFactory, RuleFactory, alder, make_plan, make_token
from tests.integration.gateway_project.api.people import call, code_of, super_admin
from tests.served import serve_model

pytestmark = pytest.mark.django_db
DEMO = Path(__file__).parents[4] / "fixtures/demo/catalog.yaml"


@pytest.fixture
def ops(db: Any) -> User:
    return super_admin()


def demo() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(DEMO.read_text())
    return document


class TestTheDocument:
    def test_the_demos_catalog_is_loaded_and_again_changes_nothing(self, ops: User) -> None:
        first = call("PUT", "catalog", demo(), who=ops)
        assert first.status_code == 200, first.content
        assert {change["action"] for change in first.json()["changes"]} == {"added"}
        assert call("PUT", "catalog", demo(), who=ops).json()["changes"] == []
        assert AuditEvent.objects.filter(action="catalog.added", actor=ops.email).exists()

    def test_what_is_read_can_be_loaded_again_without_a_change(self, ops: User) -> None:
        call("PUT", "catalog", demo(), who=ops)
        document = call("GET", "catalog", who=ops).json()
        assert Decimal(document["models"]["sandbox-small"]["price"]["input"]) == Decimal("0.15")
        assert call("PUT", "catalog", document, who=ops).json()["changes"] == []

    def test_a_dry_run_changes_nothing(self, ops: User) -> None:
        answer = call("PUT", "catalog?dry_run=true", demo(), who=ops).json()
        assert (answer["dry_run"], len(answer["changes"]) > 10) == (True, True)
        assert not Plan.objects.exists()

    def test_every_problem_is_told_and_nothing_is_loaded(self, ops: User) -> None:
        document = {"plans": {"A": {"rules": [{"key": "nonsense", "value": 1}]}, "B": {"features": ["GOLD"]}}}
        response = call("PUT", "catalog", document, who=ops)
        assert code_of(response) == (400, "invalid_catalog")
        message = response.json()["error"]["message"]
        assert "plans.A" in message
        assert "plans.B" in message
        assert not Plan.objects.exists()

    @pytest.mark.parametrize("body", [[], "text", 1])
    def test_what_is_no_object_is_refused(self, ops: User, body: Any) -> None:
        assert call("PUT", "catalog", body, who=ops).status_code == 400

    def test_no_key_of_a_vendor_is_ever_shown(self, ops: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
        call("PUT", "catalog", demo(), who=ops)
        for path in ("catalog", "catalog/providers"):
            text = call("GET", path, who=ops).content.decode()
            assert "OPENAI_API_KEY" in text
            assert "sk-very-secret" not in text


class TestPlans:
    def test_a_plan_becomes_what_the_body_says(self, ops: User) -> None:
        make_plan("PRO")
        body = {"name": "Pro", "tasks": {"LLM0_CHAT": {"classes": ["BASE_S"]}}, "features": ["CHAT"]}
        assert call("PUT", "plans/PRO", body, who=ops).status_code == 200
        shown = call("GET", "plans/PRO", who=ops).json()
        assert shown["tasks"] == {"LLM0_CHAT": {"classes": ["BASE_S"], "default_class": "BASE_S"}}
        assert shown["features"] == ["CHAT"]

    def test_an_unknown_one_is_not_found(self, ops: User) -> None:
        assert code_of(call("GET", "plans/GOLD", who=ops)) == (404, "not_found")

    def test_they_are_listed_by_code(self, ops: User) -> None:
        for code in ("PRO", "BASIC"):
            make_plan(code)
        listed = call("GET", "plans?limit=1", who=ops).json()
        assert [row["code"] for row in listed["results"]] == ["BASIC"]
        rest = call("GET", listed["next"].partition("/api/")[2], who=ops).json()
        assert [row["code"] for row in rest["results"]] == ["PRO"]

    def test_the_demos_plans_cover_the_tasks_with_their_concurrency(self, ops: User) -> None:
        call("PUT", "catalog", demo(), who=ops)
        limits = {"LLM1_PRIOR_ART": 3, "LLM2_DRAFT": 2, "LLM3_DIAGRAM": 5}
        plans = call("GET", "catalog", who=ops).json()["plans"]
        assert set(plans) == {"FREE", "BASIC", "PRO", "ENTERPRISE"}
        covered = set()
        for plan in plans.values():
            found = {
                rule["task"]: rule["value"]
                for rule in plan["rules"]
                if rule["key"] == "max_concurrent" and rule.get("task") in limits
            }
            wanted = {task: limit for task, limit in limits.items() if task in plan["tasks"]}
            assert found == wanted
            covered |= set(wanted)
        assert covered == set(limits)


class TestRulesAndBudgets:
    def test_a_rule_is_set_again_and_switched_off(self, ops: User) -> None:
        alder()
        facts = {"tenant": "alder", "key": "max_tokens_out", "value": 100}
        made = call("POST", "catalog/rules", facts, who=ops)
        again = call("POST", "catalog/rules", {**facts, "value": 50}, who=ops)
        assert (made.status_code, again.status_code) == (201, 200)
        assert again.json()["id"] == made.json()["id"]
        off = call("DELETE", f"catalog/rules/{made.json()['id']}", who=ops)
        assert off.json()["is_active"] is False
        assert PolicyRule.objects.values_list("value", "is_active").get() == (50, False)
        assert AuditEvent.objects.filter(action="rule.switched_off").count() == 1

    @pytest.mark.parametrize(
        ("facts", "param"),
        [
            ({"key": "nonsense", "value": 1}, "value"),
            ({"key": "max_tokens_out", "value": "many"}, "value"),
            ({"key": "max_tokens_out", "value": {"a": [1]}}, "value"),
            ({"key": "max_tokens_out", "value": 1, "when": {"days": "never"}}, "when"),
            ({"key": "max_tokens_out", "value": 1, "team": "x"}, "tenant"),
            ({"key": "max_tokens_out", "value": 1, "tenant": "alder", "agent": "helper"}, "value"),
            ({"key": "max_tokens_out", "value": 1, "tenant": "alder", "tag": "project"}, "tag"),
            ({"key": "required_tags", "value": ["Project"]}, "value"),
            ({"key": "required_tags", "value": []}, "value"),
            ({"key": "required_tags", "value": 7}, "value"),
        ],
    )
    def test_a_rule_that_makes_no_sense_is_refused(
        self, ops: User, facts: dict[str, Any], param: str
    ) -> None:
        alder()
        response = call("POST", "catalog/rules", facts, who=ops)
        assert code_of(response) == (400, "invalid_request")
        assert response.json()["error"]["param"] == param

    def test_a_tag_has_rules_and_budgets(self, ops: User) -> None:
        alder()
        rule = {"tenant": "alder", "tag": "project=apollo", "key": "max_tokens_out", "value": 100}
        made = call("POST", "catalog/rules", rule, who=ops).json()
        assert (made["scope"], made["scope_id"]) == ("tag", "project=apollo")
        budget = {"tenant": "alder", "scope": "tag", "scope_id": "project=apollo"}
        budget |= {"dimension": "cost", "window": "month", "amount": "5"}
        made = call("POST", "catalog/budgets", budget, who=ops).json()
        assert (made["scope"], made["scope_id"], made["per"]) == ("tag", "project=apollo", "tag")

    def test_required_tags_are_a_list_or_a_text_and_stored_in_one_form(self, ops: User) -> None:
        for value in (["project", "cost-centre"], "project, cost-centre,project"):
            made = call("POST", "catalog/rules", {"key": "required_tags", "value": value}, who=ops)
            assert made.json()["value"] == "cost-centre,project"

    def test_a_budget_is_set_again_and_switched_off(self, ops: User) -> None:
        alder()
        facts = {"tenant": "alder", "dimension": "cost", "window": "month", "amount": "12.5"}
        made = call("POST", "catalog/budgets", facts, who=ops)
        assert (made.status_code, Decimal(made.json()["amount"])) == (201, Decimal("12.5"))
        assert call("POST", "catalog/budgets", {**facts, "amount": "1"}, who=ops).status_code == 200
        call("DELETE", f"catalog/budgets/{made.json()['id']}", who=ops)
        assert Budget.objects.values_list("amount", "is_active").get() == (1_000_000_000, False)

    def test_a_budget_is_tried_before_it_is_enforced(self, ops: User) -> None:
        alder()
        facts = {"tenant": "alder", "dimension": "cost", "window": "month", "amount": "12.5"}
        made = call(
            "POST", "catalog/budgets", {**facts, "mode": "observe", "thresholds": [50]}, who=ops
        ).json()
        assert (made["mode"], made["enforce_percent"], made["thresholds"]) == ("observe", 100, [50])
        some = {**facts, "mode": "enforce", "enforce_percent": 10}
        changed = call("POST", "catalog/budgets", some, who=ops).json()
        assert (changed["id"], changed["mode"], changed["enforce_percent"]) == (made["id"], "enforce", 10)

    def test_one_tenants_are_listed_by_its_slug(self, ops: User) -> None:
        RuleFactory()
        BudgetFactory()
        RuleFactory(scope="global", tenant=None)
        for path, all_of_them in (("catalog/rules", 2), ("catalog/budgets", 1)):
            assert len(call("GET", path, who=ops).json()["results"]) == all_of_them
            assert len(call("GET", f"{path}?tenant=alder", who=ops).json()["results"]) == 1
            assert call("GET", f"{path}?tenant=nobody", who=ops).status_code == 404
            assert call("GET", f"{path}?tenant=%00", who=ops).status_code == 400


def test_models_and_prices_are_listed(ops: User) -> None:
    serve_model("small")
    serve_model("large")
    assert LLMModel.objects.count() == 2
    names = [row["name"] for row in call("GET", "catalog/models", who=ops).json()["results"]]
    assert names == ["large", "small"]
    prices = call("GET", "catalog/prices?model=small", who=ops).json()["results"]
    assert [(row["model"], Decimal(row["input"])) for row in prices] == [("small", 1)]


def test_an_ati_token_reads_no_catalog() -> None:
    assert code_of(call("GET", "catalog", who=make_token().secret)) == (403, "not_permitted")
