"""The simulator's page: what it asks for, what it answers, and that nothing stays of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.models import ATIToken, AuditEvent, Plan, PolicyRule, UsageLog, User
from metering.simulation import replay_at_once
from tests.integration.admin_console import rows

pytestmark = pytest.mark.django_db
PAGE = "/admin/simulator/"


@pytest.fixture(autouse=True)
def calls(db: object) -> None:
    """Two of Alder's and one of Birch's, all on the plan PRO."""
    for slug, times in (("alder", 2), ("birch", 1)):
        tenant = rows.customer(slug)
        for _ in range(times):
            rows.usage(tenant)
        UsageLog.objects.filter(tenant_id=tenant.pk).update(token_id=ATIToken.objects.get(tenant=tenant).pk)


def ask(client: Client, **facts: Any) -> Any:
    today = now().date()
    return client.post(PAGE, {"since": today - timedelta(days=1), "until": today, **facts})


def answer(client: Client, **facts: Any) -> dict[str, Any]:
    response = ask(client, **facts)
    assert response.status_code == 200
    found: dict[str, Any] | None = response.context["answer"]
    assert found is not None, response.context["form"].errors
    return found


def problems(client: Client, **facts: Any) -> dict[str, list[str]]:
    response = ask(client, **facts)
    assert response.context["answer"] is None
    errors: dict[str, list[str]] = response.context["form"].errors
    return errors


def tenant_admin(client: Client) -> Client:
    client.force_login(
        User.objects.create_user(
            "bea@alder.example",
            tenant=ATIToken.objects.filter(tenant__slug="alder").get().tenant,
            role=User.Role.TENANT_ADMIN,
            is_staff=True,
        )
    )
    return client


class TestAsking:
    def test_of_all_tenants_as_it_is(self, console: Client) -> None:
        facts = answer(console)
        assert (facts["calls"], facts["denied"]) == (3, 0)
        assert "No rule would have denied any of them." in ask(console).content.decode()

    def test_of_one_tenant(self, console: Client) -> None:
        assert answer(console, tenant="alder")["calls"] == 2

    def test_on_another_plan(self, console: Client) -> None:
        Plan.objects.create(code="EMPTY", name="Nothing in it")
        facts = answer(console, tenant="alder", plan="EMPTY")
        assert facts["denied"] == 2
        assert [row["rule"] for row in facts["denied_by"]] == ["plan EMPTY"]
        assert facts["difference_usd"] == "-0.0024"

    def test_with_another_rule(self, console: Client) -> None:
        facts = answer(console, tenant="alder", key="max_tokens_in", value="1000")
        assert facts["denied"] == 2
        assert [row["rule"] for row in facts["denied_by"]] == ["tenant max_tokens_in"]

    def test_it_is_answered_in_words_and_to_the_cent(self, console: Client) -> None:
        facts = {"tenant": "alder", "key": "max_tokens_in", "value": "1000"}
        shown = ask(console, **facts).context
        [table] = shown["tables"]
        assert table["table"]["rows"] == [["Tenant: tokens in", "input too long", "2", "<$0.01"]]
        assert dict(shown["figures"])["Difference"] == "-<$0.01"

    def test_with_another_rule_of_the_gateway(self, console: Client) -> None:
        assert answer(console, key="max_tokens_in", value="1000")["denied"] == 3

    def test_with_a_rule_of_another_task(self, console: Client) -> None:
        assert answer(console, key="max_tokens_in", value="1000", task="LLM2_DRAFT")["denied"] == 0

    def test_by_a_tenants_administrator(self, client: Client) -> None:
        facts = answer(tenant_admin(client), key="max_tokens_in", value="1000")
        assert (facts["calls"], facts["denied"]) == (2, 2)


class TestNothingStays:
    def test_of_the_rule_that_was_tried(self, console: Client) -> None:
        before = list(PolicyRule.objects.order_by("pk").values())
        events = AuditEvent.objects.count()
        answer(console, tenant="alder", key="max_tokens_out", value="7")
        assert list(PolicyRule.objects.order_by("pk").values()) == before
        assert AuditEvent.objects.count() == events


class TestARefusalSaysWhatWouldBeValid:
    def test_of_a_value(self, console: Client) -> None:
        [sentence] = problems(console, key="max_tokens_in", value="many")["value"]
        assert sentence.startswith("“many” is no amount")

    def test_of_a_value_that_is_missing(self, console: Client) -> None:
        assert "value" in problems(console, key="max_tokens_in")

    def test_of_a_value_without_a_rule(self, console: Client) -> None:
        assert problems(console, value="7")["key"] == ["Choose the rule that has this value."]

    def test_of_an_unknown_tenant(self, console: Client) -> None:
        assert problems(console, tenant="yew")["tenant"] == ["There is no such tenant."]

    def test_of_an_unknown_plan(self, client: Client) -> None:
        admin = tenant_admin(client)
        assert "is not one of the available choices" in problems(admin, plan="YEW")["plan"][0]

    def test_of_a_period_that_ends_before_it_begins(self, console: Client) -> None:
        found = problems(console, since=now().date(), until=now().date() - timedelta(days=1))
        assert found["until"] == ["The last day is before the first."]

    def test_of_a_period_that_is_too_long(self, console: Client) -> None:
        found = problems(console, since=now().date() - timedelta(days=62))
        assert found["__all__"] == ["At most 62 days at once."]

    def test_of_days_to_come(self, console: Client) -> None:
        assert problems(console, since="9999-12-31", until="9999-12-31")["until"] == [
            "The last day is in the future."
        ]

    def test_of_days_before_there_were_logs(self, console: Client) -> None:
        assert problems(console, since="0001-01-01", until="0001-01-02")["since"] == [
            "There is no log from before 2000."
        ]


class TestBounds:
    def test_more_calls_than_are_looked_at_are_said(
        self, console: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replay_at_once, "MAX_CALLS", 1)
        facts = answer(console)
        assert (facts["calls"], facts["stopped_early"]) == (1, True)
        assert "manage.py simulate_policy" in ask(console).content.decode()

    def test_too_many_calls_before_the_period_are_refused(
        self, console: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replay_at_once, "MAX_BEFORE", 2)
        tomorrow = now().date() + timedelta(days=1)
        found = problems(console, since=tomorrow, until=tomorrow)
        assert "More than 2 calls come before the period" in found["since"][0]
