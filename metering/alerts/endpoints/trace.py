"""What is done with a channel, in the audit trail."""

from datetime import datetime

from metering.audit import record_change
from metering.models import WebhookEndpoint


def record_endpoint(what: str, row: WebhookEndpoint, actor: str, now: datetime, **facts: object) -> None:
    """In the transaction of what is done."""
    record_change(
        action=f"webhook.{what}",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={"name": row.name, **facts},
    )
