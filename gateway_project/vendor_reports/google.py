"""Google's Cloud Billing export of Gemini (cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/
standard-usage): rows of usage by SKU, in a table of BigQuery.

The model is the label `goog-generativelanguage-model`, else the SKU names it; the SKU says which tokens they are, such
as `Generate content cached input token count gemini 2.5 flash text`. Costs are before credits, in the account's
currency, of which `currency_conversion_rate` makes US dollars. The export tells neither keys nor requests.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from gateway_project.vendor_reports.bigquery import query_rows
from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.exchange import Reports, Vendor
from gateway_project.vendor_reports.fields import Fields, day_of_text, items, mapping, nano_usd, number, text
from gateway_project.vendor_reports.needed import address, needed
from gateway_project.vendor_reports.source import Source
from metering.reconciliation.vendor_report import ReportLine, Tokens

MODEL_LABEL = "goog-generativelanguage-model"
FLOAT_NANO_USD = 5_000
"""A row of the export is a float of one hour and SKU."""
_TABLE = re.compile(r"[A-Za-z0-9:._-]{1,100}\.[A-Za-z0-9_]{1,1024}\.[A-Za-z0-9_-]{1,1024}")
_MODEL = re.compile(r"gemini[ -][0-9][0-9.]*(?:[ -](?:pro|flash|lite|ultra|nano))*", re.IGNORECASE)


def _vendor() -> Vendor:
    token = needed(
        "GOOGLE_BILLING_TOKEN", "an access token that may query the export (gcloud auth print-access-token)"
    )
    return Vendor(
        title="Google BigQuery",
        base_url=address("GOOGLE_BILLING_BASE_URL", "https://bigquery.googleapis.com"),
        headers={"authorization": f"Bearer {token}"},
    )


def _documents(reports: Reports, since: date, until: date) -> Iterator[Any]:
    table = needed("GOOGLE_BILLING_TABLE", "project.dataset.table of the standard usage cost export")
    if not _TABLE.fullmatch(table):
        raise BadReport("GOOGLE_BILLING_TABLE is not of the form project.dataset.table.")
    query = f"""
SELECT FORMAT_TIMESTAMP('%F', usage_start_time, 'UTC') AS usage_start_time, sku.description AS sku,
    (SELECT value FROM UNNEST(labels) WHERE key = '{MODEL_LABEL}' LIMIT 1) AS model,
    SUM(usage.amount) AS amount, SUM(cost) AS cost, currency, currency_conversion_rate
FROM `{table}`
WHERE usage_start_time >= TIMESTAMP('{since}', 'UTC') AND usage_start_time < TIMESTAMP('{until}', 'UTC')
    AND service.description IN ('Gemini API', 'Generative Language API')
GROUP BY 1, 2, 3, 6, 7
"""  # noqa: S608 - dates, and a table whose name was looked at
    for row in query_rows(reports, project=table.partition(".")[0], query=query):
        yield {
            "usage_start_time": row.get("usage_start_time"),
            "sku": {"description": row.get("sku")},
            "labels": [{"key": MODEL_LABEL, "value": row["model"]}] if row.get("model") else [],
            "usage": {"amount": row.get("amount")},
            "cost": row.get("cost"),
            "currency": row.get("currency"),
            "currency_conversion_rate": row.get("currency_conversion_rate"),
        }


def read(document: Any) -> Iterator[ReportLine]:
    """The line of one row of the export."""
    row = mapping(document, "row")
    sku = text(mapping(row.get("sku") or {}, "sku"), "description")
    yield ReportLine(
        day=day_of_text(row, "usage_start_time"),
        model=_label(row) or _model_in(sku),
        tokens=_tokens(sku, mapping(row.get("usage") or {}, "usage")),
        cost_nano_usd=nano_usd(_usd(row)),
        rounded_nano_usd=FLOAT_NANO_USD,
        text=sku,
    )


def _label(row: Fields) -> str:
    for label in items(row.get("labels"), "labels"):
        if text(mapping(label, "label"), "key") == MODEL_LABEL:
            return text(label, "value")
    return ""


def _model_in(sku: str) -> str:
    found = _MODEL.search(sku)
    return found.group() if found is not None else ""


def _tokens(sku: str, usage: Fields) -> Tokens | None:
    """None: the SKU counts no tokens."""
    words = sku.lower()
    if "token count" not in words:
        return None
    amount = int(number(usage, "amount") or 0)
    if "output token count" in words:
        return Tokens(output=amount)
    return Tokens(input=amount, cached=amount if "cached" in words or "caching" in words else 0)


def _usd(row: Fields) -> Decimal:
    cost = number(row, "cost") or Decimal(0)
    rate = number(row, "currency_conversion_rate")
    if rate is not None and rate > 0:
        return cost / rate
    if text(row, "currency").upper() not in ("", "USD"):
        raise BadReport("A row in another currency has no currency_conversion_rate.")
    return cost


SOURCE = Source(title="Google", vendor=_vendor, documents=_documents, read=read)
