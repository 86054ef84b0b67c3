"""A chart by the hour reads no unit that reaches over an hour, however good it is."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from metering.models import RolledUnit
from metering.reports.buckets import Bucket
from metering.reports.explore import explore
from metering.rollups.build import UTC_ZONE
from metering.rollups.roll_up import roll_up_usage
from metering.usage.filters import UsageFilter
from tests.factories import AttemptFactory, alder

DAY = timedelta(days=1)


@pytest.mark.django_db(transaction=True)
def test_calls_of_a_day_that_is_added_up_are_in_their_hours(
    conninfo: str, database: psycopg.Connection
) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY
    tenant = alder()
    for hour, cost in ((3, 7), (3, 1), (22, 5)):
        AttemptFactory(
            tenant_id=tenant.pk, at=midnight + timedelta(hours=hour, minutes=50), cost_nano_usd=cost
        )
    roll_up_usage(conninfo, midnight + 2 * DAY)
    assert RolledUnit.objects.filter(zone=UTC_ZONE, starts_at=midnight).exists()

    found = explore(UsageFilter(since=midnight, until=midnight + DAY), bucket=Bucket.HOUR, now=midnight + DAY)

    [series] = found.series
    assert {place: value for place, value in enumerate(series.values) if value} == {3: 8, 22: 5}
