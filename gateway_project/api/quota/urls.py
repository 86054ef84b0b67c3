"""Routes of overrides, top-ups and requests for quota."""

from django.urls import path

from gateway_project.api.quota.overrides import OneOverride, Overrides, TopUps
from gateway_project.api.quota.requests import (
    Approve,
    Deny,
    OneQuotaRequest,
    QuotaRequests,
    RequestRadius,
    Withdraw,
)

urlpatterns = [
    path("overrides", Overrides.as_view(), name="overrides"),
    path("overrides/<uuid:pk>", OneOverride.as_view(), name="override"),
    path("top-ups", TopUps.as_view(), name="top-ups"),
    path("quota-requests", QuotaRequests.as_view(), name="quota-requests"),
    path("quota-requests/<uuid:pk>", OneQuotaRequest.as_view(), name="quota-request"),
    path("quota-requests/<uuid:pk>/blast-radius", RequestRadius.as_view(), name="quota-request-radius"),
    path("quota-requests/<uuid:pk>/approve", Approve.as_view(), name="quota-request-approve"),
    path("quota-requests/<uuid:pk>/deny", Deny.as_view(), name="quota-request-deny"),
    path("quota-requests/<uuid:pk>/withdraw", Withdraw.as_view(), name="quota-request-withdraw"),
]
