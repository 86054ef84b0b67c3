"""Alerts, notices and mails on their way to people, programs and chats."""

from datetime import datetime
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q

from metering.models.alerts import QuotaAlert
from metering.models.invitations import Invitation
from metering.models.notices import Notice
from metering.models.password_resets import PasswordReset
from metering.models.vendor_alerts import VendorAlert
from metering.models.webhooks import WebhookEndpoint


def one_of(*names: str) -> Q:
    """Exactly one of these columns is set."""
    cases = (Q(**{f"{other}__isnull": other != name for other in names}) for name in names)
    return reduce(or_, cases)


class AlertDelivery(models.Model):
    """One alert or notice, or a mail about a forgotten password or an invitation, on its way to one recipient.

    See metering/alerts/deliver.py.
    """

    class Channel(models.TextChoices):
        EMAIL = "email"
        WEBHOOK = "webhook"
        SLACK = "slack"
        TEAMS = "teams"

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        SENDING = "sending", "sending"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"
        UNCERTAIN = "uncertain", "uncertain"
        NO_SERVER = "no_server", "no mail server"

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(QuotaAlert, on_delete=models.CASCADE, null=True, related_name="deliveries")
    vendor_alert = models.ForeignKey(
        VendorAlert, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    password_reset = models.OneToOneField(
        PasswordReset, on_delete=models.CASCADE, null=True, related_name="delivery"
    )
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, null=True, related_name="deliveries")
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, null=True, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    recipient = models.CharField(max_length=254, help_text="An address, or the id of an endpoint.")
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(
        help_text="Not before; of what is being sent or set aside: since when."
    )
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True, help_text="When an endpoint was tried last.")
    status_code = models.PositiveSmallIntegerField(null=True, help_text="That an endpoint answered last.")
    response = models.CharField(
        max_length=500, blank=True, db_default="", help_text="How its last answer begins."
    )
    duration_ms = models.PositiveIntegerField(null=True, help_text="Of the last attempt.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "alert deliveries"
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel", "recipient"], name="delivery_once"),
            models.UniqueConstraint(
                fields=["vendor_alert", "channel", "recipient"], name="vendor_delivery_once"
            ),
            models.UniqueConstraint(fields=["notice", "channel", "recipient"], name="notice_delivery_once"),
            models.CheckConstraint(
                condition=one_of("alert", "vendor_alert", "password_reset", "invitation", "notice"),
                name="delivery_of_one",
                violation_error_message=(
                    "A delivery is of one alert, vendor alert, password reset, invitation or notice."
                ),
            ),
            models.CheckConstraint(
                condition=Q(channel="email", endpoint__isnull=True)
                | (~Q(channel="email") & Q(endpoint__isnull=False)),
                name="delivery_endpoint",
                violation_error_message="What is not a mail goes to an endpoint.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "sending", "sent", "failed", "uncertain", "no_server"]),
                name="delivery_state",
                violation_error_message="A delivery is pending, sending, sent, failed, uncertain or set aside.",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="delivery_sent_when",
                violation_error_message="A delivery that was sent says when; another one does not.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=["pending", "sending"]),
                name="delivery_under_way",
            ),
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="no_server"), name="delivery_without_server"
            ),
            models.Index(
                fields=["endpoint", "id"],
                condition=Q(endpoint__isnull=False),
                name="delivery_of_endpoint",
            ),
        ]

    def __str__(self) -> str:
        whom = self.endpoint if self.endpoint is not None else f"{self.channel} to {self.recipient}"
        return f"{whom}: {self.get_state_display()}"

    def due_at(self, retry_at: datetime | None) -> datetime | None:
        """When it is tried again at the earliest, given when its endpoint is; None: it does not wait."""
        if self.state != self.State.PENDING:
            return None
        return max(self.next_attempt_at, retry_at) if retry_at is not None else self.next_attempt_at
