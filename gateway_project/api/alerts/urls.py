"""Routes of alerts."""

from django.urls import path

from gateway_project.api.alerts.alerts import AcknowledgeAlert, Alerts, OneAlert

urlpatterns = [
    path("alerts", Alerts.as_view(), name="alerts"),
    path("alerts/<uuid:pk>", OneAlert.as_view(), name="alert"),
    path("alerts/<uuid:pk>/acknowledge", AcknowledgeAlert.as_view(), name="acknowledge-alert"),
]
