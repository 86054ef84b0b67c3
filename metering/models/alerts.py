"""What the ledger noticed about limits."""

from django.db import models
from django.db.models import Q

from metering.models.people import User
from metering.models.policy import choices_of
from metering.models.tenancy import TenantQuerySet
from metering.types import AlertLevel, Dimension, EventType, SubjectType, Window

QUOTA_TYPES = {
    AlertLevel.WARNING: EventType.QUOTA_WARNING,
    AlertLevel.CRITICAL: EventType.QUOTA_CRITICAL,
    AlertLevel.EXCEEDED: EventType.QUOTA_EXCEEDED,
}


class QuotaAlert(models.Model):
    """A meter reached a threshold of its limit. Only `metering.ledger` makes one, in the transaction that did it.

    Invariant: one for each meter, limit and threshold; where calls at once are counted, one for each `episode`. Like
    the ledger's tables it has no foreign key, so that nothing else is ever locked with a meter.
    """

    id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField(null=True, help_text="Empty: the meter is shared by all tenants.")
    meter_id = models.BigIntegerField()
    budget_id = models.UUIDField(help_text="Of the budget, or of the rule max_concurrent.")
    subject_type = models.CharField(max_length=12, choices=choices_of(SubjectType))
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

    @property
    def type(self) -> EventType:
        """Of calls at once there is one level."""
        if self.dimension == Dimension.CONCURRENCY:
            return EventType.CONCURRENCY_LIMIT
        return QUOTA_TYPES[self.level]
