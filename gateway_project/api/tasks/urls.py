"""Routes of the tasks."""

from django.urls import path

from gateway_project.api.tasks.jobs import CancelJob, JobEvents, Jobs, OneJob
from gateway_project.api.tasks.routes import Diagrams, PriorArt

urlpatterns = [
    path("prior-art", PriorArt.as_view(), name="prior-art"),
    path("diagrams", Diagrams.as_view(), name="diagrams"),
    path("jobs", Jobs.as_view(), name="jobs"),
    path("jobs/<uuid:pk>", OneJob.as_view(), name="job"),
    path("jobs/<uuid:pk>/events", JobEvents.as_view(), name="job-events"),
    path("jobs/<uuid:pk>/cancel", CancelJob.as_view(), name="job-cancel"),
]
