"""Customers: tenants and their teams."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.columns import markup_constraint, markup_field
from metering.models.names import check_name
from metering.models.tenancy import TenantQuerySet
from metering.time_zones import zone_problem
from metering.types import EnforcementMode


def validate_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone."""
    if problem := zone_problem(name):
        raise ValidationError(f"{problem}.")


class Tenant(models.Model):
    """A customer organisation. Its plan is named by its ATI tokens, not by a column here."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    week_start = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(6)], help_text="0 is Monday, 6 is Sunday."
    )
    enforcement_mode = models.CharField(
        max_length=8, choices=[(m.value, m.value) for m in EnforcementMode], default=EnforcementMode.ENFORCE
    )
    markup_percent = markup_field("What its calls cost above the vendors' prices; below zero: less.")
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["ACTIVE", "SUSPENDED", "CLOSED"]),
                name="tenant_status",
                violation_error_message="A tenant is ACTIVE, SUSPENDED or CLOSED.",
            ),
            models.CheckConstraint(
                condition=Q(week_start__lte=6),
                name="tenant_week_start",
                violation_error_message="The week starts on a day from 0 (Monday) to 6 (Sunday).",
            ),
            models.CheckConstraint(
                condition=Q(enforcement_mode__in=["observe", "warn", "enforce"]),
                name="tenant_enforcement_mode",
                violation_error_message="The enforcement mode is observe, warn or enforce.",
            ),
            markup_constraint("tenant_markup"),
        ]

    def __str__(self) -> str:
        return self.slug

    def clean(self) -> None:
        check_name(self, "slug")


class Team(models.Model):
    """A group of users inside one tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="teams")
    slug = models.SlugField(max_length=63)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["tenant", "slug"]
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="team_slug_per_tenant")]

    def __str__(self) -> str:
        return self.slug

    def clean(self) -> None:
        check_name(self, "slug", within="tenant_id")
