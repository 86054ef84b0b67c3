"""A caller's own jobs, and what is in them."""

from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet

from metering.amounts import total
from metering.errors import NotFound
from metering.identity.principal import Principal
from metering.ledger.commands import Attempt
from metering.models import TaskJob, TaskJobAttempt
from metering.money import usd_text
from metering.seal import unseal


def own_jobs(caller: Principal) -> QuerySet[TaskJob]:
    """Those that this person, or else this token, asked for. What is in them is secret from everybody else."""
    mine = Q(user_id=caller.user_id) if caller.user_id else Q(token_id=caller.token_id, user_id=None)
    return TaskJob.objects.filter(mine, tenant_id=caller.tenant_id)


def own_job(caller: Principal, pk: UUID) -> TaskJob:
    """Raises NotFound for one that is missing or somebody else's, in the same words."""
    job = own_jobs(caller).filter(pk=pk).first()
    if job is None:
        raise NotFound(f"There is no job {pk}.")
    return job


def opened(sealed: bytes | memoryview) -> Any:
    """What was sealed with a job: its input. Raises CannotOpen."""
    return msgspec.msgpack.decode(unseal(bytes(sealed)))


def attempts_of(job: TaskJob, reservation_id: UUID | None = None) -> list[Attempt]:
    """The attempts that the job's runners noted, of one reservation or of all."""
    rows = TaskJobAttempt.objects.filter(job=job)
    if reservation_id is not None:
        rows = rows.filter(reservation_id=reservation_id)
    return [
        msgspec.msgpack.decode(bytes(content), type=Attempt)
        for content in rows.order_by("reservation_id", "number").values_list("attempt", flat=True)
    ]


def usage_of(job: TaskJob) -> dict[str, object]:
    """What all runs of the job have used so far, in the shape of CONTRACTS."""
    attempts = attempts_of(job)
    used = total(tuple(attempts))
    return {
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "cost_usd": usd_text(used.cost_nano_usd),
        "llm_calls": sum(not attempt.api_calls for attempt in attempts),
        "api_calls": used.api_calls,
        "files": used.files,
        "steps": used.steps,
    }
