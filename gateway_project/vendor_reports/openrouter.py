"""OpenRouter's activity (openrouter.ai/docs, `GET /api/v1/activity`): sums of completed days of UTC, of the last 30,
by model and endpoint; and, from files, its single generations (`GET /api/v1/generation`).

`usage` is US dollars in OpenRouter's credits; what a key of one's own at another vendor costs is on that vendor's bill.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from gateway_project.vendor_reports.exchange import Reports, Vendor
from gateway_project.vendor_reports.fields import (
    Fields,
    count,
    day_of_text,
    items,
    mapping,
    nano_usd,
    number,
    text,
)
from gateway_project.vendor_reports.needed import address, needed
from gateway_project.vendor_reports.source import Source
from metering.reconciliation.vendor_report import ReportLine, Tokens

FLOAT_NANO_USD = 500


def _vendor() -> Vendor:
    key = needed("OPENROUTER_MANAGEMENT_KEY", "a management key of the account")
    return Vendor(
        title="OpenRouter",
        base_url=address("OPENROUTER_MANAGEMENT_BASE_URL", "https://openrouter.ai"),
        headers={"authorization": f"Bearer {key}"},
    )


def _documents(reports: Reports, since: date, until: date) -> Iterator[Any]:
    for ordinal in range(since.toordinal(), until.toordinal()):
        yield reports.ask("/api/v1/activity", query=[("date", date.fromordinal(ordinal).isoformat())])


def read(document: Any) -> Iterator[ReportLine]:
    """The lines of one answer, of activity or of a generation."""
    data = mapping(document, "answer").get("data")
    for item in [data] if isinstance(data, dict) else items(data, "data"):
        row = mapping(item, "item")
        yield _generation(row) if "created_at" in row else _activity(row)


def _activity(row: Fields) -> ReportLine:
    return ReportLine(
        day=day_of_text(row, "date"),
        model=text(row, "model") or text(row, "model_permaslug"),
        requests=count(row, "requests"),
        tokens=Tokens(input=count(row, "prompt_tokens"), output=count(row, "completion_tokens")),
        cost_nano_usd=nano_usd(number(row, "usage") or Decimal(0)),
        rounded_nano_usd=FLOAT_NANO_USD,
    )


def _generation(row: Fields) -> ReportLine:
    """Of its native counts, by which it is billed."""
    native = "native_tokens_prompt" in row
    tokens = Tokens(
        input=count(row, "native_tokens_prompt" if native else "tokens_prompt"),
        cached=count(row, "native_tokens_cached"),
        output=count(row, "native_tokens_completion" if native else "tokens_completion"),
    )
    return ReportLine(
        day=day_of_text(row, "created_at"),
        model=text(row, "model"),
        requests=1,
        tokens=tokens,
        cost_nano_usd=nano_usd(number(row, "total_cost") or Decimal(0)),
        rounded_nano_usd=FLOAT_NANO_USD,
    )


SOURCE = Source(title="OpenRouter", vendor=_vendor, documents=_documents, read=read)
