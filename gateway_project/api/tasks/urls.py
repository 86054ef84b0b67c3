"""Routes of the tasks."""

from django.urls import path

from gateway_project.api.tasks.drafts import DraftDocx, OneDraft
from gateway_project.api.tasks.job_result import JobResult
from gateway_project.api.tasks.jobs import CancelJob, JobEvents, Jobs, OneJob
from gateway_project.api.tasks.routes import Diagrams, Drafting, PriorArt
from gateway_project.api.tasks.tools import ClaimsCheck, RenderDiagram

urlpatterns = [
    path("prior-art", PriorArt.as_view(), name="prior-art"),
    path("diagrams", Diagrams.as_view(), name="diagrams"),
    path("diagrams/render", RenderDiagram.as_view(), name="render-diagram"),
    path("drafting", Drafting.as_view(), name="drafting"),
    path("drafting/<uuid:pk>", OneDraft.as_view(), name="draft"),
    path("drafting/<uuid:pk>/docx", DraftDocx.as_view(), name="draft-docx"),
    path("claims/check", ClaimsCheck.as_view(), name="claims-check"),
    path("jobs", Jobs.as_view(), name="jobs"),
    path("jobs/<uuid:pk>", OneJob.as_view(), name="job"),
    path("jobs/<uuid:pk>/result", JobResult.as_view(), name="job-result"),
    path("jobs/<uuid:pk>/events", JobEvents.as_view(), name="job-events"),
    path("jobs/<uuid:pk>/cancel", CancelJob.as_view(), name="job-cancel"),
]
