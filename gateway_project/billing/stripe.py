"""Stripe's billing meters: `POST /v1/billing/meter_events`, form-encoded, one event for each row.

An event that it has is refused by its identifier for at least 24 hours, which is as good as taken. Its value is a
whole number: nano-USD, below zero for what is taken back. It refuses moments of more than 35 days ago: what is that old
counts when it is sent.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx2
import msgspec

from gateway_project.billing.exchange import Answer, make_client, post, refused
from metering.usage_export.row import ExportRow

TITLE = "Stripe"
PATH = "/v1/billing/meter_events"
OLDEST = timedelta(days=34)
HAS_IT = re.compile(r"An event already exists with identifier", re.IGNORECASE)


class Stripe:
    """Implements Target. Rows of tenants without a customer id, and of no cost, are not for it."""

    name = "stripe"
    entries_at_once = 100
    is_row_by_row = True
    remembers: timedelta | None = timedelta(hours=23)

    def __init__(self, *, base_url: str, api_key: str, event_name: str) -> None:
        self._client: httpx2.Client = make_client(base_url.rstrip("/"))
        self._key = api_key
        self._event_name = event_name

    def takes(self, row: ExportRow) -> bool:
        return bool(row.customer_id) and row.cost_nano_usd != 0

    def send(self, rows: Sequence[ExportRow], *, batch: int) -> None:
        """Raises NotTaken."""
        headers = {
            "authorization": f"Bearer {self._key}",
            "content-type": "application/x-www-form-urlencoded",
        }
        for row in rows:
            body = urlencode(self.event_of(row, now=datetime.now(UTC))).encode()
            answer = post(self._client, TITLE, PATH, body=body, headers=headers)
            if answer.status != 200 and not _has_it(answer):
                raise refused(TITLE, answer, _words(answer.body))

    def event_of(self, row: ExportRow, *, now: datetime) -> dict[str, str]:
        """The fields of its form. Without a timestamp it counts when it arrives."""
        moment = row.called_at if row.kind in ("attempt", "provisional") else row.recorded_at
        fields = {
            "event_name": self._event_name,
            "payload[stripe_customer_id]": row.customer_id,
            "payload[value]": str(row.cost_nano_usd),
            "identifier": str(row.id),
        }
        return fields if now - moment > OLDEST else {**fields, "timestamp": str(int(moment.timestamp()))}


class _Error(msgspec.Struct):
    message: str = ""
    code: str = ""


class _Refusal(msgspec.Struct):
    error: _Error


def _error(body: bytes) -> _Error:
    try:
        return msgspec.json.decode(body, type=_Refusal).error
    except msgspec.DecodeError:
        return _Error()


def _words(body: bytes) -> str:
    error = _error(body)
    return " ".join(part for part in (error.code, error.message) if part)


def _has_it(answer: Answer) -> bool:
    return answer.status == 400 and HAS_IT.search(_error(answer.body).message) is not None
