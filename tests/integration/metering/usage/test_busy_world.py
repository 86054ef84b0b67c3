"""The invented past is one that the ledger could have left: what is shown of it in tests and pictures is real."""

from typing import Any

from django.conf import settings

from metering.models import QuotaAlert, UsageLog, UsageMeter, UsageReservation
from tests.quick_audit import violations
from tests.support.busy_world import busy_world


def test_the_busy_worlds_books_balance(transactional_db: Any) -> None:
    busy_world(calls=600)
    assert UsageLog.objects.count() >= 600
    assert UsageReservation.objects.filter(state=0).count() >= 5
    assert UsageMeter.objects.filter(dimension="cost", used__gt=0).count() >= 10
    assert QuotaAlert.objects.exists()
    assert violations(settings.LEDGER_DATABASE_URL) == []
