"""Stop sending to an address that is gone, or that has failed for days, and tell its administrators."""

from datetime import datetime

from metering.audit import record_change
from metering.models import AlertDelivery, WebhookEndpoint
from metering.notices import raise_notice
from metering.types import Audience, EventType

ACTOR = "system:alerts"
OFF = "the channel is switched off"
State = AlertDelivery.State


def disable_endpoint(endpoint: WebhookEndpoint, reason: str, *, now: datetime) -> None:
    """In the caller's transaction. What waits fails, and can be replayed once the address works again."""
    active = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True)
    if not active.update(is_active=False, disabled_reason=reason):
        return
    fail_waiting(endpoint)
    record_change(
        action="webhook.disabled",
        actor=ACTOR,
        target=endpoint,
        tenant_id=endpoint.tenant_id,
        now=now,
        facts={"name": endpoint.name, "reason": reason},
    )
    raise_notice(
        type=EventType.CHANNEL_DISABLED,
        audience=Audience.TENANT_ADMINS if endpoint.tenant_id else Audience.SUPER_ADMINS,
        tenant_id=endpoint.tenant_id,
        subject=f"The channel {endpoint.name} is switched off",
        text=f"{endpoint.get_kind_display()}, {endpoint.shown_url}: {reason}. Nothing is sent there any more. "
        "Put the address right, switch the channel on and replay what failed.",
        data={
            "channel": endpoint.name,
            "channel_id": str(endpoint.pk),
            "kind": endpoint.kind,
            "reason": reason,
        },
        path=f"/admin/channels/{endpoint.pk}/",
        now=now,
    )


def fail_waiting(endpoint: WebhookEndpoint) -> None:
    """What waits for this address is not sent any more."""
    waiting = AlertDelivery.objects.filter(endpoint=endpoint, state=State.PENDING)
    waiting.update(state=State.FAILED, last_error=OFF)
