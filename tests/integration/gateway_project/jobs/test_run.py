"""A job whose ledger is away waits for it: nothing was done, so no run is counted. A fault of ours ends it."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any, NoReturn, cast

import msgspec
import pytest
from django.db import OperationalError
from django.utils.timezone import now

from adapters.events import Event, EventAdapter
from gateway_project.jobs.run import run_job
from metering.errors import MeteringUnavailable
from metering.gateway import LLMGateway
from metering.ids import uuid7
from metering.jobs.end import opened_error
from metering.jobs.lease import MAX_RUNS
from metering.ledger.memory import MemoryLedger
from metering.ledger.port import Ledger
from metering.models import TaskJob
from metering.orm import close_database_threads, in_database_thread
from metering.ports import Body, Spending, TaskRequest
from metering.seal import seal
from metering.types import ModelClass, Task
from providers.token_counting import count_tokens
from tests.factories import alder, make_token, reference_data
from tests.fakes.vendors import FakeVendors
from tests.served import serve_model

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION: Body = {"messages": [{"role": "user", "content": "What shall be drawn?"}], "max_tokens": 10}


class Away:
    """A gateway and a ledger that do not answer."""

    async def stream(self, *_: object, **__: object) -> NoReturn:
        raise MeteringUnavailable("The ledger is away.")

    async def submit(self, _: object) -> NoReturn:
        raise MeteringUnavailable("The ledger is away.")


class Breaks(EventAdapter):
    """A task that asks a model, and then meets what its authors did not think of."""

    supported_tasks = frozenset({Task.DIAGRAM})
    supported_model_classes = frozenset(ModelClass)

    def __init__(self, fault: Exception, *, in_the_opening: bool = False) -> None:
        self._fault = fault
        self._in_the_opening = in_the_opening

    def opening(self, _: TaskRequest) -> Body:
        if self._in_the_opening:
            raise self._fault
        return QUESTION

    async def events(self, _: TaskRequest, spending: Spending) -> AsyncGenerator[Event, None]:
        await spending.complete(QUESTION)
        yield {"event": "diagram_started"}
        raise self._fault


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


async def begun_again_and_again(job: TaskJob, ledger: Ledger, gateway: LLMGateway | None = None) -> TaskJob:
    """Begun more often than a job may be whose runners are lost."""
    for _ in range(MAX_RUNS + 2):
        await run_job(gateway or cast(LLMGateway, Away()), ledger, job.pk, close_deadline_s=0.0)
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


@pytest.fixture
def served(transactional_db: None) -> None:
    reference_data()
    serve_model()


async def broken(adapter: EventAdapter, vendors: FakeVendors) -> TaskJob:
    """A job that is begun again and again with this adapter."""
    ledger = MemoryLedger()
    gateway = LLMGateway(
        ledger=ledger, vendors=vendors, adapters=[adapter], count_tokens=count_tokens, lease_s=30
    )
    job = await begun_again_and_again(await in_database_thread(queued), ledger, gateway)
    await gateway.close(5)
    return job


async def test_a_fault_of_ours_fails_the_job_and_is_paid_for_once(served: None) -> None:
    vendors = FakeVendors()
    job = await broken(Breaks(KeyError("a word that a model made up")), vendors)
    assert (job.status, job.runs) == ("failed", 1)
    assert len(vendors.calls) == 1
    error = opened_error(job) or {}
    assert (error["code"], error["request_id"]) == ("internal_error", "request")
    assert "made up" not in error["message"]


async def test_a_fault_before_anything_was_held_fails_it_too(served: None) -> None:
    vendors = FakeVendors()
    job = await broken(Breaks(KeyError("text"), in_the_opening=True), vendors)
    assert (job.status, job.runs, vendors.calls) == ("failed", 1, [])
    assert (opened_error(job) or {})["code"] == "internal_error"


async def test_a_database_that_is_away_in_the_middle_is_no_fault_of_ours(served: None) -> None:
    vendors = FakeVendors()
    job = await broken(Breaks(OperationalError("the connection is closed")), vendors)
    assert (job.status, len(vendors.calls)) == ("failed", MAX_RUNS)
    assert (opened_error(job) or {})["code"] == "job_lost"
