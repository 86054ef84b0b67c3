"""Addresses outside that a tenant's events are sent to: webhooks of its own, of Slack and of Microsoft Teams."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.identity import Tenant
from metering.models.jobs import SEALED
from metering.models.tenancy import TenantQuerySet

NAME_LENGTH = 64
SHOWN_LENGTH = 200
REASON_LENGTH = 200


class WebhookEndpoint(models.Model):
    """One address. Without a tenant it is the gateway's operators'. The address may be a secret, so it is sealed."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, null=True, related_name="endpoints", help_text="Empty: operators'."
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=NAME_LENGTH)
    sealed_url = models.BinaryField(editable=False, help_text=SEALED)
    shown_url = models.CharField(
        max_length=SHOWN_LENGTH, editable=False, help_text="Without what may be secret."
    )
    events = ArrayField(models.CharField(max_length=40), help_text="Types of events; none: all.")
    sealed_secret = models.BinaryField(null=True, editable=False, help_text=SEALED)
    sealed_old_secret = models.BinaryField(null=True, editable=False, help_text=SEALED)
    old_secret_until = models.DateTimeField(
        null=True, editable=False, help_text="It signs as well until then."
    )
    is_active = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=REASON_LENGTH, blank=True, help_text="Why the gateway did.")
    failures = models.PositiveIntegerField(default=0, help_text="Since something was taken last.")
    failing_since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True, help_text="Nothing is sent before.")
    created_at = models.DateTimeField(default=now, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"],
                nulls_distinct=False,
                name="endpoint_name_once",
                violation_error_message="There is a channel of this name already.",
            ),
            models.CheckConstraint(
                condition=Q(kind="webhook", sealed_secret__isnull=False)
                | (Q(kind__in=["slack", "teams"]) & Q(sealed_secret__isnull=True)),
                name="endpoint_secret",
                violation_error_message="A webhook has a secret; Slack and Teams know theirs by the address.",
            ),
            models.CheckConstraint(
                condition=Q(sealed_old_secret__isnull=True, old_secret_until__isnull=True)
                | Q(sealed_old_secret__isnull=False, old_secret_until__isnull=False),
                name="endpoint_old_secret_until",
                violation_error_message="An old secret signs until some moment.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    def wants(self, event_type: str) -> bool:
        """Whether events of this type are sent there."""
        return not self.events or event_type in self.events

    def has_old_secret(self, at: datetime) -> bool:
        """Whether the secret before the last rotation still signs."""
        return self.old_secret_until is not None and self.old_secret_until > at
