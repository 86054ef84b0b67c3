"""The page of proof shows the figures of the commands, and leads to what a tenant's enforcement would deny."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from metering.models import ReconciledDay, ServedHour, Tenant, UsageMeter
from tests.factories import BudgetFactory, ModelFactory, PriceFactory, alder, make_token
from tests.support.ended_calls import settled

pytestmark = pytest.mark.django_db


def read(console: Client, path: str) -> str:
    answer = console.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().replace("\N{NO-BREAK SPACE}", " ").split())


def test_it_says_how_near_vendors_reports_are_how_available_it_was_and_who_is_only_observed(
    console: Client,
) -> None:
    at = now() - timedelta(days=2)
    settled(alder(), at, {"cost_nano_usd": 9 * 10**9})
    settled(alder(), at, {"cost_nano_usd": 10**9, "estimated": True, "estimate_reason": "missing"})
    ReconciledDay.objects.create(
        provider_name="sandbox", day=at.date(), model="m-2026", is_known=False, vendor_nano_usd=10_020_000_000,
        has_cost=True, metered_nano_usd=10 * 10**9, own_difference_nano_usd=5_000_000, booked_nano_usd=0,
        metered_requests=2, metered_input_tokens=1, metered_output_tokens=1, compared_at=now(),
        causes={"priced_otherwise": 5_000_000, "foreign": 15_000_000},
    )  # fmt: skip
    ServedHour.objects.create(hour=at.replace(minute=0, second=0, microsecond=0), answered=10_000, failed=4)
    Tenant.objects.filter(slug="alder").update(enforcement_mode="observe")
    page = read(console, "/admin/proof/")
    for words in (
        "99.950 %", "90.000 %", "99.960 %", "4 of 10,000 requests failed here", "not in the catalog",
        "calls past the gateway $0.02, another price &lt;$0.01", "Alder Research", "only noted",
    ):  # fmt: skip
        assert words in page
    assert "/admin/proof/alder/" in page


def test_where_calls_went_to_dearer_models_the_page_says_why_less_than_nothing_was_saved(
    console: Client,
) -> None:
    for name, price in (("small", 1), ("large", 5)):
        rates = {"input": price, "output": price, "cached_input": price, "cache_write": price}
        model = ModelFactory(name=name)
        PriceFactory(model=model, effective_from=now() - timedelta(days=90), **rates)
    million = {"input_tokens": 1_000_000, "output_tokens": 0}
    settled(alder(), now() - timedelta(days=9), {**million, "request_model": "small", "cost_nano_usd": 10**9})
    settled(
        alder(), now() - timedelta(days=1), {**million, "request_model": "large", "cost_nano_usd": 5 * 10**9}
    )
    page = read(console, "/admin/proof/?range=7d")
    assert "Calls went to dearer models than in as many days before, for $4.00 more" in page


def test_a_silent_tenants_page_says_what_would_be_denied_and_changes_nothing(console: Client) -> None:
    ModelFactory(name="sandbox-small")
    token = make_token(alder())
    Tenant.objects.filter(slug="alder").update(enforcement_mode="observe")
    BudgetFactory(tenant=alder(), dimension="cost", window="day", amount=10**9, per="tenant")
    noon = (now() - timedelta(days=1)).replace(hour=12)
    for minute in range(2):
        call = {"cost_nano_usd": 10**9, "token_id": token.id, "request_model": "sandbox-small"}
        settled(alder(), noon + timedelta(minutes=minute), call)
    page = read(console, "/admin/proof/alder/")
    for words in ("Alder Research: not yet", "50.0 % of the calls", "budget_exceeded", token.prefix, "$1.00"):
        assert words in page
    assert UsageMeter.objects.count() == 0
