"""Budgets that will not last are told of once for each window, early enough and to whom they concern."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metering.alerts.address import address_alerts
from metering.models import Budget, Notice, Notification, Tenant, User
from metering.watching.forecasts import tell_of_forecasts
from tests.factories import BudgetFactory, MeterFactory, TenantFactory, UserFactory, alder, make_token

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday: half of a day's window is over, and little of the week's."""


@pytest.fixture(autouse=True)
def on_a_plan(db: Any) -> None:
    make_token(alder())


def budget(used: int, window: str = "day", at: datetime = NOON, **facts: Any) -> Budget:
    row: Budget = BudgetFactory(**{"amount": 100, "window": window, "dimension": "tokens", **facts})
    MeterFactory(budget=row, used=used, at=at)
    return row


def subjects() -> list[str]:
    return list(Notice.objects.order_by("id").values_list("subject", flat=True))


def test_a_budget_that_will_be_used_up_is_told_of_once_in_each_window() -> None:
    row = budget(60)
    for moment in (NOON, NOON, NOON + timedelta(hours=3)):
        tell_of_forecasts(now=moment)
    notice = Notice.objects.get()
    assert notice.subject == "Alder Research: the budget of tokens of this day will be used up at 20:00"
    assert notice.text.startswith("60 tokens of 100 tokens is used.")
    assert (notice.type, notice.audience, notice.tenant) == ("budget.forecast", "tenant_admins", alder())
    assert (notice.data["budget"], notice.data["used"], notice.data["forecast"]) == (str(row.pk), 60, 120)
    tomorrow = NOON + timedelta(days=1)
    MeterFactory(budget=row, used=70, at=tomorrow)
    tell_of_forecasts(now=tomorrow)
    assert len(subjects()) == 2


def test_a_weeks_budget_is_named_by_the_day_in_the_tenants_zone() -> None:
    Tenant.objects.update(timezone="Asia/Tokyo")
    late = NOON + timedelta(days=2)
    MeterFactory(
        budget=BudgetFactory(amount=10**9, window="week", dimension="cost"), timezone="Asia/Tokyo",
        used=6 * 10**8, at=late,
    )  # fmt: skip
    tell_of_forecasts(now=late)
    assert subjects() == ["Alder Research: the budget of this week will be used up on Friday"]
    assert "(Asia/Tokyo)" in Notice.objects.get().text


@pytest.mark.parametrize(
    ("used", "facts"),
    [
        (49, {}),
        (100, {}),
        (60, {"window": "hour"}),
        (60, {"window": "total"}),
        (60, {"thresholds": []}),
        (60, {"mode": "observe"}),
        (60, {"is_active": False}),
    ],
)
def test_nobody_is_troubled_for_little_or_for_what_is_used_up_already(
    used: int, facts: dict[str, Any]
) -> None:
    budget(used, **facts)
    tell_of_forecasts(now=NOON)
    assert subjects() == []


def test_what_will_last_is_no_news() -> None:
    budget(60)
    tell_of_forecasts(now=NOON + timedelta(hours=6))
    assert subjects() == []


def test_of_a_tenant_that_is_only_observed_nobody_is_told() -> None:
    Tenant.objects.update(enforcement_mode="observe")
    budget(60)
    tell_of_forecasts(now=NOON)
    assert subjects() == []


def test_a_members_own_budget_is_found_by_the_member_too_and_a_shared_one_by_operators() -> None:
    ann = UserFactory(email="ann@alder.example")
    bea = UserFactory(email="bea@alder.example", role=User.Role.TENANT_ADMIN)
    User.objects.create_superuser("ops@example.com", None)
    for person in (ann, bea):
        budget(60, scope="user", scope_id=str(person.pk))
    budget(60, scope="global")
    budget(60, tenant=TenantFactory(slug="cedar", name="Cedar"))
    tell_of_forecasts(now=NOON)
    assert sorted(Notice.objects.values_list("audience", "tenant__slug"), key=str) == [
        ("super_admins", None),
        ("tenant_admins", "alder"),
        ("tenant_admins", "alder"),
        ("tenant_admins", "cedar"),
    ]
    address_alerts(now=NOON)
    found = Notification.objects.order_by("user__email").values_list("user__email", flat=True)
    assert list(found) == [ann.email, bea.email, bea.email, "ops@example.com"]
