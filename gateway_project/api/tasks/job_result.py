"""/api/jobs/{id}/result: a job's result by itself, in the form that the caller accepts."""

from uuid import UUID

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from gateway_project.api.authentication import principal_of
from gateway_project.api.tasks.jobs import TAG, result_of
from gateway_project.api.tasks.routes import Csv, Markdown, form_of, in_form
from gateway_project.api.tasks.running import form_wanted
from gateway_project.api.views import ApiView
from metering.errors import NotFound
from metering.jobs.find import own_job
from metering.types import Task


class JobResult(ApiView):
    renderer_classes = (JSONRenderer, Markdown, Csv)

    @extend_schema(
        responses={(200, "application/json"): dict, (200, "text/markdown"): str, (200, "text/csv"): str},
        tags=TAG,
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The result as JSON, Markdown or CSV. 404 until there is one."""
        job = own_job(principal_of(request), pk)
        if job.status != job.Status.SUCCEEDED:
            raise NotFound(f"The job {pk} has no result; it is {job.status}.")
        media_type = form_wanted(request)
        form = form_of(Task(job.task), media_type)
        answer = HttpResponse(msgspec.json.encode(result_of(job)), content_type="application/json")
        return answer if form is None else in_form(answer, form, media_type)
