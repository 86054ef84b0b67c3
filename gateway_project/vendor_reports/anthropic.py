"""Anthropic's Usage and Cost Admin API (platform.claude.com/docs/en/api/admin): pages of buckets of a day of UTC.

Tokens come by model and key (`usage_report/messages`), without the number of requests; `uncached_input_tokens`, cache
reads and cache writes add up to the input. Costs (`cost_report`) come by description, in cents as a decimal text.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from gateway_project.vendor_reports.exchange import Reports, Vendor
from gateway_project.vendor_reports.fields import (
    Fields,
    count,
    currency_is_usd,
    day_of_text,
    half_of_last_digit,
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

USAGE, COSTS = "/v1/organizations/usage_report/messages", "/v1/organizations/cost_report"
MOST_BUCKETS = "31"
CENTS = Decimal("0.01")


def _vendor() -> Vendor:
    key = needed("ANTHROPIC_ADMIN_KEY", "an Admin API key of the organization")
    return Vendor(
        title="Anthropic",
        base_url=address("ANTHROPIC_ADMIN_BASE_URL", "https://api.anthropic.com"),
        headers={"x-api-key": key, "anthropic-version": "2023-06-01"},
    )


def _documents(reports: Reports, since: date, until: date) -> Iterator[Any]:
    period = [("starting_at", f"{since}T00:00:00Z"), ("ending_at", f"{until}T00:00:00Z")]
    period += [("bucket_width", "1d"), ("limit", MOST_BUCKETS)]
    by_model = [*period, ("group_by[]", "model"), ("group_by[]", "api_key_id")]
    by_item = [*period, ("group_by[]", "description")]
    for path, query in ((USAGE, by_model), (COSTS, by_item)):

        def ask(cursor: str, path: str = path, query: list[tuple[str, str]] = query) -> Any:
            return reports.ask(path, query=[*query, ("page", cursor)] if cursor else query)

        yield from pages(ask, next_page)


def read(document: Any) -> Iterator[ReportLine]:
    """The lines of one page, of usage or of costs."""
    for bucket in items(mapping(document, "page").get("data"), "data"):
        day = day_of_text(mapping(bucket, "bucket"), "starting_at")
        for result in items(bucket.get("results"), "results"):
            row = mapping(result, "result")
            yield _cost(day, row) if "amount" in row else _usage(day, row)


def _usage(day: date, row: Fields) -> ReportLine:
    made = mapping(row.get("cache_creation") or {}, "cache_creation")
    written = count(made, "ephemeral_5m_input_tokens") + count(made, "ephemeral_1h_input_tokens")
    cached = count(row, "cache_read_input_tokens")
    return ReportLine(
        day=day,
        model=text(row, "model"),
        key=text(row, "api_key_id"),
        tokens=Tokens(
            input=count(row, "uncached_input_tokens") + cached + written,
            cached=cached,
            written=written,
            output=count(row, "output_tokens"),
        ),
    )


def _cost(day: date, row: Fields) -> ReportLine:
    currency_is_usd(text(row, "currency"))
    usd = (number(row, "amount") or Decimal(0)) * CENTS
    return ReportLine(
        day=day,
        model=text(row, "model"),
        cost_nano_usd=nano_usd(usd),
        rounded_nano_usd=half_of_last_digit(usd),
        text=text(row, "description") or text(row, "cost_type") or "all",
    )


SOURCE = Source(title="Anthropic", vendor=_vendor, documents=_documents, read=read)
