"""Lists cost the same number of queries however many rows they show, and large tables are read by an index."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import BooleanField, Model, Q
from django.db.models.expressions import RawSQL
from django.test import Client
from django.test.utils import CaptureQueriesContext

from admin_console.paginator import BoundedPaginator
from metering.models import LedgerEntry, UsageLog, UsageMeter, UsageReservation
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url, address
from tests.integration.admin_console.test_every_page import HISTORY, MODELS, each_model

pytestmark = pytest.mark.usefixtures("everything")
MOST_QUERIES = 17
"""Of which four are for the sums below a list."""


def queries_of(console: Client, address: str) -> list[dict[str, Any]]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert console.get(address).status_code == 200
    return seen.captured_queries


@pytest.fixture(scope="module")
def before(everything: None, django_db_blocker: Any) -> dict[type[Model], int]:
    """How many queries each list costs that shows the few rows there are."""
    with django_db_blocker.unblock(), transaction.atomic():
        console = Client()
        console.force_login(rows.super_admin())
        found = {model: _queries_of_list(console, model) for model in MODELS}
        transaction.set_rollback(True)
    return found


@pytest.fixture(scope="module")
def longer_lists(before: dict[type[Model], int], django_db_blocker: Any) -> None:
    """More rows of every noun, until `everything` is gone."""
    with django_db_blocker.unblock():
        rows.many(4)


def _queries_of_list(console: Client, model: type[Model]) -> int:
    console.get(address(model))  # content types and the like are cached by the first page
    return len(queries_of(console, address(model)))


@each_model
@pytest.mark.usefixtures("longer_lists")
def test_a_longer_list_needs_no_more_queries(
    console: Client, before: dict[type[Model], int], model: type[Model]
) -> None:
    after = _queries_of_list(console, model)
    assert after == before[model]
    assert after <= MOST_QUERIES


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_history_is_counted_up_to_a_bound_only(console: Client, url: Url, model: type[Model]) -> None:
    counts = [q["sql"] for q in queries_of(console, url(model)) if "COUNT(" in q["sql"]]
    assert counts
    assert all(f"LIMIT {BoundedPaginator.count_bound}" in sql for sql in counts)


@pytest.mark.parametrize("model", [UsageLog, LedgerEntry, UsageReservation, UsageMeter])
def test_the_newest_rows_are_read_without_sorting_the_table(
    console: Client, url: Url, model: type[Model]
) -> None:
    table = model._meta.db_table
    page = [
        q["sql"]
        for q in queries_of(console, url(model))
        if f'FROM "{table}"' in q["sql"] and "ORDER BY" in q["sql"]
    ]
    assert page  # the rows, and their sums
    with connection.cursor() as cursor:
        # A table of a few rows is read whole; without that choice the plan shows what a large one gets.
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        for sql in page:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            kinds = json.dumps(cursor.fetchone()[0])
            assert '"Node Type": "Sort"' not in kinds
            assert "Index" in kinds


@pytest.mark.usefixtures("longer_lists")
def test_a_list_that_is_cut_says_so(console: Client, url: Url, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedPaginator, "count_bound", 3)
    assert b"the newest 3 usage logs" in console.get(url(UsageLog)).content


def test_a_search_that_takes_too_long_is_stopped_with_a_sentence(
    console: Client, url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin_console.history.LIST_TIMEOUT_MS", 200)
    monkeypatch.setattr(
        "admin_console.usage.UsageLogAdmin.by_id",
        lambda *_: _slow(),
    )
    response = console.get(url(UsageLog), {"q": "x"}, follow=True)
    assert response.redirect_chain == [(url(UsageLog), 302)]
    assert b"would read too many rows" in response.content


def _slow() -> Any:
    return Q(RawSQL("pg_sleep(2) IS NOT NULL", (), output_field=BooleanField()))
