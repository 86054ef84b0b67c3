"""However many workers look at once, everything is told of once, and everybody finds it once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from metering.alerts.address import address_alerts
from metering.models import ATIToken, Episode, Notice, Notification, User
from metering.watching.failures import tell_of_failures
from metering.watching.forecasts import tell_of_forecasts
from metering.watching.tokens import tell_of_expiring_tokens
from tests.factories import AttemptFactory, BudgetFactory, MeterFactory, UserFactory, make_token

WORKERS = 4


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_tell_of_each_thing_once() -> None:
    moment = datetime.now(UTC)
    UserFactory(role=User.Role.TENANT_ADMIN)
    User.objects.create_superuser("ops@example.com", None)
    id_ = make_token().id
    ATIToken.objects.filter(pk=id_).update(
        created_at=moment - timedelta(days=60), expires_at=moment + timedelta(hours=5)
    )
    MeterFactory(budget=BudgetFactory(amount=100, window="day"), used=99)
    AttemptFactory.create_batch(9, outcome="error")
    start, done = threading.Barrier(WORKERS), list[bool]()

    def work() -> None:
        try:
            start.wait(30)
            tell_of_failures(now=moment)
            tell_of_expiring_tokens(now=moment)
            tell_of_forecasts(now=moment)
            address_alerts(now=moment)
            done.append(True)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(done) == WORKERS
    types = sorted(Notice.objects.values_list("type", flat=True))
    # Right after midnight nothing can be said yet of a day's budget.
    assert [each for each in types if each != "budget.forecast"] == [
        "error_rate.high",
        "token.expiring",
        "vendor.down",
    ]
    assert types.count("budget.forecast") <= 1
    assert Episode.objects.count() == 2
    assert Notification.objects.count() == len(types)
