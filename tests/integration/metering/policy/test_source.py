"""A policy source compiles the policies that the gateway compiles, and reads what a catalog file would change."""

from pathlib import Path

import pytest
from django.utils.timezone import now

from metering.catalog.load_catalog import load_catalog
from metering.errors import CatalogInvalid, NotFound, TaskNotAllowed
from metering.ids import uuid7
from metering.models import AuditEvent, Plan, PolicyRule
from metering.policy.effective import effective_policy
from metering.policy.source import read_policy_source
from metering.policy.values import EffectivePolicy, PolicySubject
from tests.factories import (
    BudgetFactory,
    RuleFactory,
    TeamFactory,
    UserFactory,
    alder,
    birch,
    make_plan,
    reference_data,
)

pytestmark = pytest.mark.django_db
DEMO = Path(__file__).parents[4] / "fixtures" / "demo" / "catalog.yaml"
NIGHT = {"hours": "22:00-06:00"}


@pytest.fixture(autouse=True)
def vocabulary(db: object) -> None:
    reference_data()


def facts(policy: EffectivePolicy) -> tuple[object, ...]:
    return (
        policy.mode, policy.settings, policy.shadow_settings, policy.limits, policy.by_provider, policy.by_agent,
        policy.by_class, policy.each_agent, policy.rates, policy.shadow_rates, policy.rules, policy.variants is None,
    )  # fmt: skip


def load(text: str) -> None:
    load_catalog(text=text, actor="a test", now=now())


def test_its_policies_are_those_of_the_gateway_for_everybody() -> None:
    team, user, token = TeamFactory(tenant=alder(timezone="Asia/Tokyo")), UserFactory(), uuid7()
    everywhere = (
        {"scope": "global"},
        {"scope": "plan", "scope_id": "PRO"},
        {"scope": "plan", "scope_id": "FREE"},
        {},
        {"tenant": birch()},
        {"scope": "team", "scope_id": str(team.pk)},
        {"scope": "user", "scope_id": str(user.pk)},
        {"scope": "token", "scope_id": str(token)},
        {"scope": "agent", "scope_id": "helper"},
        {"scope": "conversation", "scope_id": "talk-7"},
        {"scope": "provider", "scope_id": "sandbox"},
    )
    for number, where in enumerate(everywhere, start=1):
        BudgetFactory(
            **{"per": "global" if where.get("scope") == "global" else "tenant", **where}, amount=number
        ) if (where.get("scope") in (None, "global", "plan")) else BudgetFactory(**where, amount=number)
        RuleFactory(**where, key="requests_per_minute", value=number)
        if where.get("scope") not in ("agent", "provider"):
            RuleFactory(**where, key="max_tokens_out", value=100 - number)
            RuleFactory(**where, key="max_concurrent", value=number, task_id="LLM2_DRAFT")
            RuleFactory(**where, key="max_class", value="BASE_M", conditions=NIGHT)
    source = read_policy_source()
    narrow = read_policy_source(tenant=alder())
    subjects = [
        PolicySubject(alder().pk, plan, team_id, user_id, token_id)
        for plan in ("PRO", "FREE", "NONE")
        for team_id in (None, team.pk)
        for user_id in (None, user.pk)
        for token_id in (None, token)
    ]
    for subject in [*subjects, PolicySubject(birch().pk, "PRO", None, None, None)]:
        for task in ("LLM0_CHAT", "LLM2_DRAFT"):
            real = facts(effective_policy(subject, task))
            assert facts(source.policy(subject, task)) == real
            if subject.tenant_id == alder().pk:
                assert facts(narrow.policy(subject, task)) == real


def test_a_tenants_source_knows_no_other_tenant() -> None:
    source = read_policy_source(tenant=alder())
    with pytest.raises(NotFound):
        source.policy(PolicySubject(birch().pk, "PRO", None, None, None), "LLM0_CHAT")


def test_what_a_catalog_file_would_change_is_read_and_nothing_is_changed() -> None:
    make_plan("PRO")
    alder()
    RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_out", value=100)
    text = "plans: {PRO: {features: [CHAT], rules: [{key: max_tokens_out, value: 7}]}}"
    source = read_policy_source(after=lambda: load(text))
    subject = PolicySubject(alder().pk, "PRO", None, None, None)
    assert source.policy(subject, "LLM0_CHAT").number("max_tokens_out") == 7
    assert isinstance(source.access_to("PRO", "LLM2_DRAFT"), TaskNotAllowed)
    assert PolicyRule.objects.get().value == 100
    assert not AuditEvent.objects.exists()
    assert effective_policy(subject, "LLM0_CHAT").number("max_tokens_out") == 100


def test_a_catalog_file_may_bring_whole_plans() -> None:
    source = read_policy_source(after=lambda: load(DEMO.read_text()))
    assert source.access_to("FREE", "LLM0_CHAT").default_class == "BASE_S"
    assert not Plan.objects.exists()


def test_a_wrong_catalog_file_is_refused() -> None:
    with pytest.raises(CatalogInvalid, match="line 1"):
        read_policy_source(after=lambda: load("plan: {}"))
