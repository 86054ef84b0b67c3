"""A token that has expired keeps its tenant on no plan, as a revoked one."""

from datetime import timedelta

from django.test import Client
from django.utils.timezone import now

from metering.models import ATIToken, Tenant, UsageMeter
from tests.factories import BudgetFactory, MeterFactory, alder, make_token
from tests.integration.admin_console.conftest import Url

AMOUNT = 98_765


def expire_all() -> None:
    ATIToken.objects.update(expires_at=now() - timedelta(seconds=1))


def test_a_meters_tightest_limit_is_of_no_plan_whose_tokens_have_all_expired(
    console: Client, url: Url
) -> None:
    make_token()
    budget = BudgetFactory(scope="plan", scope_id="PRO", amount=AMOUNT)
    MeterFactory(budget=budget, tenant_id=alder().pk, subject_id=str(alder().pk))
    assert f"{AMOUNT:,}" in console.get(url(UsageMeter)).content.decode()
    expire_all()
    assert f"{AMOUNT:,}" not in console.get(url(UsageMeter)).content.decode()


def test_a_tenants_plans_are_those_of_its_live_tokens(console: Client, url: Url) -> None:
    make_token(plan="GOLD")
    assert "GOLD" in console.get(url(Tenant)).content.decode()
    expire_all()
    assert "GOLD" not in console.get(url(Tenant)).content.decode()
