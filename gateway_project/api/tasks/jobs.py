"""/api/jobs: work that goes on without its caller."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project import wiring
from gateway_project.api.authentication import principal_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import StrictInput
from gateway_project.api.query import query_choice
from gateway_project.api.schema import paged
from gateway_project.api.tasks.running import KEEP_ALIVE, STREAM_HEADERS, EventStream, as_event, call_of
from gateway_project.api.views import ApiView
from gateway_project.jobs.tasks import send_for
from metering.bridge import run_sync
from metering.calls.begin import CallRequest
from metering.errors import IdempotencyMismatch, InvalidRequest, NotFound, TransitionRefused
from metering.jobs.create import create_job, job_of_key
from metering.jobs.drafts import own_draft
from metering.jobs.end import cancel_job, events_after, opened_error
from metering.jobs.find import own_job, own_jobs, usage_of
from metering.labels import CALLER_LABELS
from metering.models import TaskJob
from metering.orm import in_database_thread
from metering.seal import CannotOpen, unseal
from metering.types import Task

TAG = ["jobs"]
TASKS = {"prior-art": Task.PRIOR_ART, "drafting": Task.DRAFTING, "diagrams": Task.DIAGRAM}
NAMES = {task.value: name for name, task in TASKS.items()}
STATUSES = [status.value for status in TaskJob.Status]
STATUS = OpenApiParameter("status", str, enum=STATUSES, description="Only those of this status.")
TASK = OpenApiParameter("task", str, enum=sorted(TASKS), description="Only those of this task.")
LOOK_S = 0.5
"""How often a listener looks for new events."""
KEEP_ALIVE_LOOKS = 20
LISTEN_S = 900.0
"""Then the stream ends, and whoever wants more resumes it."""


class JobOut(serializers.Serializer[TaskJob]):
    id = serializers.UUIDField()
    task = serializers.SerializerMethodField()
    status = serializers.CharField()
    progress = serializers.IntegerField(help_text="0 to 100.")
    url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()
    error = serializers.SerializerMethodField()

    def get_task(self, job: TaskJob) -> str:
        return NAMES[job.task]

    def get_url(self, job: TaskJob) -> str:
        return f"/api/jobs/{job.pk}"

    @extend_schema_field(serializers.JSONField(allow_null=True))
    def get_error(self, job: TaskJob) -> dict[str, Any] | None:
        return opened_error(job)


class OneJobOut(JobOut):
    result = serializers.JSONField(allow_null=True, help_text="What the task's own route answers.")
    usage = serializers.JSONField(help_text="Of all runs.")


class Jobs(ApiView):
    class Input(StrictInput):
        task = Choice(choices=sorted(TASKS))
        input = serializers.DictField(help_text="The body of the task's own route.")

    @paged(JobOut, STATUS, TASK, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """Your own jobs, the newest first."""
        rows = own_jobs(principal_of(request))
        if status := query_choice(request, "status", STATUSES):
            rows = rows.filter(status=status)
        if task := query_choice(request, "task", sorted(TASKS)):
            rows = rows.filter(task=TASKS[task].value)
        return self.page(rows, JobOut)

    @extend_schema(request=Input, responses={202: JobOut}, tags=TAG)
    def post(self, request: Request) -> Response:
        """A new job. Its input is checked at once; what it spends is reserved when it begins."""
        given = self.valid(self.Input, request.data)
        task = TASKS[given["task"]]
        return start_job(request, call_of(request, task, given["input"]))


class OneJob(ApiView):
    @extend_schema(responses=OneJobOut, tags=TAG)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """A job with its result, as soon as there is one."""
        job = own_job(principal_of(request), pk)
        shown = JobOut(job).data | {"usage": usage_of(job), "result": None}
        if job.status == TaskJob.Status.SUCCEEDED:
            shown["result"] = result_of(job)
        return Response(shown)

    @extend_schema(responses={204: None}, tags=TAG)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a job that has ended, with its input and result."""
        job = own_job(principal_of(request), pk)
        if not job.has_ended:
            raise TransitionRefused(
                "The job has not ended; cancel it first.", reason="job_not_ended", state=job.status
            )
        job.delete()
        return Response(status=204)


class CancelJob(ApiView):
    @extend_schema(request=None, responses=JobOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Stop a job. What it has used is charged. One that has ended stays as it is."""
        self.take_nothing(request)
        job = own_job(principal_of(request), pk)
        cancel_job(job)
        job.refresh_from_db()
        return Response(JobOut(job).data)


class JobEvents(ApiView):
    renderer_classes = (JSONRenderer, EventStream)  # EventSource asks for that type alone

    @extend_schema(
        parameters=[OpenApiParameter("Last-Event-ID", int, "header", description="Go on after this event.")],
        responses={(200, "text/event-stream"): str},
        tags=TAG,
    )
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """What a job tells, from the beginning or from `Last-Event-ID` on, until it has ended."""
        job = own_job(principal_of(request), pk)
        last = request.headers.get("last-event-id") or "0"
        if not last.isascii() or not last.isdigit() or len(last) > 9:
            raise InvalidRequest("Last-Event-ID is the number of an event.", param="Last-Event-ID")
        return StreamingHttpResponse(
            _events(job, int(last)), content_type="text/event-stream", headers=STREAM_HEADERS
        )


def start_job(request: Request, call: CallRequest) -> Response:
    """Take the work on as a job. Raises what the task's own route raises before it spends anything."""
    caller = principal_of(request)
    limits = run_sync(wiring.gateway().check(caller, call))
    if draft_id := call.input.get("draft_id"):
        own_draft(caller, UUID(str(draft_id)), now())
    job = create_job(
        caller=caller,
        task=call.task,
        content=dict(call.input),
        request_id=call.request_id,
        labels=own_labels(call),
        keep=timedelta(days=limits["keep_results_days"]),
        now=now(),
        idempotency=call.idempotency,
    )
    send_for(job.pk)
    return Response(JobOut(job).data, status=202, headers={"location": f"/api/jobs/{job.pk}"})


def refuse_key_of_job(request: Request, call: CallRequest) -> None:
    """Raise IdempotencyMismatch where the caller's key has a job: answering at once would be paid for again."""
    if call.idempotency is None:
        return
    job = job_of_key(principal_of(request), call.idempotency, now())
    if job is not None:
        raise IdempotencyMismatch(f"This Idempotency-Key has a job: look at /api/jobs/{job.pk}.")


def own_labels(call: CallRequest) -> dict[str, Any]:
    """The labels that the caller gave."""
    return {name: label for name in (*CALLER_LABELS, "tags") if (label := getattr(call, name))}


def result_of(job: TaskJob) -> dict[str, Any]:
    """What the task's own route would have answered. Raises NotFound."""
    try:
        told = unseal(bytes(job.result or b""))
    except CannotOpen:
        raise NotFound("The key that the result was sealed with is gone.") from None
    facts: dict[str, Any] = msgspec.json.decode(told)
    return {name: value for name, value in facts.items() if name not in ("event", "progress")}


async def _events(job: TaskJob, last: int) -> AsyncIterator[bytes]:
    yield KEEP_ALIVE
    for look in range(int(LISTEN_S / LOOK_S)):
        has_ended = await in_database_thread(_has_ended, job)
        found = await in_database_thread(events_after, job, last)
        for last, sealed in found:
            try:
                told = unseal(sealed)
            except CannotOpen:
                return  # the key is gone, and with it all that follows
            yield as_event(told, number=last)
        if has_ended and not found:
            return
        if not found:
            if look % KEEP_ALIVE_LOOKS == KEEP_ALIVE_LOOKS - 1:
                yield KEEP_ALIVE
            await asyncio.sleep(LOOK_S)


def _has_ended(job: TaskJob) -> bool:
    """Whether nothing more happens to it; one that was deleted meanwhile has ended too."""
    shown = TaskJob.objects.filter(pk=job.pk).first()
    return shown is None or shown.has_ended
