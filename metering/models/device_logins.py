"""Machines that ask to be signed in by somebody who looks at the console (OAuth's device authorization, RFC 8628)."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.people import User
from metering.models.sessions import LoginSession


class DeviceLogin(models.Model):
    """One such request. Of its two codes only keyed digests are kept.

    PENDING until a person decides, then APPROVED or DENIED; USED once the machine has fetched its session.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        DENIED = "denied"
        USED = "used"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.BinaryField(max_length=32, unique=True, help_text="Of the code that the machine keeps.")
    user_code_digest = models.BinaryField(
        max_length=32, unique=True, help_text="Of the code that people read and type."
    )
    machine = models.CharField(max_length=100, editable=False, help_text="What the machine calls itself.")
    address = models.CharField(max_length=45, blank=True, editable=False, help_text="Where it asks from.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, editable=False, related_name="+", help_text="Who decided."
    )
    auth_hash = models.CharField(
        max_length=128, blank=True, editable=False, help_text="Of the password then: a changed one ends it."
    )
    session = models.ForeignKey(
        LoginSession, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    interval_s = models.PositiveSmallIntegerField(editable=False, help_text="How long to wait between polls.")
    polled_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending", user__isnull=True, decided_at__isnull=True)
                | Q(state__in=["approved", "denied", "used"], user__isnull=False, decided_at__isnull=False),
                name="device_login_decided_by_somebody",
                violation_error_message="Whoever decided stands beside the decision, and nobody before it.",
            )
        ]
        indexes = [
            models.Index(fields=["address", "created_at"], name="device_login_address"),
            models.Index(fields=["expires_at"], name="device_login_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.machine} {self.created_at:%Y-%m-%d %H:%M}"
