"""Vendors that fail and tenants whose calls do are told of once, from the first look that sees it until it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from metering.models import Episode, Notice, UsageLog
from metering.watching.episodes import FORGOTTEN_AFTER
from metering.watching.failures import RECENT, tell_of_failures
from tests.factories import AttemptFactory, birch

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)


def attempts(ok: int, failed: int, at: datetime = NOW, **facts: object) -> None:
    for outcome, count in (("ok", ok), ("error", failed)):
        for number in range(count):
            kind = "timeout" if outcome == "error" and number % 2 else outcome
            AttemptFactory(at=at - MINUTE, outcome=kind, **facts)


def told() -> list[tuple[str, str, str]]:
    return list(Notice.objects.order_by("id").values_list("type", "audience", "subject"))


def test_a_vendor_of_which_most_fails_is_down_once_until_it_answers_again() -> None:
    attempts(4, 0, tenant_id=birch().pk, provider_name="well")
    attempts(2, 6, tenant_id=birch().pk)
    attempts(30, 0, tenant_id=birch().pk, provider_name="well")
    assert (tell_of_failures(now=NOW), tell_of_failures(now=NOW + MINUTE)) == (1, 0)
    assert told() == [("vendor.down", "super_admins", "sandbox is down")]
    notice = Notice.objects.get()
    assert (notice.data, notice.tenant) == (
        {"provider": "sandbox", "attempts": 8, "failed": 6, "percent": 75},
        None,
    )
    quiet = NOW + RECENT + MINUTE
    tell_of_failures(now=quiet)
    assert Episode.objects.get().ended_at is None, "nobody asked it, so nobody knows"

    UsageLog.objects.all().delete()
    attempts(9, 0, quiet)
    tell_of_failures(now=quiet)
    assert Episode.objects.get().ended_at == quiet
    attempts(0, 12, quiet)
    assert tell_of_failures(now=quiet) == 2, "down again, and this time its tenant's calls fail too"


def test_often_is_a_fifth_for_vendors_and_tenants_and_over_below_half_of_that() -> None:
    attempts(18, 5)
    assert tell_of_failures(now=NOW) == 2
    assert sorted(told()) == [
        ("error_rate.high", "super_admins", "sandbox fails often"),
        ("error_rate.high", "tenant_admins", "Calls of Alder Research fail often"),
    ]
    attempts(20, 0)
    tell_of_failures(now=NOW)
    assert not Episode.objects.filter(ended_at__isnull=False).exists(), "an eighth: up and down is no news"
    attempts(10, 0)
    tell_of_failures(now=NOW)
    assert not Episode.objects.filter(ended_at=None).exists()


def test_a_few_failures_what_is_long_over_and_what_was_never_sent_are_no_news() -> None:
    attempts(0, 4)
    attempts(0, 9, NOW - RECENT)
    AttemptFactory.create_batch(9, at=NOW - MINUTE, outcome="cancelled")
    assert tell_of_failures(now=NOW) == 0


def test_of_a_vendor_that_was_down_a_high_error_rate_is_no_news_and_its_quiet_ends_after_a_day() -> None:
    other = birch().pk
    attempts(3, 6, tenant_id=other)
    attempts(90, 0, tenant_id=other, provider_name="well")
    tell_of_failures(now=NOW)
    attempts(9, 0, tenant_id=other)
    assert tell_of_failures(now=NOW) == 0
    later = NOW + FORGOTTEN_AFTER + MINUTE
    tell_of_failures(now=later)
    assert Episode.objects.get().ended_at == later
