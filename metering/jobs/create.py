"""Take a job on, to be begun by whoever is free."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from metering.errors import IdempotencyMismatch, Overloaded
from metering.idempotency.find_holder import find_holder
from metering.identity.principal import Principal
from metering.models import TaskJob
from metering.reservation.reserve import IdempotencyKey
from metering.seal import seal
from metering.types import Task

MAX_OPEN = 200
"""Jobs of one tenant that are waiting or running."""
OPEN = (TaskJob.Status.QUEUED, TaskJob.Status.RUNNING)


def create_job(
    *,
    caller: Principal,
    task: Task,
    content: Mapping[str, Any],
    request_id: str,
    labels: Mapping[str, Any],
    keep: timedelta,
    now: datetime,
    idempotency: IdempotencyKey | None = None,
) -> TaskJob:
    """The new job, or the one that was created under the same Idempotency-Key. It is kept for `keep` from now on.

    Raises IdempotencyMismatch for another request under a known key, and Overloaded where the tenant has too many.
    """
    if idempotency is not None:
        if (known := _known(caller, idempotency)) is not None:
            if not _is_forgotten(known, now):
                return known
            known.delete()
        if find_holder(tenant_id=caller.tenant_id, key=idempotency) is not None:
            raise IdempotencyMismatch(
                "This Idempotency-Key was used with a request that was answered at once, not as a job; ask so again."
            )
    if TaskJob.objects.filter(tenant_id=caller.tenant_id, status__in=OPEN).count() >= MAX_OPEN:
        raise Overloaded(f"Your tenant has {MAX_OPEN} jobs that have not ended yet; wait for some of them.")
    job = TaskJob(
        tenant_id=caller.tenant_id,
        token_id=caller.token_id,
        user_id=caller.user_id,
        team_id=caller.team_id,
        task=task.value,
        request_id=request_id,
        labels=dict(labels),
        key=idempotency.key if idempotency else None,
        key_digest=idempotency.digest if idempotency else None,
        content=seal(msgspec.msgpack.encode(content)),
        not_before=now,
        created_at=now,
        expires_at=now + keep,
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        if idempotency is None or (known := _known(caller, idempotency)) is None:
            raise
        return known
    return job


def job_of_key(caller: Principal, key: IdempotencyKey, now: datetime) -> TaskJob | None:
    """The job that the caller has under the key. Raises IdempotencyMismatch where another request has it."""
    job = _known(caller, key)
    return None if job is None or _is_forgotten(job, now) else job


def _is_forgotten(job: TaskJob, now: datetime) -> bool:
    return job.has_ended and job.expires_at <= now


def _known(caller: Principal, key: IdempotencyKey) -> TaskJob | None:
    job = TaskJob.objects.filter(tenant_id=caller.tenant_id, key=key.key).first()
    if job is not None and job.key_digest != key.digest:
        raise IdempotencyMismatch("This Idempotency-Key was used with another request.")
    return job
