"""OpenMeter, and whatever takes CloudEvents 1.0 as it does: `POST /api/v1/events`, a batch of JSON events.

It knows an event again by its source and id for 32 days, as its documentation says; we rely on 30.
"""

from collections.abc import Sequence
from datetime import UTC, timedelta

import httpx2
import msgspec

from gateway_project.billing.exchange import make_client, post, refused
from metering.money import usd_text
from metering.usage_export.row import ExportRow

TITLE = "OpenMeter"
PATH = "/api/v1/events"
SOURCE = "llm-gateway"
TYPE = "llm.usage"
TAKEN = frozenset({200, 202, 204})


class OpenMeter:
    """Implements Target."""

    name = "openmeter"
    entries_at_once = 100
    is_row_by_row = False
    remembers: timedelta | None = timedelta(days=30)

    def __init__(self, *, base_url: str, api_key: str) -> None:
        self._client: httpx2.Client = make_client(base_url.rstrip("/"))
        self._key = api_key

    def takes(self, row: ExportRow) -> bool:
        """Return whether the target takes this row: it takes all."""
        return True

    def send(self, rows: Sequence[ExportRow], *, batch: int) -> None:
        """Raises NotTaken. A batch is taken whole or not at all."""
        headers = {"content-type": "application/cloudevents-batch+json"}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        body = msgspec.json.encode([event_of(row) for row in rows])
        answer = post(self._client, TITLE, PATH, body=body, headers=headers)
        if answer.status not in TAKEN:
            raise refused(TITLE, answer, _words(answer.body))


def event_of(row: ExportRow) -> dict[str, object]:
    """A CloudEvent. Its time is the call's, of a difference that which it was recorded at."""
    moment = row.called_at if row.kind in ("attempt", "provisional") else row.recorded_at
    return {
        "specversion": "1.0",
        "id": str(row.id),
        "source": SOURCE,
        "type": TYPE,
        "subject": row.subject,
        "time": moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {
            "kind": row.kind.value,
            "tenant": row.tenant,
            "task": row.task,
            "model": row.model,
            "provider": row.provider,
            "team": row.team_id,
            "user": row.user_id,
            "call": row.reservation_id,
            "requests": row.requests,
            "input_tokens": row.input_tokens,
            "cached_input_tokens": row.cached_input_tokens,
            "output_tokens": row.output_tokens,
            "cost_usd": usd_text(row.cost_nano_usd),
            "cost_nano_usd": row.cost_nano_usd,
        },
    }


class _Problem(msgspec.Struct):
    """RFC 7807, as it answers."""

    title: str = ""
    detail: str = ""


def _words(body: bytes) -> str:
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.DecodeError:
        return ""
    return " ".join(part for part in (problem.title, problem.detail) if part)
