"""What each person is told in the console: one row for a person and an alert, a vendor alert or a notice."""

from typing import Self

from django.db import models
from django.db.models import Q

from metering.ids import uuid7
from metering.models.alerts import QuotaAlert
from metering.models.deliveries import one_of
from metering.models.notices import Notice
from metering.models.people import User
from metering.models.vendor_alerts import VendorAlert


class NotificationQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Notifications, which are a person's alone."""

    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notification(models.Model):
    """Something that one person is to know, in words that do not change, and whether it was read.

    Invariant: one for each person and alert, vendor alert or notice (metering/alerts/in_app.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    alert = models.ForeignKey(QuotaAlert, on_delete=models.CASCADE, null=True, related_name="+")
    vendor_alert = models.ForeignKey(VendorAlert, on_delete=models.CASCADE, null=True, related_name="+")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, null=True, related_name="+")
    type = models.CharField(max_length=40, help_text="Of metering.types.EventType.")
    subject = models.CharField(max_length=200)
    text = models.CharField(max_length=500, blank=True)
    path = models.CharField(max_length=500, blank=True, help_text="Of the console's page that it leads to.")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "user"], name="notification_of_alert_once"),
            models.UniqueConstraint(fields=["vendor_alert", "user"], name="notification_of_vendor_once"),
            models.UniqueConstraint(fields=["notice", "user"], name="notification_of_notice_once"),
            models.CheckConstraint(
                condition=one_of("alert", "vendor_alert", "notice"),
                name="notification_of_one",
                violation_error_message="A notification is of one alert, vendor alert or notice.",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="notification_user_id"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notification_unread"),
            models.Index(fields=["created_at"], name="notification_created"),
        ]

    def __str__(self) -> str:
        return self.subject
