"""xAI's Management API (docs.x.ai/developers/rest-api-reference/management/billing): series of US dollars a day.

`POST /v1/billing/teams/{team}/usage` answers one series for each group; `groupLabels` are what people call it. It tells
no tokens and no requests in these units, so that a difference in money is all there is to be seen.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.exchange import Reports, Vendor
from gateway_project.vendor_reports.fields import day_of_text, items, mapping, nano_usd, number
from gateway_project.vendor_reports.needed import address, needed
from gateway_project.vendor_reports.source import Source
from metering.reconciliation.vendor_report import ReportLine

FLOAT_NANO_USD = 500
_TEAM = re.compile(r"[A-Za-z0-9-]{1,64}")
_MODEL = re.compile(r"\bgrok[ -].*", re.IGNORECASE)
_KINDS = frozenset(
    [
        "input",
        "output",
        "cached",
        "prompt",
        "completion",
        "text",
        "image",
        "token",
        "tokens",
        "search",
        "tool",
        "calls",
        "-",
    ]
)
"""Words after a model's name that say what of it was used."""


def _vendor() -> Vendor:
    key = needed("XAI_MANAGEMENT_KEY", "a management key of the team")
    return Vendor(
        title="xAI",
        base_url=address("XAI_MANAGEMENT_BASE_URL", "https://management-api.x.ai"),
        headers={"authorization": f"Bearer {key}"},
    )


def _documents(reports: Reports, since: date, until: date) -> Iterator[Any]:
    team = needed("XAI_TEAM_ID", "the id of the team, as its console shows it")
    if not _TEAM.fullmatch(team):
        raise BadReport("XAI_TEAM_ID is no team's id.")
    last = date.fromordinal(until.toordinal() - 1)
    asked = {
        "timeRange": {
            "startTime": f"{since} 00:00:00",
            "endTime": f"{last} 23:59:59",
            "timezone": "Etc/GMT",
        },
        "timeUnit": "TIME_UNIT_DAY",
        "values": [{"name": "usd", "aggregation": "AGGREGATION_SUM"}],
        "groupBy": ["description"],
        "filters": [],
    }
    found = reports.ask(f"/v1/billing/teams/{team}/usage", body={"analyticsRequest": asked})
    if mapping(found, "answer").get("limitReached") is True:
        raise BadReport("xAI left out a part of the report (limitReached); ask for a shorter time.")
    yield found


def read(document: Any) -> Iterator[ReportLine]:
    """Return the lines of one answer."""
    for series in items(mapping(document, "answer").get("timeSeries"), "timeSeries"):
        row = mapping(series, "series")
        labels = items(row.get("groupLabels") or row.get("group"), "groupLabels")
        words = " ".join(str(label) for label in labels)
        for point in items(row.get("dataPoints"), "dataPoints"):
            values = items(mapping(point, "data point").get("values"), "values")
            usd = number({"values": values[0] if values else 0}, "values") or Decimal(0)
            if usd:
                yield ReportLine(
                    day=day_of_text(point, "timestamp"),
                    model=_model_in(words),
                    cost_nano_usd=nano_usd(usd),
                    rounded_nano_usd=FLOAT_NANO_USD,
                    text=words,
                )


def _model_in(words: str) -> str:
    """`Grok 4 Fast input tokens` → `Grok 4 Fast`; empty where no model is named."""
    found = _MODEL.search(words)
    if found is None:
        return ""
    parts = found.group().split()
    while parts and parts[-1].lower().strip("(),:") in _KINDS:
        parts.pop()
    return " ".join(parts)


SOURCE = Source(title="xAI", vendor=_vendor, documents=_documents, read=read)
