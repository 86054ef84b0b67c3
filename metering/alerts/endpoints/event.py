"""What happened, as programs are told it: the same for webhooks, Slack and Teams. docs/alerts.md shows each type."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from metering.alerts.message import headline_of, shown, whose_use
from metering.models import AlertDelivery, Notice, QuotaAlert, Tenant, VendorAlert
from metering.money import usd_text
from metering.types import Dimension, EventType

Told = QuotaAlert | VendorAlert | Notice


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened. Its id is the same in every copy that is sent."""

    id: str
    type: str
    at: datetime
    data: Mapping[str, object]
    title: str
    text: str
    path: str = ""
    """Of the console's page about it."""


def event_type_of(about: Told) -> str:
    """Return the type of the event, by which endpoints choose what they are sent."""
    if isinstance(about, Notice):
        return about.type
    return EventType.VENDOR_IMPOSSIBLE_USAGE if isinstance(about, VendorAlert) else about.type


def event_type_of_delivery(delivery: AlertDelivery) -> str:
    """The type of the event that a delivery to an endpoint is about."""
    return event_type_of(_about(delivery))


def event_id_of(delivery: AlertDelivery) -> str:
    """Return the event's id, a webhook's `webhook-id`: the same in every copy, wherever it is sent."""
    return _id_of(_about(delivery))


def event_of(delivery: AlertDelivery) -> Event:
    """The event that a delivery to an endpoint is about."""
    about = _about(delivery)
    if isinstance(about, Notice):
        return _of_notice(about)
    return _of_vendor_alert(about) if isinstance(about, VendorAlert) else _of_alert(about)


def _about(delivery: AlertDelivery) -> Told:
    about = delivery.notice or delivery.vendor_alert or delivery.alert
    if about is None:  # none is made of anything else
        raise ValueError(f"delivery {delivery.pk} is about no event")
    return about


def _id_of(about: Told) -> str:
    return f"evt_{about.pk}"


def _of_notice(notice: Notice) -> Event:
    return Event(
        id=_id_of(notice),
        type=notice.type,
        at=notice.created_at,
        data={"id": str(notice.pk), "tenant": _slug(notice.tenant_id), **notice.data},
        title=notice.subject,
        text=notice.text,
        path=notice.path,
    )


def _of_vendor_alert(alert: VendorAlert) -> Event:
    vendor, model = alert.provider_name, alert.model
    return Event(
        id=_id_of(alert),
        type=EventType.VENDOR_IMPOSSIBLE_USAGE,
        at=alert.raised_at,
        data={
            "id": str(alert.pk),
            "provider": vendor,
            "model": model,
            "day": str(alert.day),
            "reservation_id": str(alert.reservation_id),
            "tenant": _slug(alert.tenant_id),
            "charged": {
                "input_tokens": alert.input_tokens,
                "output_tokens": alert.output_tokens,
                "cost_usd": usd_text(alert.cost_nano_usd),
            },
        },
        title=" ".join(f"Impossible usage reported by {vendor}, {model or 'several models'}".split()),
        text="The vendor reported more tokens than its model can do. What was held was charged instead.",
        path=f"/admin/metering/vendoralert/{alert.pk}/change/",
    )


def _of_alert(alert: QuotaAlert) -> Event:
    dimension = Dimension(alert.dimension)
    amounts = {name: getattr(alert, name) for name in ("used", "held", "requested", "limit")}
    return Event(
        id=_id_of(alert),
        type=alert.type,
        at=alert.raised_at,
        data={
            "id": str(alert.pk),
            "type": alert.type.name,
            "level": alert.level.value,
            "threshold_percent": alert.threshold,
            "tenant": _slug(alert.tenant_id),
            "budget_id": str(alert.budget_id),
            "subject_type": alert.subject_type,
            "subject_id": alert.subject_id,
            "subject": whose_use(alert),
            "dimension": alert.dimension,
            "unit": dimension.unit,
            "window": alert.window,
            "window_start": _moment(alert.window_start),
            "window_end": _moment(alert.window_end),
            **{name: _amount(dimension, amount) for name, amount in amounts.items()},
        },
        title=headline_of(alert),
        text=f"Used {shown(dimension, alert.used)}, held {shown(dimension, alert.held)} "
        f"of {shown(dimension, alert.limit)}.",
        path="/admin/alerts/",
    )


def _amount(dimension: Dimension, amount: int | None) -> str | int | None:
    """As the API tells it: dollars as text, because JSON's numbers lose digits."""
    return usd_text(amount) if amount is not None and dimension is Dimension.COST else amount


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _slug(tenant_id: UUID | None) -> str | None:
    return Tenant.objects.filter(pk=tenant_id).values_list("slug", flat=True).first() if tenant_id else None
