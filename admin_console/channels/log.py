"""What became of the events that were sent to a channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from admin_console.channels.words import EVENTS, STATES
from admin_console.paging import Pages
from admin_console.parts import Choice, FilterBar, with_query
from metering.alerts.deliver import ABOUT
from metering.alerts.endpoints.event import event_id_of, event_type_of_delivery
from metering.alerts.endpoints.replay import REPLAYED
from metering.models import AlertDelivery, WebhookEndpoint

MOST = 1_000
State = AlertDelivery.State
STATES_SHOWN = {
    "": "All",
    State.PENDING: "Waiting",
    State.SENT: "Delivered",
    State.FAILED: "Failed",
    State.UNCERTAIN: "Perhaps delivered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One delivery in words."""

    id: int
    event: str
    event_id: str
    state: str
    tone: str
    answer: str
    response: str
    attempts: int
    duration_ms: int | None
    attempted_at: datetime | None
    next_attempt_at: datetime | None
    may_replay: bool


def log_of(request: HttpRequest, channel: WebhookEndpoint) -> dict[str, Any]:
    """The newest first, as the address filters them."""
    state = request.GET.get("state", "")
    rows = AlertDelivery.objects.filter(endpoint=channel).select_related(*ABOUT).order_by("-id")
    found = list((rows.filter(state=state) if state in STATES_SHOWN and state else rows)[:MOST])
    pages = Pages.of(request.GET, found)
    switches = tuple(
        Choice(
            value=value,
            label=label,
            url=with_query(request.GET, state=value or None),
            is_chosen=value == state,
        )
        for value, label in STATES_SHOWN.items()
    )
    return {
        "lines": [_line(row, channel) for row in pages.rows],
        "pages": pages,
        "filters": FilterBar.of(request.GET, switches=switches),
        "is_filtered": bool(state),
        "has_failed": rows.filter(state__in=REPLAYED).exists(),
        "is_cut": len(found) == MOST,
    }


def _line(row: AlertDelivery, channel: WebhookEndpoint) -> Line:
    state, tone = STATES[State(row.state)]
    event_type = event_type_of_delivery(row)
    return Line(
        id=row.pk,
        event=EVENTS.get(event_type, event_type),
        event_id=event_id_of(row),
        state=state,
        tone=tone,
        answer=row.last_error or (f"answered {row.status_code}" if row.status_code else "-"),
        response=row.response,
        attempts=row.attempts,
        duration_ms=row.duration_ms,
        attempted_at=row.attempted_at,
        next_attempt_at=row.due_at(channel.retry_at),
        may_replay=row.state in REPLAYED,
    )
