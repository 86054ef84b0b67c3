"""What a form gets wrong is told in a sentence at its field, as at every other door; no form answers 500."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from metering.models import (
    Budget,
    LLMModel,
    Membership,
    ModelClass,
    Plan,
    PolicyRule,
    Provider,
    Team,
    Tenant,
    User,
)
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url
from tests.integration.admin_console.forms import errors_of
from tests.integration.admin_console.test_every_page import MODELS, NOT_ADDED
from tests.integration.admin_console.test_policy_forms import BUDGET, RULE

EDITABLE = [model for model in MODELS if model not in NOT_ADDED]
TENANT = {
    "name": "Oak",
    "status": "ACTIVE",
    "timezone": "UTC",
    "week_start": 0,
    "enforcement_mode": "enforce",
}
LIMIT = {**RULE, "key": "max_tokens_out", "value": "400"}
MODEL = {
    "provider": "sandbox", "physical_name": "x", "model_class": "BASE_M", "context_tokens": 10,
    "max_output_tokens": 5,
}  # fmt: skip
NO_INLINES = {
    f"{name}-{key}_FORMS": 0
    for name in ("memberships", "plan_features", "llm_access", "prices", "prices-2")
    for key in ("TOTAL", "INITIAL")
}


@pytest.mark.parametrize("model", EDITABLE, ids=lambda model: model.__name__)
def test_an_empty_form_is_told_what_it_needs(console: Client, url: Url, model: type[Model]) -> None:
    rows.everything()
    for form in ({}, NO_INLINES):
        assert console.post(url(model, "add"), form).status_code == 200
        row = rows.first_of(model)
        assert console.post(url(model, "change", row.pk), form).status_code in {200, 302, 403}


@pytest.mark.parametrize("given", ["team", "user", None])
def test_a_membership_of_nobody_or_in_nothing(console: Client, url: Url, given: str | None) -> None:
    rows.customer("alder")
    there = {"team": Team.objects.get().pk, "user": User.objects.get(email="ann@alder.example").pk}
    errors = errors_of(console.post(url(Membership, "add"), {given: there[given]} if given else {}))
    assert set(errors) == {"team", "user"} - {given}


def test_a_week_that_starts_on_no_day(console: Client, url: Url) -> None:
    errors = errors_of(console.post(url(Tenant, "add"), {**TENANT, "slug": "oak", "week_start": 7}))
    assert "7 is not one of the available choices" in str(errors["week_start"])
    assert "tenant_week_start" not in str(errors)


class TestWhomARuleOrABudgetIsFor:
    @pytest.mark.parametrize(
        ("scope", "scope_id", "sentence"),
        [
            ("plan", "GOLD", "There is no such plan."),
            ("provider", "acme", "There is no such provider."),
            ("team", "nowhere", "There is no such team."),
            ("user", "nobody@example.com", "There is no such user."),
            ("token", "ati_nothing", "There is no such ATI token."),
        ],
    )
    def test_somebody_who_does_not_exist_is_refused(
        self, console: Client, url: Url, scope: str, scope_id: str, sentence: str
    ) -> None:
        rows.customer("alder")
        who = {"scope": scope, "plan": "", scope: scope_id}
        rule = {**LIMIT, **who, **({"key": "requests_per_minute"} if scope == "provider" else {})}
        per = "user" if scope == "plan" else scope
        budget = {**BUDGET, **who, "per": per, "dimension": "cost", "amount": "1"}
        before = PolicyRule.objects.count(), Budget.objects.count()
        for model, form in ((PolicyRule, rule), (Budget, budget)):
            assert sentence in str(errors_of(console.post(url(model, "add"), form))[scope])
        assert (PolicyRule.objects.count(), Budget.objects.count()) == before

    def test_a_person_brings_their_tenant_along(self, console: Client, url: Url) -> None:
        alder, birch = rows.customer("alder"), rows.customer("birch")
        form = {**LIMIT, "scope": "user", "tenant": str(alder.pk), "user": "ann@birch.example"}
        assert console.post(url(PolicyRule, "add"), form).status_code == 302
        assert PolicyRule.objects.get(scope="user").tenant == birch

    def test_an_operator_has_no_limits(self, console: Client, url: Url) -> None:
        rows.catalog()
        form = {**LIMIT, "scope": "user", "user": "ops@example.com"}
        assert "belongs to no tenant" in str(errors_of(console.post(url(PolicyRule, "add"), form))["user"])

    def test_a_slug_becomes_the_id_that_counts(self, console: Client, url: Url) -> None:
        rows.customer("alder")
        form = {**LIMIT, "scope": "team", "team": "research"}
        assert console.post(url(PolicyRule, "add"), form).status_code == 302
        assert PolicyRule.objects.get(scope="team").scope_id == str(Team.objects.get().pk)

    def test_a_rule_of_a_plan_that_is_gone_can_be_switched_off(self, console: Client, url: Url) -> None:
        rows.catalog()
        rule = PolicyRule.objects.create(scope="plan", scope_id="GONE", key="max_tokens_out", value=400)
        form = {**LIMIT, "scope_id": "GONE"}
        del form["is_active"]
        assert console.post(url(PolicyRule, "change", rule.pk), form).status_code == 302
        assert PolicyRule.objects.get().is_active is False

    def test_the_same_rule_again_is_refused(self, console: Client, url: Url) -> None:
        rows.catalog()
        assert console.post(url(PolicyRule, "add"), LIMIT).status_code == 302
        errors = errors_of(console.post(url(PolicyRule, "add"), {**LIMIT, "value": "300"}))
        assert "such a rule already" in str(errors["key"])


class TestNamesThatDifferInCaseOnly:
    @pytest.mark.parametrize(
        ("model", "field", "form"),
        [
            (Tenant, "slug", {**TENANT, "slug": "Alder"}),
            (Team, "slug", {"slug": "Research", "name": "R"}),
            (Plan, "code", {"code": "Pro", "name": "P"}),
            (Provider, "name", {"name": "Sandbox", "kind": "sandbox"}),
            (ModelClass, "code", {"code": "base_m", "name": "M", "rank": 77}),
            (LLMModel, "name", {**MODEL, "name": "Sandbox-Small"}),
        ],
    )
    def test_a_new_one_is_refused(
        self, console: Client, url: Url, model: type[Model], field: str, form: dict[str, Any]
    ) -> None:
        tenant = rows.customer("alder")
        more = {"tenant": str(tenant.pk)} if model is Team else {}
        errors = errors_of(console.post(url(model, "add"), {**NO_INLINES, **form, **more}))
        assert "differs in case only" in str(errors[field])

    def test_what_was_there_before_can_still_be_changed(self, console: Client, url: Url) -> None:
        for slug in ("oak", "OAK"):
            Tenant.objects.create(slug=slug, name=slug)
        row = Tenant.objects.get(slug="OAK")
        form = {**TENANT, "slug": "OAK", "name": "Renamed"}
        assert console.post(url(Tenant, "change", row.pk), form).status_code == 302
        assert Tenant.objects.get(pk=row.pk).name == "Renamed"

    def test_an_alias_that_is_a_model_is_refused(self, console: Client, url: Url) -> None:
        rows.catalog()
        form = {**NO_INLINES, **MODEL, "name": "other", "aliases": "sandbox-small"}
        assert "is a model already" in str(errors_of(console.post(url(LLMModel, "add"), form))["aliases"])
