"""Routes of addresses that events are sent to."""

from django.urls import path

from gateway_project.api.webhooks.deliveries import (
    Deliveries,
    ReplayAll,
    ReplayOne,
    RotateSecret,
    TryEndpoint,
)
from gateway_project.api.webhooks.endpoints import Endpoints, OneEndpoint

urlpatterns = [
    path("webhooks", Endpoints.as_view(), name="webhooks"),
    path("webhooks/<uuid:pk>", OneEndpoint.as_view(), name="webhook"),
    path("webhooks/<uuid:pk>/test", TryEndpoint.as_view(), name="test-webhook"),
    path("webhooks/<uuid:pk>/rotate", RotateSecret.as_view(), name="rotate-webhook"),
    path("webhooks/<uuid:pk>/replay", ReplayAll.as_view(), name="replay-webhook"),
    path("webhooks/<uuid:pk>/deliveries", Deliveries.as_view(), name="webhook-deliveries"),
    path("webhooks/<uuid:pk>/deliveries/<str:delivery>/replay", ReplayOne.as_view(), name="replay-delivery"),
]
