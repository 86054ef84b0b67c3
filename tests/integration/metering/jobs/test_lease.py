"""One runner at a time has a job; another one's words go nowhere."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from metering.errors import MeteringUnavailable
from metering.ids import uuid7
from metering.jobs.end import (
    MAX_EVENTS,
    cancel_job,
    end_job,
    event,
    events_after,
    keep_result,
    opened_error,
    problem,
    tell,
)
from metering.jobs.find import usage_of
from metering.jobs.journal import JobJournal
from metering.jobs.lease import begin_run, claim, due_jobs, put_back, renew
from metering.models import TaskJob, TaskJobAttempt, TaskJobEvent
from metering.orm import close_database_threads, in_database_thread
from metering.seal import unseal
from metering.types import Outcome
from tests.integration.metering.jobs.new_job import new_job
from tests.support.build import attempt

Status = TaskJob.Status


def claimed(job: TaskJob) -> TaskJob:
    found = claim(job.pk, uuid7())
    assert found is not None
    return found


def lose(job: TaskJob) -> None:
    """Let the lease of its runner run out."""
    TaskJob.objects.filter(pk=job.pk).update(leased_until=now() - timedelta(seconds=1))


def lost_to_another(job: TaskJob) -> tuple[TaskJob, TaskJob]:
    """The job as its first runner has it, and as the second one does, who has it now."""
    first = claimed(job)
    lose(job)
    return first, claimed(job)


def row(job: TaskJob) -> TaskJob:
    return TaskJob.objects.get(pk=job.pk)


def test_a_job_that_somebody_works_on_is_not_to_be_had(job: TaskJob) -> None:
    assert due_jobs(10) == [job.pk]
    claimed(job)
    assert claim(job.pk, uuid7()) is None
    assert due_jobs(10) == []


def test_a_job_whose_lease_is_over_is_due_again(job: TaskJob) -> None:
    first, second = lost_to_another(job)
    assert (second.runs, first.runs) == (2, 1)
    assert renew(second)
    assert not renew(first)


def test_a_job_that_waits_is_due_when_its_time_has_come(job: TaskJob) -> None:
    put_back(claimed(job), wait=timedelta(seconds=60), was_a_run=False)
    assert claim(job.pk, uuid7()) is None
    put_back(row(job), wait=timedelta(0), was_a_run=False)  # a runner that has it no more changes nothing
    assert due_jobs(10) == []
    TaskJob.objects.filter(pk=job.pk).update(not_before=now())
    assert claimed(job).runs == 1


def test_a_runner_that_has_lost_its_job_changes_nothing(job: TaskJob) -> None:
    first, second = lost_to_another(job)
    assert not begin_run(first)
    assert not tell(first, [event("late")], progress=50)
    assert not keep_result(first, b"{}")
    assert not end_job(first, Status.SUCCEEDED, event=event("succeeded"))
    put_back(first, wait=timedelta(0), was_a_run=True)
    now_ = row(job)
    assert (now_.status, now_.runner, now_.result, now_.progress) == (Status.RUNNING, second.runner, None, 0)
    assert events_after(job, 0) == []


@pytest.mark.django_db(transaction=True)
async def test_a_runner_that_has_lost_its_job_may_send_nothing() -> None:
    job = await in_database_thread(new_job)
    first, second = await in_database_thread(lost_to_another, job)
    with pytest.raises(MeteringUnavailable):
        await JobJournal(first).begun(uuid7(), attempt())
    await JobJournal(second).begun(uuid7(), attempt())
    await in_database_thread(cancel_job, second)
    with pytest.raises(MeteringUnavailable):
        await JobJournal(second).begun(uuid7(), attempt(2))
    assert await in_database_thread(TaskJobAttempt.objects.filter(job=job).count) == 1
    close_database_threads()


@pytest.mark.django_db(transaction=True)
async def test_a_call_that_is_out_is_not_among_what_the_job_has_used(job: TaskJob) -> None:
    mine, run = await in_database_thread(claimed, job), uuid7()
    journal = JobJournal(mine)
    await journal.ended(run, attempt(input_tokens=30, output_tokens=20, steps=1))
    await journal.begun(
        run, attempt(2, outcome=Outcome.CANCELLED, input_tokens=4_000, output_tokens=2_000, steps=1)
    )
    used = await in_database_thread(usage_of, mine)
    close_database_threads()
    assert (used["llm_calls"], used["input_tokens"], used["output_tokens"]) == (1, 30, 20)


def test_the_last_event_is_told_however_many_came_before(job: TaskJob) -> None:
    mine = claimed(job)
    tell(mine, [event("delta")])
    TaskJobEvent.objects.filter(job=job).update(number=MAX_EVENTS)
    tell(mine, [event("delta")])
    assert end_job(mine, Status.SUCCEEDED, event=event("succeeded"))
    assert [number for number, _ in events_after(job, 0)] == [MAX_EVENTS, MAX_EVENTS + 1]


def test_what_an_error_says_is_sealed(job: TaskJob) -> None:
    said = problem("vendor_error", "The vendor refused: a secret pump.")
    assert end_job(claimed(job), Status.FAILED, error=said, event=event("failed", error=said))
    kept = row(job)
    assert kept.error is not None
    assert (kept.error["code"], "pump" in str(kept.error)) == ("vendor_error", False)
    assert opened_error(kept) == said


def test_a_job_that_is_cancelled_while_it_waits_says_so_to_its_listeners(job: TaskJob) -> None:
    cancel_job(job)
    cancel_job(job)
    assert row(job).status == Status.CANCELLED
    assert [(number, unseal(told)) for number, told in events_after(job, 0)] == [(1, event("cancelled"))]


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])
def test_the_input_of_a_job_that_has_ended_is_forgotten(job: TaskJob, status: TaskJob.Status) -> None:
    assert end_job(claimed(job), status, event=event(status.value))
    assert bytes(row(job).content) == b""


def test_the_input_of_a_job_that_is_cancelled_while_it_waits_is_forgotten(job: TaskJob) -> None:
    cancel_job(job)
    assert bytes(row(job).content) == b""


def test_a_job_that_is_cancelled_before_its_result_is_there_does_not_succeed(job: TaskJob) -> None:
    mine = claimed(job)
    cancel_job(job)
    assert not keep_result(mine, b'{"event": "result"}')
    assert row(job).result is None


def test_a_job_that_did_not_succeed_keeps_no_result(job: TaskJob) -> None:
    mine = claimed(job)
    assert keep_result(mine, b'{"event": "result"}')
    cancel_job(mine)
    assert end_job(mine, Status.CANCELLED, event=event("cancelled"))
    assert row(job).result is None
