"""Reports are read from the reporting database where there is one, and everything else from the main one."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from metering.reports.plan import reading
from metering.usage.attempts import usage_by_attempt
from metering.usage.budget_status import budget_status
from metering.usage.filters import UsageFilter
from metering.usage.reporting import ALIAS, reporting_database
from metering.usage.summary import usage_summary
from tests.factories import AttemptFactory, alder

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", ALIAS])
LATELY = UsageFilter(since=now() - timedelta(hours=1), until=now() + timedelta(hours=1))


@pytest.fixture(scope="module", autouse=True)
def _alias(django_db_setup: None) -> Iterator[None]:
    """The same database once more, read-only."""
    connections.settings[ALIAS] = deepcopy(connections.settings["default"]) | {
        "OPTIONS": {"options": "-c default_transaction_read_only=on"}
    }
    connections.settings[ALIAS]["TEST"]["MIRROR"] = "default"
    yield
    connections[ALIAS].close()
    del connections[ALIAS]
    del connections.settings[ALIAS]


@pytest.fixture
def standby(transactional_db: None) -> Iterator[CaptureQueriesContext]:
    """The queries that it is asked."""
    with CaptureQueriesContext(connections[ALIAS]) as asked:
        yield asked


def is_read_only() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("on",))


@pytest.mark.parametrize(
    "report",
    [lambda: list(usage_summary(LATELY, by="model")), lambda: list(usage_by_attempt(LATELY))],
    ids=["sums", "attempts"],
)
def test_a_report_asks_the_standby(
    report: Callable[[], list[object]], standby: CaptureQueriesContext
) -> None:
    AttemptFactory()
    with CaptureQueriesContext(connection) as on_main:
        assert len(report()) == 1
    assert len(standby) > 0
    assert not [query for query in on_main if "metering_usagelog" in query["sql"]]


def test_what_reports_read_in_one_moment_is_read_there(standby: CaptureQueriesContext) -> None:
    with reading():
        assert is_read_only()
    assert not is_read_only()


def test_budgets_are_read_from_the_main_one(standby: CaptureQueriesContext) -> None:
    list(budget_status(now=now(), tenant=alder()))
    assert len(standby) == 0


def test_what_has_begun_on_the_main_one_goes_on_there(standby: CaptureQueriesContext) -> None:
    with transaction.atomic(), reporting_database():
        assert not is_read_only()


def test_without_a_standby_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(connections.settings, ALIAS)
    with reporting_database():
        assert not is_read_only()
