"""What is said about an attempt's figures, in the usage log's list, filters and page."""

import pytest
from django.test import Client

from metering.models import UsageLog
from tests.factories import AttemptFactory
from tests.integration.admin_console import rows
from tests.integration.admin_console.conftest import Url

MARKS = {
    "estimated": True,
    "estimate_reason": "contradictory",
    "partly_priced": True,
    "own_key": True,
    "service_tier": "flex",
    "reported": '{"total_tokens": 623}',
}


@pytest.fixture
def marked(console: Client) -> UsageLog:
    """One attempt with every mark, among others with none."""
    rows.everything()
    return AttemptFactory(**MARKS)


@pytest.mark.parametrize(
    ("parameter", "value", "others"),
    [
        ("estimated", "1", "0"),
        ("estimate_reason", "contradictory", "cut"),
        ("partly_priced", "1", "0"),
        ("own_key", "1", "0"),
        ("service_tier", "flex", "default"),
    ],
)
def test_the_list_is_filtered_by_each_mark(
    console: Client, url: Url, marked: UsageLog, parameter: str, value: str, others: str
) -> None:
    page = console.get(url(UsageLog), {parameter: value})
    assert [row.pk for row in page.context["cl"].result_list] == [marked.pk]
    page = console.get(url(UsageLog), {parameter: others})
    assert marked.pk not in [row.pk for row in page.context["cl"].result_list]


def test_what_an_answer_from_the_cache_saved_stands_in_its_row_alone(console: Client, url: Url) -> None:
    AttemptFactory(outcome="cached", cost_nano_usd=0, list_cost_nano_usd=2_517_000_000)
    AttemptFactory(cost_nano_usd=0, list_cost_nano_usd=7_391_000_000)
    page = console.get(url(UsageLog)).content.decode()
    assert "$2.517" in page
    assert "7.391" not in page
    chosen = console.get(url(UsageLog), {"outcome": "cached"})
    assert [row.outcome for row in chosen.context["cl"].result_list] == ["cached"]


def test_a_mark_that_does_not_exist_filters_nothing(console: Client, url: Url, marked: UsageLog) -> None:
    page = console.get(url(UsageLog), {"estimate_reason": "guessed"})
    assert len(page.context["cl"].result_list) == UsageLog.objects.count()


def test_the_list_shows_the_marks_and_the_page_what_the_vendor_reported(
    console: Client, url: Url, marked: UsageLog
) -> None:
    listed = console.get(url(UsageLog)).content.decode()
    assert all(text in listed for text in ("contradictory", "flex"))
    assert "total_tokens" not in listed
    page = console.get(url(UsageLog, "change", marked.pk)).content.decode()
    assert "total tokens: 623" in page
    assert all(text in page for text in ("contradictory", "flex"))
