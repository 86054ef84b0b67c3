"""OpenAI's Usage and Costs API (platform.openai.com/docs/api-reference/usage): pages of buckets of a day of UTC.

Tokens come by model and key (`/organization/usage/completions`, `/embeddings`), costs by line item
(`/organization/costs`), such as `gpt-4o-2024-08-06, cached input`, whose model stands before the last comma.
`input_tokens` contain `input_cached_tokens`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from gateway_project.vendor_reports.exchange import Reports, Vendor
from gateway_project.vendor_reports.fields import (
    Fields,
    count,
    currency_is_usd,
    day_of_seconds,
    items,
    mapping,
    nano_usd,
    number,
    text,
)
from gateway_project.vendor_reports.needed import address, needed
from gateway_project.vendor_reports.paging import next_page, pages
from gateway_project.vendor_reports.source import Source
from metering.reconciliation.vendor_report import ReportLine, Tokens

USAGE = ("/v1/organization/usage/completions", "/v1/organization/usage/embeddings")
COSTS = "/v1/organization/costs"
MOST_USAGE_BUCKETS, MOST_COST_BUCKETS = "31", "180"
FLOAT_NANO_USD = 500
"""Costs are floats that were added up; so much may get lost on the way."""


def _vendor() -> Vendor:
    key = needed("OPENAI_ADMIN_KEY", "an admin key of the organization")
    return Vendor(
        title="OpenAI",
        base_url=address("OPENAI_ADMIN_BASE_URL", "https://api.openai.com"),
        headers={"authorization": f"Bearer {key}"},
    )


def _documents(reports: Reports, since: date, until: date) -> Iterator[Any]:
    period = [("start_time", _seconds(since)), ("end_time", _seconds(until)), ("bucket_width", "1d")]
    by_model = [*period, ("limit", MOST_USAGE_BUCKETS), ("group_by", "model"), ("group_by", "api_key_id")]
    by_item = [*period, ("limit", MOST_COST_BUCKETS), ("group_by", "line_item")]
    for path, query in (*((path, by_model) for path in USAGE), (COSTS, by_item)):

        def ask(cursor: str, path: str = path, query: list[tuple[str, str]] = query) -> Any:
            return reports.ask(path, query=[*query, ("page", cursor)] if cursor else query)

        yield from pages(ask, next_page)


def _seconds(day: date) -> str:
    return str(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()))


def read(document: Any) -> Iterator[ReportLine]:
    """The lines of one page, of usage or of costs."""
    for bucket in items(mapping(document, "page").get("data"), "data"):
        day = day_of_seconds(mapping(bucket, "bucket"), "start_time")
        for result in items(bucket.get("results"), "results"):
            row = mapping(result, "result")
            yield _cost(day, row) if "amount" in row else _usage(day, row)


def _usage(day: date, row: Fields) -> ReportLine:
    return ReportLine(
        day=day,
        model=text(row, "model"),
        key=text(row, "api_key_id"),
        requests=count(row, "num_model_requests"),
        tokens=Tokens(
            input=count(row, "input_tokens"),
            cached=count(row, "input_cached_tokens"),
            output=count(row, "output_tokens"),
        ),
    )


def _cost(day: date, row: Fields) -> ReportLine:
    amount = mapping(row["amount"], "amount")
    currency_is_usd(text(amount, "currency"))
    item = text(row, "line_item")
    return ReportLine(
        day=day,
        model=item.rpartition(",")[0].strip(),
        key=text(row, "api_key_id"),
        cost_nano_usd=nano_usd(number(amount, "value") or Decimal(0)),
        rounded_nano_usd=FLOAT_NANO_USD,
        text=item or "all",
    )


SOURCE = Source(title="OpenAI", vendor=_vendor, documents=_documents, read=read)
