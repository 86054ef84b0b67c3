"""What a tenant's people do in the console themselves: limits, own plan, vendor keys, audit."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from admin_console.limits.whom import MOST
from metering.catalog.provider_keys.read_keys import keys_of
from metering.identity.people.create_team import create_team
from metering.models import ATIToken, AuditEvent, Budget, Feature, PlanFeature, PolicyRule, Team, User
from metering.policy.edit.may_edit import Editor
from metering.policy.edit.set_budget import set_budget
from metering.policy.edit.target import find_target
from metering.types import Setter
from tests.factories import (
    BudgetFactory,
    MeterFactory,
    ModelFactory,
    ProviderFactory,
    RuleFactory,
    TeamFactory,
    UserFactory,
    alder,
    make_token,
)
from tests.integration.gateway_project.api.people import call

pytestmark = pytest.mark.django_db
TAG = {"whom": "tag", "tag": "project=apollo"}
BUDGET = {"amount": "$5", "dimension": "cost", "window": "day", "once_reached": "hard"}
KEY = "sk-canary-0123456789-wxyz"


@pytest.fixture
def bea(db: Any) -> User:
    """Alder's administrator."""
    token = ATIToken.objects.get(pk=make_token().id)
    user: User = UserFactory(email="bea@alder.example", role=User.Role.TENANT_ADMIN, signup_token=token)
    return user


@pytest.fixture
def red(bea: User) -> Team:
    team: Team = TeamFactory(slug="red", name="Red")
    return team


@pytest.fixture
def browser(bea: User) -> Client:
    client = Client()
    client.force_login(bea)
    return client


def said(response: Any) -> list[str]:
    """The sentences that the next page shows."""
    return [str(message) for message in response.context["messages"]]


class TestLimits:
    def test_a_budget_is_typed_as_people_write_it(self, browser: Client, red: Team) -> None:
        form = {**BUDGET, "whom": "team:red", "amount": "$1.5k", "window": "month"}
        done = browser.post("/admin/limits/budget/", form, follow=True)
        assert said(done) == ["Red: at most $1,500.00 a month."]
        row = Budget.objects.get()
        assert (row.scope_id, row.amount, row.set_by) == (str(red.pk), 1_500_000_000_000, Setter.TENANT)
        assert AuditEvent.objects.get(action="budget.set").actor == "bea@alder.example"

    def test_a_budget_of_a_conversation_is_set_and_filled_in_again(self, browser: Client) -> None:
        form = {"whom": "conversation", "conversation": "talk-7", **BUDGET}
        done = browser.post("/admin/limits/budget/", form, follow=True)
        assert said(done) == ["talk-7: at most $5.00 a day."]
        row = Budget.objects.get()
        assert (row.scope, row.scope_id, row.per) == ("conversation", "talk-7", "conversation")
        filled = browser.get(f"/admin/limits/budget/?of={row.pk}").context["form"]
        assert (filled["whom"].value(), filled["conversation"].value()) == ("conversation", "talk-7")
        refused = browser.post("/admin/limits/budget/", {**BUDGET, "whom": "conversation"})
        assert refused.context["form"].errors.keys() == {"conversation"}

    def test_a_budget_says_at_which_shares_people_are_told(self, browser: Client) -> None:
        form = {**TAG, **BUDGET, "thresholds": "50 %, 90"}
        browser.post("/admin/limits/budget/", form)
        row = Budget.objects.get()
        assert row.thresholds == [50, 90]
        filled = browser.get(f"/admin/limits/budget/?of={row.pk}").context["form"]
        assert filled["thresholds"].value() == "50 %, 90 %"
        refused = browser.post("/admin/limits/budget/", {**form, "thresholds": "0"})
        assert refused.context["form"].errors.keys() == {"thresholds"}

    def test_a_rule_of_a_tag_is_set(self, browser: Client) -> None:
        form = {**TAG, "key": "max_tokens_out", "value": "2k", "mode": "enforce"}
        assert browser.post("/admin/limits/rule/", form).status_code == 302
        assert PolicyRule.objects.values_list("scope", "scope_id", "value").get() == (
            "tag",
            "project=apollo",
            2000,
        )

    def test_whom_the_address_names_is_offered_wherever_they_stand(self, browser: Client) -> None:
        slugs = [*(f"a{number:04}" for number in range(MOST)), "zoo"]
        Team.objects.bulk_create([Team(tenant=alder(), slug=slug, name=slug) for slug in slugs])
        assert browser.get("/admin/limits/rule/?whom=team:zoo").context["form"]["whom"].value() == "team:zoo"
        form = {"whom": "team:zoo", "key": "max_tokens_out", "value": "2k", "mode": "enforce"}
        assert browser.post("/admin/limits/rule/", form).status_code == 302
        invite = {"email": "new@alder.example", "role": "MEMBER", "team": "zoo"}
        assert browser.post("/admin/people/invite/", invite).status_code == 302

    def test_a_rule_of_an_unknown_task_is_refused_at_its_field(self, browser: Client) -> None:
        form = {**TAG, "key": "max_tokens_out", "value": "2k", "mode": "enforce", "task": "BOGUS"}
        refused = browser.post("/admin/limits/rule/", form)
        assert refused.context["form"].errors.keys() == {"task"}

    def test_its_effect_is_shown_and_nothing_is_set(self, browser: Client) -> None:
        shown = browser.post("/admin/limits/budget/", {**TAG, **BUDGET, "preview": "1"})
        assert "What it would do" in shown.content.decode()
        assert not Budget.objects.exists()

    def test_a_refusal_stands_at_the_field_that_is_at_fault(self, browser: Client) -> None:
        shown = browser.post("/admin/limits/budget/", {**BUDGET, "whom": "tag", "tag": "Not A Tag"})
        assert shown.context["form"].errors.keys() == {"tag"}
        shown = browser.post("/admin/limits/budget/", {**TAG, **BUDGET, "amount": "much"})
        assert shown.context["form"].errors.keys() == {"amount"}

    def test_a_limit_that_is_there_is_filled_in_and_keeps_for_whom_it_is(
        self, browser: Client, red: Team
    ) -> None:
        target, editor = find_target(tenant="alder", team="red"), Editor(tenant=alder())
        facts = {"dimension": "cost", "window": "day", "actor": "a test", "now": now(), "editor": editor}
        row = set_budget(target=target, amount="5", **facts).budget
        form = browser.get(f"/admin/limits/budget/?of={row.pk}").context["form"]
        assert (form["whom"].value(), form["amount"].value()) == ("team:red", "$5.00")
        browser.post(f"/admin/limits/budget/?of={row.pk}", {**TAG, **BUDGET, "amount": "7"})
        assert Budget.objects.values_list("scope", "amount").get() == ("team", 7_000_000_000)

    def test_an_operators_limit_is_shown_and_cannot_be_lifted(self, browser: Client, red: Team) -> None:
        row = RuleFactory(scope="team", scope_id=str(red.pk), key="max_tokens_out", value=8000)
        page = browser.get("/admin/limits/")
        assert [line.what for line in page.context["others"]] == ["Tokens out: 8,000 tokens"]
        refused = browser.post("/admin/limits/", {"noun": "rule", "limit": str(row.pk)}, follow=True)
        assert "set by the gateway's operators" in said(refused)[0]
        row.refresh_from_db()
        assert row.is_active

    def test_the_own_one_is_lifted(self, browser: Client, red: Team) -> None:
        row = BudgetFactory(scope="team", scope_id=str(red.pk), set_by=Setter.TENANT)
        done = browser.post("/admin/limits/", {"noun": "budget", "limit": str(row.pk)}, follow=True)
        assert said(done) == ["Lifted: 100 calls a day. It counts for nothing from the next call on."]
        row.refresh_from_db()
        assert not row.is_active

    def test_many_limits_take_no_more_queries(self, browser: Client, red: Team) -> None:
        counted = []
        for most in (1, 20):
            for number in range(most):
                own = {"scope": "team", "scope_id": str(red.pk), "set_by": Setter.TENANT}
                RuleFactory(key="max_tokens_out", value=9, priority=number, **own)
            with CaptureQueriesContext(connection) as queries:
                browser.get("/admin/limits/")
            counted.append(len(queries))
        assert counted[0] == counted[1] < 25

    def test_the_list_of_budgets_leads_to_each_ones_page(self, browser: Client, red: Team) -> None:
        own = BudgetFactory(scope="team", scope_id=str(red.pk), set_by=Setter.TENANT)
        theirs = BudgetFactory()
        links = [row.cells[0].url for row in browser.get("/admin/budgets/").context["table"].rows]
        pages = {f"/admin/budgets/{own.pk}/", f"/admin/budgets/{theirs.pk}/"}
        assert {link.partition("?")[0] for link in links} == pages
        assert {browser.get(link).status_code for link in links} == {200}


class TestOwnPlan:
    def test_a_member_sees_the_own_limit_whose_it_is_and_what_it_takes_the_place_of(self, bea: User) -> None:
        ann = UserFactory(email="ann@alder.example", signup_token=bea.signup_token)
        RuleFactory(scope="plan", scope_id="PRO", tenant=None, key="max_tokens_out", value=8000)
        own = {"scope": "user", "scope_id": str(ann.pk), "set_by": Setter.TENANT}
        RuleFactory(key="max_tokens_out", value=2000, **own)
        BudgetFactory(dimension="cost", amount=5_000_000_000, **own)
        client = Client()
        client.force_login(ann)
        text = " ".join(client.get("/admin/my-plan/").content.decode().split())
        assert "2,000 tokens" in text
        assert "instead of 8,000 tokens (plan PRO)" in text
        assert "$0.00 used, $5.00 left" in text

    def test_a_budget_leads_to_its_page_where_more_of_it_is_asked_for(self, browser: Client) -> None:
        MeterFactory(budget=BudgetFactory(), used=3)
        [row] = browser.get("/admin/my-plan/").context["budgets"].rows
        page = browser.get(row.cells[0].url)
        assert (page.status_code, page.context["use"]["used"]) == (200, "3 calls")
        assert page.context["ask_url"]

    def test_a_person_without_a_plan_is_told_so(self, db: Any) -> None:
        client = Client()
        client.force_login(UserFactory(email="new@alder.example"))
        assert "There is no plan yet" in client.get("/admin/my-plan/").content.decode()

    def test_an_administrator_chooses_among_the_tenants_plans(self, browser: Client) -> None:
        make_token(plan="BASIC")
        assert browser.get("/admin/my-plan/").context["found"].plan.code == "PRO"
        assert browser.get("/admin/my-plan/?plan=BASIC").context["found"].plan.code == "BASIC"
        assert browser.get("/admin/my-plan/?plan=GOLD").status_code == 404

    def test_many_limits_take_no_more_queries(self, browser: Client, red: Team) -> None:
        browser.get("/admin/my-plan/")  # which notes that the token is used
        counted = []
        for most in (1, 20):
            for number in range(most):
                RuleFactory(key="max_tokens_out", value=9, priority=number)
                BudgetFactory(scope="team", scope_id=str(TeamFactory().pk), set_by=Setter.TENANT)
            with CaptureQueriesContext(connection) as queries:
                browser.get("/admin/my-plan/")
            counted.append(len(queries))
        assert counted[0] == counted[1] < 60

    def test_it_is_what_the_api_says(self, browser: Client) -> None:
        RuleFactory(key="max_tokens_out", value=777)
        bea = User.objects.get(email="bea@alder.example")
        shown = browser.get("/admin/my-plan/").context["found"].limits
        told = call("GET", "plan", who=bea).json()["limits"]
        assert [(row["key"], row["set_by"]) for row in told] == [
            (each.key, each.set_by.name) for each in shown
        ]
        assert ("max_tokens_out", "alder") in [(row["key"], row["set_by"]) for row in told]


class TestVendorKeys:
    @pytest.fixture(autouse=True)
    def acme(self, bea: User) -> None:
        Feature.objects.get_or_create(code="OWN_KEYS", defaults={"name": "Own vendor keys"})
        PlanFeature.objects.create(plan_id="PRO", feature_id="OWN_KEYS")
        ModelFactory(
            provider=ProviderFactory(name="acme", kind="openai_compatible", base_url="http://127.0.0.1:9/v1")
        )

    def test_a_key_is_set_switched_off_and_removed_and_never_shown(self, browser: Client) -> None:
        form = {"provider": "acme", "label": "main", "key": KEY}
        done = browser.post("/admin/vendor-keys/", form, follow=True)
        assert said(done) == ["The key “main” for acme is set; calls use it within a second."]
        page = done.content.decode()
        assert "…wxyz" in page
        assert "canary" not in page
        [row] = done.context["keys"]
        for verb, kept in (("off", {}), ("on", {"acme": (KEY,)}), ("remove", {})):
            browser.post("/admin/vendor-keys/", {"verb": verb, "key_id": str(row.pk)})
            assert keys_of(alder().pk) == kept, verb

    def test_a_test_says_what_is_wrong_without_the_key(self, browser: Client) -> None:
        browser.post("/admin/vendor-keys/", {"provider": "acme", "label": "main", "key": KEY})
        [row] = browser.get("/admin/vendor-keys/").context["keys"]
        done = browser.post("/admin/vendor-keys/", {"verb": "test", "key_id": str(row.pk)}, follow=True)
        [sentence] = said(done)
        assert sentence.startswith("The key “main” for acme: ")
        assert "canary" not in sentence

    def test_without_the_feature_there_is_no_form(self, browser: Client) -> None:
        PlanFeature.objects.filter(feature_id="OWN_KEYS").delete()
        assert "The plan does not contain it" in browser.get("/admin/vendor-keys/").content.decode()
        refused = browser.post("/admin/vendor-keys/", {"provider": "acme", "label": "main", "key": KEY})
        assert refused.context["form"].errors
        assert keys_of(alder().pk) == {}


class TestAudit:
    def test_it_tells_who_did_what_and_narrows_it_by_person_and_noun(
        self, browser: Client, bea: User, red: Team
    ) -> None:
        form = {"whom": "team:red", "key": "max_tokens_out", "mode": "enforce"}
        for value in ("2,000", "8k"):
            browser.post("/admin/limits/rule/", {**form, "value": value})
        create_team(tenant=alder(), slug="blue", name="Blue", actor="ops@example.com", now=now())

        def rows(query: str = "") -> list[str]:
            table = browser.get(f"/admin/audit/{query}").context["table"]
            return [row.cells[0].text for row in table.rows]

        raised = "bea@alder.example raised max_tokens_out of team red from 2,000 to 8,000"
        assert rows()[:2] == ["An operator made team blue", raised]
        assert rows("?noun=rule")[0] == raised
        assert rows("?person=operator&noun=team") == ["An operator made team blue"]
        assert rows(f"?person={bea.email}")[0] == raised

    def test_older_pages_hold_still(self, browser: Client) -> None:
        for number in range(60):
            create_team(tenant=alder(), slug=f"t{number}", name="T", actor="bea@alder.example", now=now())
        first = browser.get("/admin/audit/?noun=team")
        create_team(tenant=alder(), slug="late", name="T", actor="bea@alder.example", now=now())
        second = browser.get(f"/admin/audit/{first.context['further']}")
        texts = [row.cells[0].text for page in (first, second) for row in page.context["table"].rows]
        assert texts == [f"bea@alder.example made team t{number}" for number in range(59, -1, -1)]

    def test_an_unknown_filter_is_told(self, browser: Client) -> None:
        assert "is not known here" in browser.get("/admin/audit/?noun=cheese").content.decode()
