"""The credential that ties tenant, plan and holder together."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.identity import Team, Tenant
from metering.models.people import User
from metering.models.tenancy import TenantQuerySet


class TokenQuerySet(TenantQuerySet):
    """Tokens, of which only the live ones authenticate and keep their tenant on a plan."""

    def live(self, now: datetime | Now) -> Self:
        """Those that are neither revoked nor expired at `now`."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class ATIToken(models.Model):
    """The credential that ties tenant, plan and holder together. The secret is kept as a keyed hash only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="ati_tokens")
    plan_tier = models.ForeignKey(
        "metering.Plan",
        to_field="code",
        db_column="plan_tier",
        on_delete=models.PROTECT,
        related_name="ati_tokens",
    )
    name = models.CharField(max_length=200, blank=True)
    prefix = models.CharField(
        max_length=16, unique=True, editable=False, help_text="The visible part of the secret."
    )
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    previous_digest = models.BinaryField(max_length=32, null=True, editable=False)
    previous_valid_until = models.DateTimeField(null=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="ati_tokens")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="ati_tokens")
    allowed_tasks = ArrayField(
        models.CharField(max_length=32), default=list, blank=True, help_text="Empty: all."
    )
    allowed_models = ArrayField(
        models.CharField(max_length=128), default=list, blank=True, help_text="Empty: all."
    )
    allowed_networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, help_text="Empty: all."
    )
    given = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="What it was given, of that which its own administrators have narrowed since.",
    )
    signups_allowed = models.PositiveIntegerField(default=0)
    signups_used = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = "ATI token"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signups_used__lte=F("signups_allowed")),
                name="token_signups_bounded",
                violation_error_message="No fewer sign-ups can be allowed than were used.",
            ),
            models.CheckConstraint(
                condition=Q(previous_digest__isnull=True) | Q(previous_valid_until__isnull=False),
                name="token_previous_has_end",
                violation_error_message="The secret before the present one has an end.",
            ),
            models.UniqueConstraint(
                fields=["previous_digest"],
                condition=Q(previous_digest__isnull=False),
                name="token_previous_unique",
                violation_error_message="There is already a token with this earlier secret.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}".strip()

    def clean(self) -> None:
        if self.team and self.team.tenant_id != self.tenant_id:
            raise ValidationError({"team": "The team belongs to another tenant."})
        if self.user and self.user.tenant_id != self.tenant_id:
            raise ValidationError({"user": "The user belongs to another tenant."})
