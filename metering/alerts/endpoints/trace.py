"""What is done with a channel, in the audit trail."""

from datetime import datetime

from metering.audit import record_change
from metering.models import WebhookEndpoint


def record_endpoint(what: str, row: WebhookEndpoint, actor: str, now: datetime, **facts: object) -> None:
    """Write what is done with an endpoint into the audit trail, in the transaction of the caller."""
    record_change(
        action=f"webhook.{what}",
        actor=actor,
        target=row,
        tenant_id=row.tenant_id,
        now=now,
        facts={"name": row.name, **facts},
    )
