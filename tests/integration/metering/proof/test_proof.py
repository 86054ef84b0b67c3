"""Accuracy, availability, savings and the silent phase, each from rows whose figures are known."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.timezone import now

from gateway_project.telemetry import metrics
from gateway_project.telemetry.proof import ServedCounts, read_levels
from metering.models import AuditEvent, PolicyDecision, ReconciledDay, ServedHour, Tenant, UsageMeter
from metering.proof.service_levels import share_text
from metering.rollups.roll_up import roll_up_usage
from metering.types import EnforcementMode
from tests.factories import (
    BudgetFactory,
    ModelFactory,
    PriceFactory,
    UserFactory,
    alder,
    birch,
    make_plan,
    make_token,
)
from tests.integration.metering.management.asking import answer, refusal, text
from tests.support.ended_calls import corrected, expired, settled

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - DAY


def compared(provider: str, *, vendor: int, metered: int, own: int, day: datetime = NOON) -> None:
    ReconciledDay.objects.create(
        provider_name=provider, day=day.date(), model=f"m{vendor}", is_known=True, has_cost=True,
        vendor_nano_usd=vendor, metered_nano_usd=metered, own_difference_nano_usd=own, booked_nano_usd=0,
        metered_requests=1, metered_input_tokens=1, metered_output_tokens=1,
        causes={"unexplained": own}, compared_at=now(),
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_rolled", [False, True])
def test_accuracy_is_what_is_exact_and_how_far_vendors_reports_are_without_netting(
    is_rolled: bool, settings: Any
) -> None:
    settled(alder(), NOON, {"cost_nano_usd": 9_000})
    settled(
        birch(), NOON, {"cost_nano_usd": 600, "estimated": True, "estimate_reason": "cut", "outcome": "cut"}
    )
    expired(alder(), NOON, cost=400)
    if is_rolled:
        assert roll_up_usage(settings.LEDGER_DATABASE_URL, now()) > 0
    compared("sandbox", vendor=1_100, metered=1_000, own=100)
    compared("sandbox", vendor=9_300, metered=9_000, own=-100)  # 400 of it were no calls of the gateway's
    found = answer("service_levels")["accuracy"]
    assert (found["cost_usd"], found["estimated_usd"], found["exact_share"]) == (
        "0.00001",
        "0.000001",
        "0.900000",
    )
    assert found["attempts"] == 3
    assert found["reconciled"]["deviation_usd"] == "0.0000002"
    assert found["reconciled"]["vendor_usd"] == "0.00001"
    assert (found["reconciled"]["accuracy"], found["met"]) == ("0.980000", False)
    assert [each["provider"] for each in found["providers"]] == ["sandbox"]
    assert "accuracy 0.980000" in text("service_levels")


def test_a_correction_of_an_estimate_does_not_make_it_exact() -> None:
    call = settled(alder(), NOON, {"cost_nano_usd": 1_000, "estimated": True, "estimate_reason": "missing"})
    corrected(alder(), call, by=-500, recorded_at=NOON, reason="a report")
    found = answer("service_levels")["accuracy"]
    assert (found["cost_usd"], found["estimated_usd"]) == ("0.0000005", "0.000001")


def test_availability_is_counted_by_each_process_and_loses_nothing_while_the_database_is_away() -> None:
    counts, other = ServedCounts(), ServedCounts()
    for route, status, times in (
        ("/v1/chat/completions", "200", 9_990), ("/v1/chat/completions", "503", 4), ("/llm/chat", "500", 1),
        ("/v1/messages", "502", 5), ("/health", "503", 700), ("other", "404", 900), ("/admin/*", "500", 3),
    ):  # fmt: skip
        metrics.requests.add(route, status, by=times)
    counts.write_down(now())
    counts.write_down(now())
    assert ServedHour.objects.get().answered == 10_000
    metrics.requests.add("/api/*", "200", by=10_000)
    other.write_down(now())  # which had not written for a while
    assert ServedHour.objects.get().answered == 30_000
    found = answer("service_levels")["availability"]
    assert (found["answered"], found["failed"], found["vendor_failed"]) == (30_000, 10, 10)
    assert (found["availability"], found["met"]) == ("0.999666", True)
    read_levels(now())
    metrics.availability.sample()
    assert metrics.availability.series[()][0] == pytest.approx(1 - 10 / 30_000)


def test_nothing_to_reckon_with_is_said_so() -> None:
    found = answer("service_levels")
    assert (found["accuracy"]["exact_share"], found["accuracy"]["reconciled"], found["accuracy"]["met"]) == (
        None,
    ) * 3
    assert (found["availability"]["availability"], found["availability"]["met"]) == (None, None)
    assert answer("savings_report")["share"] is None


def test_savings_are_the_cache_cheaper_models_and_denials_each_by_its_own_measure() -> None:
    small, large = (ModelFactory(name=name) for name in ("small", "large"))
    for model, price in ((small, 1), (large, 5)):
        PriceFactory(
            model=model,
            input=price,
            output=price,
            cached_input=price,
            cache_write=price,
            effective_from=NOON - 90 * DAY,
        )
    million = {"input_tokens": 1_000_000, "output_tokens": 0, "cost_nano_usd": 10**9}
    before, at = NOON - 8 * DAY, NOON
    settled(alder(), before, {**million, "request_model": "large", "cost_nano_usd": 5 * 10**9})
    settled(alder(), at, {**million, "request_model": "small"})
    settled(alder(), at, {**million, "request_model": "small"})
    hit = {
        "outcome": "cached",
        "cost_nano_usd": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "list_cost_nano_usd": 2 * 10**9,
    }
    settled(alder(), at, hit)
    for minute in range(3):
        PolicyDecision.objects.create(
            minute=at + timedelta(minutes=minute), tenant_id=alder().pk, task="LLM0_CHAT", verdict="denied",
            code="budget_exceeded" if minute else "rate_limited", mode="enforce", count=50, first_at=at, last_at=at,
        )  # fmt: skip
    period = (
        "--tenant",
        "alder",
        "--since",
        str((NOON - 6 * DAY).date()),
        "--until",
        str((NOON + DAY).date()),
    )
    found = answer("savings_report", *period)
    assert (found["spent_usd"], found["cache_usd"], found["cached_answers"]) == ("2", "2", 1)
    assert found["cheaper_models_usd"] == "8"  # two million tokens at 5 dollars, less 2 dollars
    # Two minutes with refusals for good, at a dollar a call; who is only too fast comes again.
    assert (found["denied_calls"], found["denied_usd"]) == (2, "2")
    assert (found["share"], found["met"]) == ("0.833333", True)
    assert found["share_with_denials"] == "0.857142"
    own = ("--baseline-since", str((NOON - 1 * DAY).date()), "--baseline-until", str((NOON + DAY).date()))
    assert answer("savings_report", *period, *own)["cheaper_models_usd"] == "0"
    assert answer("savings_report", "--tenant", birch().slug, *period[2:])["spent_usd"] == "0"
    assert "both ends" in str(refusal("savings_report", "--baseline-since", "2026-01-01"))


def observed(tenant: Tenant, *, since: datetime) -> Tenant:
    Tenant.objects.filter(pk=tenant.pk).update(enforcement_mode=EnforcementMode.OBSERVE.value)
    AuditEvent.objects.create(
        at=since, action="tenant.changed", actor="a", tenant_id=tenant.pk, object_type="Tenant",
        object_id=str(tenant.pk), facts={"enforcement_mode": ["enforce", "observe"]},
    )  # fmt: skip
    return Tenant.objects.get(pk=tenant.pk)


def called_by(tenant: Tenant, user: Any, token: Any, at: datetime, cost: int) -> None:
    settled(
        tenant,
        at,
        {"cost_nano_usd": cost, "user_id": user.pk, "token_id": token.id, "request_model": "sandbox-small"},
    )


def test_a_silent_phase_says_what_would_have_been_denied_by_what_and_by_whom_and_changes_nothing() -> None:
    make_plan("PRO")
    ModelFactory(name="sandbox-small")
    tenant = observed(alder(), since=NOON - 10 * DAY)
    token = make_token(tenant)
    ann = UserFactory(tenant=tenant, email="ann@alder.example", signup_token_id=token.id)
    budget = BudgetFactory(tenant=tenant, dimension="cost", window="day", amount=1_000, per="tenant")
    for hour, cost in ((1, 900), (2, 500), (3, 50)):
        called_by(tenant, ann, token, NOON.replace(hour=hour), cost)
    meters = UsageMeter.objects.count()
    [found] = answer("silent_phase")
    assert (found["tenant"], found["mode"], found["calls"]) == ("alder", "observe", 3)
    assert (found["denied"], found["denied_usd"]) == (1, "0.0000005")
    assert [(row["code"], row["calls"]) for row in found["by_rule"]] == [("budget_exceeded", 1)]
    assert [(row["who"], row["cost_usd"]) for row in found["by_whom"]] == [("ann@alder.example", "0.0000005")]
    assert (found["may_switch"], len(found["objections"])) == (False, 1)
    assert "33.3 % of the calls" in found["objections"][0]
    assert UsageMeter.objects.count() == meters
    assert Tenant.objects.get(pk=tenant.pk).enforcement_mode == EnforcementMode.OBSERVE

    budget.amount = 10_000
    budget.save()
    [found] = answer("silent_phase", "--tenant", "alder")
    assert (found["may_switch"], found["denied"], found["objections"]) == (True, 0, [])
    assert "may be enforced" in text("silent_phase", "--tenant", "alder")


def test_a_silent_phase_waits_for_a_week_for_exact_figures_and_for_vendors_reports_that_agree() -> None:
    make_plan("PRO")
    ModelFactory(name="sandbox-small")
    tenant = observed(alder(), since=NOON - 2 * DAY)
    token = make_token(tenant)
    user = UserFactory(tenant=tenant, signup_token_id=token.id)
    called_by(tenant, user, token, NOON, 900)
    settled(
        tenant,
        NOON,
        {"cost_nano_usd": 100, "token_id": token.id, "estimated": True, "estimate_reason": "missing"},
    )
    compared("sandbox", vendor=1_100, metered=1_000, own=100)
    [found] = answer("silent_phase")
    said = " ".join(found["objections"])
    for words in (
        "wait until there are 7",
        "10.00 % of the cost is estimated",
        "differ from what was metered by 9.09 %",
    ):
        assert words in said
    assert found["may_switch"] is False
    Tenant.objects.filter(pk=tenant.pk).update(enforcement_mode="enforce")
    assert text("silent_phase").strip() == "Every tenant is enforced."
    assert answer("silent_phase", "--tenant", "alder")[0]["objections"] == ["The tenant is enforced already."]


def test_shares_are_rounded_down() -> None:
    assert share_text(Decimal("0.9999999")) == "0.999999"
