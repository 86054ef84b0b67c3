"""A job whose ledger is away waits for it: nothing was done, so no run is counted."""

from datetime import timedelta
from typing import Any, NoReturn, cast

import msgspec
import pytest
from django.utils.timezone import now

from gateway_project.jobs.run import run_job
from metering.errors import MeteringUnavailable
from metering.gateway import LLMGateway
from metering.ids import uuid7
from metering.jobs.lease import MAX_RUNS
from metering.ledger.memory import MemoryLedger
from metering.ledger.port import Ledger
from metering.models import TaskJob
from metering.orm import close_database_threads, in_database_thread
from metering.seal import seal
from metering.types import Task
from tests.factories import alder, make_token

pytestmark = pytest.mark.django_db(transaction=True)


class Away:
    """A gateway and a ledger that do not answer."""

    async def stream(self, *_: object, **__: object) -> NoReturn:
        raise MeteringUnavailable("The ledger is away.")

    async def submit(self, _: object) -> NoReturn:
        raise MeteringUnavailable("The ledger is away.")


def queued(**fields: Any) -> TaskJob:
    """One of a token that is nobody's."""
    return TaskJob.objects.create(
        tenant_id=alder().pk,
        token_id=make_token().id,
        task=Task.DIAGRAM.value,
        request_id="request",
        content=seal(msgspec.msgpack.encode({"description": "A pump."})),
        expires_at=now() + timedelta(days=1),
        **fields,
    )


async def begun_again_and_again(job: TaskJob, ledger: Ledger) -> TaskJob:
    """Begun more often than a job may be whose runners are lost."""
    for _ in range(MAX_RUNS + 2):
        await run_job(cast(LLMGateway, Away()), ledger, job.pk, close_deadline_s=0.0)
        await in_database_thread(TaskJob.objects.filter(pk=job.pk).update, not_before=now())
    shown: TaskJob = await in_database_thread(TaskJob.objects.get, pk=job.pk)
    close_database_threads()
    return shown


async def test_a_run_that_the_ledger_did_not_let_begin_is_not_counted() -> None:
    job = await begun_again_and_again(await in_database_thread(queued), MemoryLedger())
    assert (job.status, job.runs, job.error) == ("queued", 0, None)


async def test_nor_is_one_for_which_the_books_of_the_run_before_could_not_be_closed() -> None:
    lost = await in_database_thread(queued, reservation_id=uuid7(), runs=1)
    job = await begun_again_and_again(lost, Away())
    assert (job.status, job.runs, job.error) == ("queued", 1, None)
