"""What the ledger noticed about limits, and whom it was told: alerts and their deliveries."""

from functools import reduce
from operator import or_

from django.db import models
from django.db.models import Q

from metering.models.invitations import Invitation
from metering.models.notices import Notice
from metering.models.password_resets import PasswordReset
from metering.models.people import User
from metering.models.policy import choices_of
from metering.models.tenancy import TenantQuerySet
from metering.models.vendor_alerts import VendorAlert
from metering.types import AlertLevel, Dimension, SubjectType, Window


class QuotaAlert(models.Model):
    """A meter reached a threshold of its limit. Only `metering.ledger` makes one, in the transaction that did it.

    Invariant: one for each meter, limit and threshold; where calls at once are counted, one for each `episode`. Like
    the ledger's tables it has no foreign key, so that nothing else is ever locked with a meter.
    """

    id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField(null=True, help_text="Empty: the meter is shared by all tenants.")
    meter_id = models.BigIntegerField()
    budget_id = models.UUIDField(help_text="Of the budget, or of the rule max_concurrent.")
    subject_type = models.CharField(max_length=10, choices=choices_of(SubjectType))
    subject_id = models.CharField(max_length=128)
    dimension = models.CharField(max_length=16, choices=choices_of(Dimension))
    window = models.CharField(max_length=8, choices=choices_of(Window))
    window_start = models.DateTimeField()
    window_end = models.DateTimeField(null=True, help_text="Empty: never resets.")
    timezone = models.CharField(max_length=64)
    threshold = models.PositiveSmallIntegerField(help_text="Percent of the limit.")
    episode = models.IntegerField(default=0, help_text="Calls at once: how many alerts came before it.")
    used = models.BigIntegerField()
    held = models.BigIntegerField()
    requested = models.BigIntegerField(
        null=True, help_text="What a denied call needed; empty: it was reached by use."
    )
    limit = models.BigIntegerField()
    raised_at = models.DateTimeField()
    addressed_at = models.DateTimeField(null=True, help_text="When its recipients were looked up.")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["meter_id", "budget_id", "threshold", "episode"], name="alert_once"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_by__isnull=True) | Q(acknowledged_at__isnull=False),
                name="alert_acknowledged_when",
                violation_error_message="An alert that somebody acknowledged says when.",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "id"], name="alert_tenant_id"),
            models.Index(fields=["id"], condition=Q(addressed_at__isnull=True), name="alert_unaddressed"),
        ]

    def __str__(self) -> str:
        return f"{self.threshold} % of {self.subject_type} {self.dimension}/{self.window}"

    @property
    def level(self) -> AlertLevel:
        return AlertLevel.of(self.threshold)


def _one_of(*names: str) -> Q:
    """Exactly one of these columns is set."""
    cases = (Q(**{f"{other}__isnull": other != name for other in names}) for name in names)
    return reduce(or_, cases)


class AlertDelivery(models.Model):
    """One alert or notice, or a mail about a forgotten password or an invitation, on its way to one recipient.

    See metering/alerts/deliver.py.
    """

    class Channel(models.TextChoices):
        EMAIL = "email"

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
    recipient = models.CharField(max_length=254)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(
        help_text="Not before; of what is being sent or set aside: since when."
    )
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)

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
                condition=_one_of("alert", "vendor_alert", "password_reset", "invitation", "notice"),
                name="delivery_of_one",
                violation_error_message=(
                    "A delivery is of one alert, vendor alert, password reset, invitation or notice."
                ),
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
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient}: {self.get_state_display()}"
