"""The audit trail: who changed what, written in the transaction of the change itself."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from metering.models import AuditEvent


def record_change(
    *,
    action: str,
    actor: str,
    target: models.Model,
    now: datetime,
    tenant_id: UUID | None = None,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Add one event to the audit trail. `facts` never hold a secret or its digest; decimals, moments and ids in them
    are kept as text.

    Raises RuntimeError outside a transaction: a change and its trace are committed together or not at all.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record_change() belongs inside the transaction of the change it records.")
    AuditEvent.objects.create(
        at=now,
        action=action,
        actor=actor,
        tenant_id=tenant_id,
        object_type=type(target).__name__,
        object_id=str(target.pk),
        facts=json.loads(json.dumps(dict(facts or {}), cls=DjangoJSONEncoder)),
    )
