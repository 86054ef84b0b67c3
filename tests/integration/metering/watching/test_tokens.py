"""Tokens about to expire are told of a week and a day before, to those who issue them and those who hold them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metering.alerts.address import address_alerts
from metering.models import ATIToken, Notice, Notification, Tenant, User
from metering.watching.tokens import tell_of_expiring_tokens
from tests.factories import UserFactory, make_token

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def token(expires_in: timedelta, *, age: timedelta = 90 * DAY, **facts: Any) -> ATIToken:
    id_ = make_token(name="batch", **facts).id
    ATIToken.objects.filter(pk=id_).update(created_at=NOW - age, expires_at=NOW + expires_in)
    return ATIToken.objects.get(pk=id_)


def told() -> list[tuple[str, int]]:
    return [(row.audience, row.data["days"]) for row in Notice.objects.order_by("id")]


def test_a_token_is_told_of_a_week_and_a_day_before_once_each() -> None:
    row = token(8 * DAY)
    for ahead in (0 * DAY, DAY, DAY + HOUR, 7 * DAY, 7 * DAY + HOUR, 9 * DAY):
        tell_of_expiring_tokens(now=NOW + ahead)
    assert told() == [("tenant_admins", 7), ("tenant_admins", 1)]
    first = Notice.objects.order_by("id")[0]
    assert first.subject == f"Token batch ({row.prefix}…) expires within 7 days"
    assert "expires on Tuesday, 10 March 2026, 12:00 (UTC)" in first.text
    assert first.data["prefix"] == row.prefix
    assert row.digest.hex() not in str(first.data)


def test_one_whose_end_is_moved_is_told_of_again() -> None:
    row = token(2 * DAY)
    tell_of_expiring_tokens(now=NOW)
    ATIToken.objects.filter(pk=row.pk).update(expires_at=NOW + 30 * DAY)
    tell_of_expiring_tokens(now=NOW)
    tell_of_expiring_tokens(now=NOW + 25 * DAY)
    assert told() == [("tenant_admins", 7), ("tenant_admins", 7)]


def test_the_member_who_holds_it_finds_it_too() -> None:
    ann, bea = UserFactory(email="ann@alder.example"), UserFactory(role=User.Role.TENANT_ADMIN)
    token(HOUR, user=ann)
    token(HOUR, user=bea)
    tell_of_expiring_tokens(now=NOW)
    assert told() == [("tenant_admins", 1), ("tenant_admins", 1)]
    address_alerts(now=NOW)
    holders = sorted(Notification.objects.values_list("user", flat=True), key=str)
    assert holders == sorted([ann.pk, bea.pk, bea.pk], key=str)


def test_what_is_over_was_issued_for_a_few_days_or_is_a_suspended_tenants_is_no_news() -> None:
    token(-HOUR)
    token(3 * DAY, age=HOUR)
    revoked = token(HOUR)
    ATIToken.objects.filter(pk=revoked.pk).update(revoked_at=NOW)
    make_token()
    assert tell_of_expiring_tokens(now=NOW) == 0
    token(HOUR)
    Tenant.objects.update(status="SUSPENDED")
    assert tell_of_expiring_tokens(now=NOW) == 0
