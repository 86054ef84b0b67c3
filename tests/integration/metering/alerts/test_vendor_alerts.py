"""Vendors that report what cannot be: one alert for each vendor, model and day, however many calls and workers."""

import threading
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import now

from metering.alerts import raise_vendor_alerts as module
from metering.alerts.raise_vendor_alerts import FIND, SETTLED_FOR, raise_vendor_alerts
from metering.models import AlertDelivery, PasswordReset, UsageLog, VendorAlert
from tests.factories import AlertFactory, AttemptFactory, VendorAlertFactory, birch

pytestmark = pytest.mark.django_db
REPORTED = '{"prompt_tokens":1000000000000}'
NOON = now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
SECOND = timedelta(seconds=1)


def impossible(recorded_at: datetime = NOON, **facts: Any) -> UsageLog:
    values = {"estimated": True, "estimate_reason": "impossible", "reported": REPORTED, **facts}
    return AttemptFactory(recorded_at=recorded_at, **values)


def look(**facts: Any) -> int:
    return raise_vendor_alerts(**{"now": now(), **facts})


def seen() -> dict[tuple[str, str, date], int]:
    return {
        (alert.provider_name, alert.model, alert.day): alert.times_seen for alert in VendorAlert.objects.all()
    }


def test_however_many_calls_there_are_they_are_one_alert() -> None:
    first = impossible(input_tokens=11, output_tokens=7, cost_nano_usd=5)
    for number in range(1, 5):
        impossible(NOON + number * SECOND, tenant_id=birch().pk, reported="{}")
    assert look() == 5
    [alert] = VendorAlert.objects.all()
    assert (alert.kind, alert.times_seen, alert.reported) == ("impossible_usage", 5, REPORTED)
    assert (alert.reservation_id, alert.tenant_id) == (first.reservation_id, first.tenant_id)
    assert (alert.input_tokens, alert.output_tokens, alert.cost_nano_usd) == (11, 7, 5)
    assert (alert.last_seen_at, alert.addressed_at) == (NOON + 4 * SECOND, None)


def test_each_vendor_model_and_day_has_its_own() -> None:
    midnight = NOON.replace(hour=0)
    impossible(midnight - SECOND)
    impossible(midnight)
    impossible(response_model="sandbox-large")
    impossible(provider_name="elsewhere")
    look()
    today, yesterday = NOON.date(), NOON.date() - timedelta(days=1)
    assert seen() == {
        ("sandbox", "sandbox-small", yesterday): 1,
        ("sandbox", "sandbox-small", today): 1,
        ("sandbox", "sandbox-large", today): 1,
        ("elsewhere", "sandbox-small", today): 1,
    }


@pytest.mark.parametrize("reason", ["", "missing", "contradictory", "cut", "unanswered"])
def test_what_is_merely_estimated_is_no_alert(reason: str) -> None:
    AttemptFactory(recorded_at=NOON, estimated=True, estimate_reason=reason)
    assert (look(), VendorAlert.objects.count()) == (0, 0)


def test_each_call_is_counted_once_and_a_later_one_is_told_to_nobody_anew() -> None:
    impossible()
    assert [look(), look()] == [1, 0]
    VendorAlert.objects.update(addressed_at=now())
    impossible(NOON + SECOND, reported="{}")
    assert [look(), look()] == [1, 0]
    [alert] = VendorAlert.objects.all()
    assert (alert.times_seen, alert.reported) == (2, REPORTED)
    assert alert.addressed_at is not None


def test_what_was_not_looked_at_for_days_is_found() -> None:
    for days in (0, 3, 40):
        impossible(NOON - timedelta(days=days), at=NOON)
    assert look() == 3
    assert len(seen()) == 3


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1)])
def test_what_another_transaction_may_still_add_before_is_left_for_the_next_look(ahead: timedelta) -> None:
    """Also by a worker whose clock is ahead of the database's."""
    impossible(now() - SETTLED_FOR / 2)
    assert look(now=now() + ahead) == 0
    assert look(now=now() + ahead, settled_for=timedelta(0)) == 1


def test_calls_of_one_moment_are_not_torn_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    for number in range(7):
        impossible(NOON + number // 4 * SECOND)
    assert look() == 7
    assert sum(seen().values()) == 7


def test_a_run_is_bounded_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(module, "MAX_BATCHES", 2)
    for number in range(3):
        impossible(NOON + number * SECOND)
    assert [look(), look()] == [2, 1]


def test_a_vendor_that_names_a_new_model_in_each_answer_is_told_of_a_bounded_number_of_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_MODELS", 2)
    for number in range(6):
        impossible(NOON + number * SECOND, response_model=f"m-{number}")
        if number == 4:
            look()
    impossible(NOON + 9 * SECOND, response_model="m-1")
    impossible(NOON + 9 * SECOND, provider_name="elsewhere", response_model="m-3")
    look()
    day = NOON.date()
    assert seen() == {
        ("sandbox", "m-0", day): 1,
        ("sandbox", "m-1", day): 2,
        ("sandbox", "", day): 4,
        ("elsewhere", "m-3", day): 1,
    }


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_count_each_call_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    for number in range(20):
        impossible(NOON + number * SECOND, response_model=f"m-{number % 3}")
    begin, counted = threading.Barrier(4), []

    def work() -> None:
        begin.wait(30)
        try:
            counted.append(look())
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert (len(counted), sum(counted), sum(seen().values()), len(seen())) == (4, 20, 20, 3)


def test_while_one_worker_counts_another_leaves_it_to_that_one() -> None:
    impossible()
    with psycopg.connect(settings.DATABASE_URL) as at_work:
        at_work.execute(module.LOCK)
        assert look() == 0
    assert look() == 1


def test_a_look_reads_the_index_of_what_is_impossible_and_nothing_else() -> None:
    AttemptFactory.create_batch(300, recorded_at=NOON)
    impossible()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE metering_usagelog")
        # A table of a few rows is read whole; without that choice the plan shows what a large one gets.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {FIND}", {"now": now(), "settled_s": 30, "batch": 1_000})
        plan = [line for (line,) in cursor.fetchall()]
    scans = [line for line in plan if "Scan" in line and "usagelog" in line]
    assert scans
    assert all(
        "Index Scan using metering_usagelog_y" in line and "_recorded_at_idx" in line for line in scans
    )
    assert not any("Filter" in line for line in plan), "\n".join(plan)


def test_the_database_keeps_one_alert_a_day() -> None:
    alert = VendorAlertFactory()
    with pytest.raises(IntegrityError, match="vendor_alert_once"), transaction.atomic():
        VendorAlertFactory(day=alert.day)
    VendorAlertFactory(day=alert.day, model="another")


@pytest.mark.parametrize(
    "about",
    [
        (),
        ("alert", "vendor_alert"),
        ("vendor_alert", "password_reset"),
        ("alert", "password_reset"),
        ("alert", "vendor_alert", "password_reset"),
    ],
)
def test_a_delivery_is_about_exactly_one_thing(about: tuple[str, ...]) -> None:
    made = {
        "alert": AlertFactory,
        "vendor_alert": VendorAlertFactory,
        "password_reset": lambda: PasswordReset.objects.create(email="a@b.example", expires_at=now()),
    }
    with pytest.raises(IntegrityError, match="delivery_of_one"), transaction.atomic():
        deliver(**{name: made[name]() for name in about})
    for name, make in made.items():
        deliver(**{name: make()})


def deliver(**about: Any) -> None:
    AlertDelivery.objects.create(channel="email", recipient="a@b.example", next_attempt_at=now(), **about)


def test_nobody_is_told_twice_by_rows_alone() -> None:
    alert = VendorAlertFactory()
    deliver(vendor_alert=alert)
    with pytest.raises(IntegrityError, match="vendor_delivery_once"), transaction.atomic():
        deliver(vendor_alert=alert)


def test_days_are_utcs() -> None:
    impossible(datetime(2024, 3, 11, 0, 30, tzinfo=ZoneInfo("Europe/Berlin")), at=NOON)
    look()
    assert [alert.day for alert in VendorAlert.objects.all()] == [date(2024, 3, 10)]
