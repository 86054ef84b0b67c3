"""One reading of the books: what is asked twice is read once, and a query that fails ends it and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from metering.errors import InvalidRequest
from metering.models import Tenant
from metering.reports.plan import reading
from metering.reports.sums import total
from metering.usage.fetch import fetch
from metering.usage.filters import UsageFilter
from tests.factories import AttemptFactory, alder

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def lately() -> UsageFilter:
    return UsageFilter(tenant=alder(), since=now() - DAY, until=now() + DAY)


def test_what_is_asked_twice_is_read_once() -> None:
    AttemptFactory(cost_nano_usd=7)
    chosen = lately()
    with reading():
        first = total(chosen)
        with CaptureQueriesContext(connection) as seen, reading():
            assert total(replace(chosen)) == first
    assert len(seen) == 0
    assert first.cost_nano_usd == 7


def test_the_next_reading_reads_anew() -> None:
    chosen = lately()
    with reading():
        assert total(chosen).cost_nano_usd == 0
    AttemptFactory(cost_nano_usd=7)
    with reading():
        assert total(chosen).cost_nano_usd == 7


def test_a_query_of_a_reading_needs_no_savepoint() -> None:
    with reading(), CaptureQueriesContext(connection) as seen:
        fetch("SELECT 1 AS one", {})
    assert len(seen) == 1


def test_a_query_that_takes_too_long_ends_the_reading_alone() -> None:
    alder()
    with pytest.raises(InvalidRequest, match="takes too long"):
        _wait_too_long()
    assert Tenant.objects.count() == 1


def _wait_too_long() -> None:
    with reading():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '50ms'")
        fetch("SELECT pg_sleep(5)", {})
