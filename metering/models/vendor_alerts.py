"""What was noticed about vendors, for the gateway's operators."""

from django.db import models
from django.db.models import Q

from metering.ids import uuid7
from metering.models.people import User


class VendorAlert(models.Model):
    """A vendor did what it cannot have done. Operators are told, tenants are not: it is no tenant's alone.

    Invariant: one for each kind, vendor, model and day, however many calls there were.
    """

    class Kind(models.TextChoices):
        IMPOSSIBLE_USAGE = "impossible_usage"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=32, choices=Kind.choices, default=Kind.IMPOSSIBLE_USAGE)
    provider_name = models.CharField(max_length=64)
    model = models.CharField(
        max_length=128, blank=True, help_text="That answered. Empty: too many to tell apart."
    )
    day = models.DateField(help_text="In UTC.")
    reservation_id = models.UUIDField(help_text="Of the first call.")
    tenant_id = models.UUIDField(help_text="Of the first call.")
    reported = models.CharField(max_length=1000, blank=True, help_text="By the vendor, of the first call.")
    input_tokens = models.BigIntegerField(help_text="That the first call was charged instead.")
    output_tokens = models.BigIntegerField(help_text="That the first call was charged instead.")
    cost_nano_usd = models.BigIntegerField(help_text="That the first call was charged instead.")
    times_seen = models.BigIntegerField(help_text="Calls.")
    last_seen_at = models.DateTimeField(help_text="When the last of these calls was recorded.")
    raised_at = models.DateTimeField()
    addressed_at = models.DateTimeField(null=True, help_text="When its recipients were looked up.")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "provider_name", "model", "day"], name="vendor_alert_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="impossible_usage"),
                name="vendor_alert_kind",
                violation_error_message="There is no such kind of alert.",
            ),
            models.CheckConstraint(
                condition=Q(times_seen__gt=0),
                name="vendor_alert_seen",
                violation_error_message="An alert was seen at least once.",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_by__isnull=True) | Q(acknowledged_at__isnull=False),
                name="vendor_alert_acknowledged_when",
                violation_error_message="An alert that somebody acknowledged says when.",
            ),
        ]
        indexes = [
            models.Index(fields=["last_seen_at"], name="vendor_alert_last_seen"),
            models.Index(
                fields=["id"], condition=Q(addressed_at__isnull=True), name="vendor_alert_unaddressed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.provider_name} {self.model} on {self.day}"
