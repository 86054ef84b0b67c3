"""Let people, and the channels of their tenant, know that something happened: written with the change itself."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from metering.models import Notice
from metering.text import normal, shortened
from metering.types import Audience, EventType

MAX_SUBJECT = 200
MAX_TEXT = 2_000
MAX_DATA_BYTES = 8_000
"""Names and figures for programs; the rest is at the page that a notice leads to."""


def raise_notice(
    *,
    type: EventType,
    audience: Audience,
    subject: str,
    text: str,
    now: datetime,
    tenant_id: UUID | None = None,
    user_id: UUID | None = None,
    data: Mapping[str, object] | None = None,
    path: str = "",
    dedupe_key: str | None = None,
) -> None:
    """Write one notice, in the caller's transaction. With a `dedupe_key` that was used before, nothing happens.

    `user_id` is whom a notice for one person is for; `path` a page of the console, from `/` on; `data` never holds a
    secret. Subjects are put on one line, and what is too long to show is cut. Raises RuntimeError outside a
    transaction, and ValueError for data that is too large.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("raise_notice() belongs inside the transaction of what it tells.")
    facts = json.dumps(dict(data or {}), cls=DjangoJSONEncoder)
    if len(facts) > MAX_DATA_BYTES:
        raise ValueError(f"a notice's data has {len(facts)} bytes, {MAX_DATA_BYTES} are allowed")
    notice = Notice(
        tenant_id=tenant_id,
        type=type.value,
        audience=audience.value,
        user_id=user_id,
        subject=shortened(" ".join(normal(subject).split()), MAX_SUBJECT),
        text=shortened(normal(text), MAX_TEXT),
        data=json.loads(facts),
        path=path,
        dedupe_key=dedupe_key,
        created_at=now,
    )
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
