"""An alert about a vendor in words: what it said, what was charged instead, what to do."""

from datetime import UTC

from django.template.loader import render_to_string

from metering.alerts.channel import Message
from metering.alerts.public_url import public_url
from metering.models import Tenant, VendorAlert
from metering.money import usd_text


def vendor_message(alert: VendorAlert) -> Message:
    """The alert for the gateway's operators. What the vendor said is quoted on one line."""
    tenant = Tenant.objects.filter(pk=alert.tenant_id).values_list("name", flat=True).first()
    facts = {
        "vendor": alert.provider_name,
        "model": alert.model,
        "day": f"{alert.day:%d %B %Y}",
        "reported": _on_one_line(alert.reported),
        "input_tokens": f"{alert.input_tokens:,}",
        "output_tokens": f"{alert.output_tokens:,}",
        "cost": f"${usd_text(alert.cost_nano_usd)}",
        "times_seen": f"{alert.times_seen:,}",
        "tenant": tenant or alert.tenant_id,
        "reservation_id": alert.reservation_id,
        "raised": f"{alert.raised_at.astimezone(UTC):%A, %d %B %Y, %H:%M} UTC",
        "alert_id": alert.pk,
        "public_url": public_url(),
    }
    return Message(
        subject=vendor_subject(alert),
        text=render_to_string("metering/alerts/vendor_alert.txt", facts),
        html=render_to_string("metering/alerts/vendor_alert.html", facts),
    )


def vendor_subject(alert: VendorAlert) -> str:
    """What is wrong, and whose fault it is."""
    whose = f"{alert.provider_name}, {alert.model}" if alert.model else alert.provider_name
    return _on_one_line(f"Impossible usage reported by {whose}")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
