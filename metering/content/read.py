"""Let an administrator read what a call said. Each look is an event of the audit trail."""

import logging
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from metering.audit import record_change
from metering.content.sealed import Content, OfAnother, opened
from metering.models import CallContent, Tenant
from metering.seal import CannotOpen

logger = logging.getLogger(__name__)


def read_content(*, id: UUID, within: Tenant | None, actor: str, now: datetime) -> Content | None:
    """The content of a call within a tenant, or (None) of any; None where nothing is kept, or nothing that can be read.

    Whether the actor may read it at all is asked by whoever calls this.
    """
    with transaction.atomic():
        rows = CallContent.objects.filter(pk=id, expires_at__gt=now)
        row = (rows if within is None else rows.for_tenant(within)).first()
        if row is None:
            return None
        try:
            content = opened(bytes(row.content), reservation_id=row.pk, tenant_id=row.tenant_id)
        except (CannotOpen, OfAnother, msgspec.DecodeError) as error:
            logger.warning(
                "content.unreadable", extra={"reservation_id": str(id), "error": type(error).__name__}
            )
            return None
        record_change(
            action="content.read",
            actor=actor,
            target=row,
            tenant_id=row.tenant_id,
            now=now,
            facts={"request_id": content.request_id, "mode": content.mode},
        )
    return content
