"""Celery's ways to jobs. A message only says that there may be work: losing it, or getting it twice, does no harm."""

import logging
import threading
from typing import Any
from uuid import UUID

from celery.signals import worker_shutting_down
from django.utils.timezone import now
from kombu.exceptions import OperationalError

from gateway_project.celery import app
from gateway_project.jobs import closing
from gateway_project.jobs.run import run_job as run
from gateway_project.wiring import start
from metering.bridge import run_sync
from metering.jobs.forget import forget_expired
from metering.jobs.lease import due_jobs

MAX_STARTED = 100
JOB_TIMEOUT_S = 3600.0
MAX_AT_ONCE = 12
"""Jobs of one worker. The rest of its threads (`launcher/children.py`: WORKER_THREADS) is kept for the timetable."""
_places = threading.BoundedSemaphore(MAX_AT_ONCE)
logger = logging.getLogger(__name__)


@app.task(name="gateway.run_job", acks_late=False)
def run_job(job_id: str) -> None:
    """Work on a job, if it is due and nobody does, and this worker has a place for it: else `start_jobs` finds it."""
    if closing.is_closing() or not _places.acquire(blocking=False):
        return
    try:
        run_sync(_work(UUID(job_id)), timeout_s=JOB_TIMEOUT_S)
    finally:
        _places.release()
    for due in due_jobs(1):  # perhaps one that had found no place
        send_for(due)


async def _work(job_id: UUID) -> None:
    runtime = await start()
    await run(runtime.gateway, runtime.writer, job_id)


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
    return forget_expired(now())


def send_for(job_id: UUID) -> None:
    """Tell the workers of a new job. While the broker is away, `start_jobs` finds it later."""
    try:
        run_job.apply_async((str(job_id),), expires=60, retry=False)
    except OperationalError as error:
        logger.warning("job.not_sent_for", extra={"job_id": str(job_id), "error": type(error).__name__})


@worker_shutting_down.connect
def give_jobs_back(**_: Any) -> None:
    """This worker was asked to end."""
    closing.close()
