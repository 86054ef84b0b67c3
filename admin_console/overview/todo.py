"""What waits: requests for quota that nobody has answered, and alerts that nobody has acknowledged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from django.urls import reverse

from admin_console.links import to_page
from admin_console.quota.badge import requests_in_reach
from admin_console.quota.words import counts, more, names_for, whose
from admin_console.subject_names import names_of
from admin_console.who import Viewer
from admin_console.wording import amount_of, when
from admin_console.words import dimension_word, window_word
from metering.models import QuotaAlert, QuotaRequest, Tenant
from metering.overview.overview import Alerts
from metering.types import Dimension, EventType

SHOWN = 6
TYPES = {
    EventType.QUOTA_WARNING: ("Warning", "warn"),
    EventType.QUOTA_CRITICAL: ("Critical", "bad"),
    EventType.QUOTA_EXCEEDED: ("Used up", "bad"),
    EventType.CONCURRENCY_LIMIT: ("Calls at once", "warn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    tag: str
    tone: str
    title: str
    url: str
    small: str
    when: str


def todos(alerts: Alerts, viewer: Viewer, *, zone: tzinfo, tenant: Tenant | None) -> list[Todo]:
    """Requests for quota within the viewer's reach; then the newest alerts of limits, and those of vendors."""
    is_operator = viewer.tenant is None
    names = names_of({(alert.subject_type, alert.subject_id) for alert in alerts.newest})
    found = _requests(viewer, zone, tenant)
    for alert in _worst(alerts.newest)[:SHOWN]:
        tag, tone = TYPES[alert.type]
        found.append(
            Todo(
                tag=tag,
                tone=tone,
                title=_title(alert, names.get((alert.subject_type, alert.subject_id), "")),
                url=_address(alert, is_operator=is_operator),
                small=f"{amount_of(alert.dimension, _taken(alert))} of {amount_of(alert.dimension, alert.limit)}",
                when=when(alert.raised_at, zone),
            )
        )
    found += [
        Todo(
            tag="Vendor",
            tone="warn",
            title=f"{alert.provider_name} reported impossible figures",
            url=reverse("admin:metering_vendoralert_change", args=(alert.pk,)),
            small=f"{alert.times_seen} calls to {alert.model or 'several models'}",
            when=when(alert.last_seen_at, zone),
        )
        for alert in alerts.vendors[:SHOWN]
    ]
    return found


def _requests(viewer: Viewer, zone: tzinfo, tenant: Tenant | None) -> list[Todo]:
    """Of one tenant, or of all; the oldest first. Whoever asked sees that they wait for an operator."""
    rows = requests_in_reach(viewer).filter(state=QuotaRequest.State.OPEN)
    waits = "" if viewer.tenant is None else ", waits for an operator"
    found = list((rows if tenant is None else rows.filter(tenant=tenant)).order_by("id")[:SHOWN])
    names = names_for(found)
    return [
        Todo(
            tag="Quota",
            tone="info",
            title=f"{row.tenant.name if viewer.tenant is None else 'Asked'}: {more(row.budget, row.amount)} more",
            url=reverse("admin:quota_request", args=(row.pk,)),
            small=f"{counts(row.budget)} of {whose(row, names)}{waits}",
            when=when(row.created_at, zone),
        )
        for row in found
    ]


def _worst(alerts: Iterable[QuotaAlert]) -> list[QuotaAlert]:
    """Of those about one limit on one meter the highest threshold."""
    found: dict[tuple[int, object], QuotaAlert] = {}
    for alert in alerts:
        key = (alert.meter_id, alert.budget_id)
        if key not in found or alert.threshold > found[key].threshold:
            found[key] = alert
    return list(found.values())


def _title(alert: QuotaAlert, name: str) -> str:
    who = name or ("Every tenant" if alert.tenant_id is None else "Somebody who is gone")
    window = "" if alert.dimension == Dimension.CONCURRENCY else f" {window_word(alert.window)}"
    return f"{who} at {alert.threshold} % of {dimension_word(alert.dimension)}{window}"


def _taken(alert: QuotaAlert) -> int:
    return alert.held if alert.dimension == Dimension.CONCURRENCY else alert.used


def _address(alert: QuotaAlert, *, is_operator: bool) -> str:
    if is_operator:
        return reverse("admin:metering_quotaalert_change", args=(alert.pk,))
    return to_page("alerts") or to_page("budgets")
