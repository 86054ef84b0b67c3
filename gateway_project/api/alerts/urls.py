"""Routes of alerts."""

from django.urls import path

from gateway_project.api.alerts.alerts import AcknowledgeAlert, Alerts, OneAlert
from gateway_project.api.alerts.notifications import (
    Notifications,
    ReadAllNotifications,
    ReadNotification,
    UnreadNotifications,
)

urlpatterns = [
    path("alerts", Alerts.as_view(), name="alerts"),
    path("alerts/<uuid:pk>", OneAlert.as_view(), name="alert"),
    path("alerts/<uuid:pk>/acknowledge", AcknowledgeAlert.as_view(), name="acknowledge-alert"),
    path("notifications", Notifications.as_view(), name="notifications"),
    path("notifications/unread", UnreadNotifications.as_view(), name="unread-notifications"),
    path("notifications/read", ReadAllNotifications.as_view(), name="read-all-notifications"),
    path("notifications/<uuid:pk>/read", ReadNotification.as_view(), name="read-notification"),
]
