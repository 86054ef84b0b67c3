"""GET /api/plan: what the own plan allows, and the limits in force with whose they are."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metering.models import ATIToken, Feature, PlanFeature, Tenant, User
from metering.types import Setter
from tests.factories import (
    BudgetFactory,
    ModelFactory,
    ProviderFactory,
    RuleFactory,
    alder,
    make_plan,
    make_token,
)
from tests.integration.gateway_project.api.people import bearer, call, code_of, person, super_admin

pytestmark = pytest.mark.django_db


def limits_of(answer: Any, key: str) -> list[tuple[Any, str]]:
    return [(row["value"], row["set_by"]) for row in answer.json()["limits"] if row["key"] == key]


def test_an_administrator_sees_what_the_plan_contains() -> None:
    make_plan("PRO", classes=("BASE_S", "PRO_M"))
    PlanFeature.objects.filter(feature_id="DRAFTING").delete()
    answer = call("GET", "plan", who=person(User.Role.TENANT_ADMIN)).json()
    assert answer["plan"] == {"code": "PRO", "name": "Pro"}
    assert {feature["code"] for feature in answer["features"]} == {"CHAT", "PRIOR_ART", "DIAGRAMS"}
    assert [task["code"] for task in answer["tasks"]] == ["LLM0_CHAT", "LLM1_PRIOR_ART", "LLM3_DIAGRAM"]
    assert [each["code"] for each in answer["tasks"][0]["classes"]] == ["BASE_S", "PRO_M"]
    assert answer["tasks"][0]["default_class"]["code"] == "BASE_S"


def test_limits_are_those_of_the_tenant_for_an_administrator_and_ones_own_for_a_member() -> None:
    bea = person(User.Role.TENANT_ADMIN)
    ann = person()
    RuleFactory(scope="plan", scope_id="PRO", tenant=None, key="max_tokens_out", value=8000)
    own = {"tenant": alder(), "scope": "user", "scope_id": str(ann.pk), "set_by": Setter.TENANT}
    RuleFactory(key="max_tokens_out", value=2000, **own)
    BudgetFactory(dimension="cost", amount=5_000_000_000, **own)
    for_bea, for_ann = call("GET", "plan", who=bea), call("GET", "plan", who=ann)
    assert limits_of(for_bea, "max_tokens_out") == [(8000, "plan PRO")]
    assert limits_of(for_ann, "max_tokens_out") == [(2000, ann.email)]
    assert limits_of(for_bea, "cost/day") == []
    assert limits_of(for_ann, "cost/day") == [("5", ann.email)]


def test_a_member_whose_token_is_narrowed_is_shown_its_tasks_alone() -> None:
    token = ATIToken.objects.get(pk=make_token(allowed_tasks=["LLM0_CHAT"]).id)
    answer = call("GET", "plan", who=person(token=token)).json()
    assert [task["code"] for task in answer["tasks"]] == ["LLM0_CHAT"]


def test_an_ati_token_asks_about_itself() -> None:
    assert call("GET", "plan", who=make_token().secret).json()["plan"]["code"] == "PRO"


def test_an_administrator_asks_about_each_plan_of_the_tenant_and_no_other() -> None:
    bea = person(User.Role.TENANT_ADMIN)
    make_token(plan="BASIC")
    make_plan("GOLD")
    assert [plan["code"] for plan in call("GET", "plan", who=bea).json()["plans"]] == ["BASIC", "PRO"]
    assert call("GET", "plan?plan=BASIC", who=bea).json()["plan"]["code"] == "BASIC"
    assert code_of(call("GET", "plan?plan=GOLD", who=bea)) == (404, "not_found")


def test_a_member_asks_about_the_own_plan_alone() -> None:
    ann = person()
    make_token(plan="BASIC")
    assert code_of(call("GET", "plan?plan=BASIC", who=ann)) == (404, "not_found")


def test_it_says_for_which_vendors_own_keys_are_kept() -> None:
    bea = person(User.Role.TENANT_ADMIN)
    ModelFactory(provider=ProviderFactory(name="acme", kind="openai_compatible", base_url="http://a.example"))
    without = call("GET", "plan", who=bea).json()
    Feature.objects.get_or_create(code="OWN_KEYS", defaults={"name": "Own vendor keys"})
    PlanFeature.objects.create(plan_id="PRO", feature_id="OWN_KEYS")
    allowed = call("GET", "plan", who=bea).json()
    assert (without["may_keep_keys"], without["key_providers"]) == (False, [])
    assert (allowed["may_keep_keys"], allowed["key_providers"]) == (True, ["acme"])


def test_an_operator_names_the_tenant() -> None:
    make_token()
    ops = super_admin()
    assert code_of(call("GET", "plan", who=ops)) == (400, "invalid_request")
    assert call("GET", "plan?tenant=alder", who=ops).json()["plan"]["code"] == "PRO"
    Tenant.objects.create(slug="cedar", name="Cedar")
    assert code_of(call("GET", "plan?tenant=cedar", who=ops)) == (400, "invalid_request")


def test_many_limits_take_no_more_queries() -> None:
    credential, counted = bearer(person(User.Role.TENANT_ADMIN)), []
    call("GET", "plan", who=credential)  # which notes that the token is used
    for most in (1, 30):
        for number in range(most):
            RuleFactory(key="max_tokens_out", value=100 + number, priority=number)
            RuleFactory(scope="plan", scope_id="PRO", tenant=None, key="max_tokens_in", priority=number)
        with CaptureQueriesContext(connection) as queries:
            call("GET", "plan", who=credential)
        counted.append(len(queries))
    assert counted[0] == counted[1] < 40
