"""What people are told besides alerts about limits and vendors: one table for every kind."""

from django.db import models
from django.db.models import Q

from metering.ids import uuid7
from metering.models.identity import Tenant
from metering.models.people import User
from metering.models.policy import choices_of
from metering.models.tenancy import TenantQuerySet
from metering.types import Audience


class Notice(models.Model):
    """Something that happened and that somebody is to know: `metering.alerts.raise_notice` writes it.

    Invariant: one for each `dedupe_key`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        help_text="Empty: the operator's.",
    )
    type = models.CharField(max_length=40, help_text="Of metering.types.EventType.")
    audience = models.CharField(max_length=16, choices=choices_of(Audience))
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="notices", help_text="Of the audience person."
    )
    subject = models.CharField(max_length=200)
    text = models.CharField(max_length=2000)
    data = models.JSONField(default=dict, help_text="What programs are told: small, with stable names.")
    path = models.CharField(max_length=500, blank=True, help_text="Of the console's page that it leads to.")
    dedupe_key = models.CharField(max_length=200, null=True, unique=True)
    created_at = models.DateTimeField()
    addressed_at = models.DateTimeField(null=True, help_text="When its recipients were looked up.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="person", user__isnull=False)
                | Q(audience="tenant_admins", user__isnull=True, tenant__isnull=False)
                | Q(audience="super_admins", user__isnull=True),
                name="notice_for_somebody",
                violation_error_message="A notice is for one person, a tenant's administrators or super admins.",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "id"], name="notice_tenant_id"),
            models.Index(fields=["id"], condition=Q(addressed_at__isnull=True), name="notice_unaddressed"),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.subject}"
