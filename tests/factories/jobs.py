"""Jobs and drafts of one person."""

from datetime import timedelta
from typing import Any

import msgspec
from django.utils.timezone import now

from adapters.drafting.draft import Draft
from adapters.drafting.sections import Code
from metering.ids import uuid7
from metering.models import ATIToken, TaskDraft, TaskJob, TaskJobEvent, User
from metering.seal import seal
from metering.types import Task

DISCLOSURE = "A pump 12 draws coolant from a tank 18."


def make_job(token: ATIToken, user: User, **fields: Any) -> TaskJob:
    """One that has succeeded, unless the fields say something else."""
    values = {
        "task": Task.DIAGRAM.value,
        "status": TaskJob.Status.SUCCEEDED,
        "progress": 100,
        "result": seal(msgspec.json.encode({"event": "result", "diagrams": [], "warnings": []})),
        "ended_at": now(),
    }
    job = TaskJob.objects.create(
        tenant_id=token.tenant_id,
        token_id=token.pk,
        user_id=user.pk,
        request_id=f"{token.name} request",
        content=seal(msgspec.msgpack.encode({"description": DISCLOSURE})),
        expires_at=now() + timedelta(days=1),
        **{**values, **fields},
    )
    TaskJobEvent.objects.create(job=job, number=1, content=seal(b'{"event":"succeeded"}'))
    return job


def make_draft(token: ATIToken, user: User) -> TaskDraft:
    """One with a title."""
    pk = uuid7()
    draft = Draft(
        id=str(pk), disclosure=DISCLOSURE, wanted=[Code.TITLE], texts={Code.TITLE: f"Pump of {token.name}"}
    )
    return TaskDraft.objects.create(
        pk=pk,
        tenant_id=token.tenant_id,
        token_id=token.pk,
        user_id=user.pk,
        content=seal(msgspec.msgpack.encode(draft)),
        changed_at=now(),
        expires_at=now() + timedelta(days=1),
    )
