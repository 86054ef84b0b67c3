from datetime import timedelta

from django.utils.timezone import now

from metering.ids import uuid7
from metering.models import TaskJob
from metering.types import Task


def new_job() -> TaskJob:
    """A job that nobody has begun."""
    return TaskJob.objects.create(
        tenant_id=uuid7(),
        token_id=uuid7(),
        task=Task.DIAGRAM.value,
        request_id="request",
        content=b"sealed",
        expires_at=now() + timedelta(days=1),
    )
