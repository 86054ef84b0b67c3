"""Celery's ways to jobs. A message only says that there may be work: losing it, or getting it twice, does no harm."""

import logging
from uuid import UUID

from django.utils.timezone import now
from kombu.exceptions import OperationalError

from gateway_project.celery import app
from gateway_project.jobs.run import run_job as run
from gateway_project.wiring import start
from metering.bridge import run_sync
from metering.jobs.drafts import forget_drafts
from metering.jobs.forget import forget_jobs as forget_old_jobs
from metering.jobs.lease import due_jobs

MAX_STARTED = 100
JOB_TIMEOUT_S = 3600.0
logger = logging.getLogger(__name__)


@app.task(name="gateway.run_job", acks_late=False)
def run_job(job_id: str) -> None:
    """Work on a job, if it is due and nobody does."""

    async def work() -> None:
        runtime = await start()
        await run(runtime.gateway, runtime.writer, UUID(job_id))

    run_sync(work(), timeout_s=JOB_TIMEOUT_S)


@app.task(name="gateway.start_jobs")
def start_jobs() -> int:
    """Send for the jobs that are due, and for those that a lost runner has left; how many."""
    due = due_jobs(MAX_STARTED)
    for job_id in due:
        run_job.apply_async((str(job_id),), expires=60)
    return len(due)


@app.task(name="gateway.forget_jobs")
def forget_jobs() -> int:
    """Delete jobs and drafts that have expired; how many."""
    return forget_old_jobs(now()) + forget_drafts(now())


def send_for(job_id: UUID) -> None:
    """Tell the workers of a new job. While the broker is away, `start_jobs` finds it later."""
    try:
        run_job.apply_async((str(job_id),), expires=60, retry=False)
    except OperationalError as error:
        logger.warning("job.not_sent_for", extra={"job_id": str(job_id), "error": type(error).__name__})
