"""Routes of the audit trail."""

from django.urls import path

from gateway_project.api.audit.export import TrailExport
from gateway_project.api.audit.trail import Trail

urlpatterns = [
    path("audit", Trail.as_view(), name="audit"),
    path("audit/export", TrailExport.as_view(), name="audit-export"),
]
