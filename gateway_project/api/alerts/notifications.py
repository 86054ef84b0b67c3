"""What one person is told: everybody's own, and nobody else's."""

from uuid import UUID

from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.alerts.alerts import TAG
from gateway_project.api.authentication import caller_of
from gateway_project.api.query import query_flag
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.alerts.read_notifications import (
    MOST,
    read_all_notifications,
    read_notification,
    unread_notifications,
)
from metering.errors import NotPermitted
from metering.models import Notification, User
from metering.types import EventType

READ = OpenApiParameter("read", bool, description="Only those that were read, or were not.")


class NotificationOut(serializers.Serializer[Notification]):
    id = serializers.UUIDField()
    type = serializers.SerializerMethodField()
    subject = serializers.CharField()
    text = serializers.CharField()
    path = serializers.CharField(help_text="Of the console's page that it leads to.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)

    def get_type(self, row: Notification) -> str:
        return EventType(row.type).name


class CountOut(serializers.Serializer[object]):
    unread = serializers.IntegerField(help_text=f"{MOST} at most.")


class Notifications(ApiView):
    @paged(NotificationOut, READ, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """The caller's own notifications, the newest first."""
        rows = Notification.objects.of(_person(request))
        is_read = query_flag(request, "read")
        if is_read is not None:
            rows = rows.filter(read_at__isnull=not is_read)
        return self.page(rows, NotificationOut)


class UnreadNotifications(ApiView):
    @extend_schema(responses=CountOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """How many the caller has not read."""
        return Response({"unread": unread_notifications(_person(request))})


class ReadNotification(ApiView):
    @extend_schema(request=None, responses=NotificationOut, tags=TAG)
    def post(self, request: Request, pk: UUID) -> Response:
        """Say that it was read."""
        self.take_nothing(request)
        return Response(NotificationOut(read_notification(user=_person(request), id=pk, now=now())).data)


class ReadAllNotifications(ApiView):
    @extend_schema(request=None, responses=CountOut, tags=TAG)
    def post(self, request: Request) -> Response:
        """Say that all were read."""
        self.take_nothing(request)
        person = _person(request)
        read_all_notifications(user=person, now=now())
        return Response({"unread": unread_notifications(person)})


def _person(request: Request) -> User:
    """Raises NotPermitted for a token that is nobody's."""
    user = caller_of(request).user
    if user is None:
        raise NotPermitted("Notifications are for people; this token is nobody's.")
    return user
