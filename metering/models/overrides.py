"""Overrides: so much more of a budget, for a while or until they are removed."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.identity import Tenant
from metering.models.policy import Budget
from metering.models.tenancy import TenantQuerySet
from metering.types import MAX_AMOUNT


class OverrideQuerySet(TenantQuerySet):
    """Overrides by what they are."""

    def in_force(self, moment: object) -> "OverrideQuerySet":
        """Those that raise the windows that are open at the moment."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment), removed_at=None)

    def in_force_at(self, moment: datetime) -> "OverrideQuerySet":
        """Those that raised the windows that were open at a moment of the past, also if they were removed since."""
        is_running = Q(ends_at=None) | Q(ends_at__gt=moment)
        is_standing = Q(removed_at=None) | Q(removed_at__gt=moment)
        return self.filter(is_running & is_standing, created_at__lte=moment)


class BudgetOverride(models.Model):
    """A raise of one budget, beside its amount: of one of its counters, or of all that it has in a tenant.

    It begins with the window in which it is made. Cost is nano-USD, everything else a count.
    """

    class Kind(models.TextChoices):
        OVERRIDE = "override", "override"
        TOP_UP = "top_up", "top-up"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.OVERRIDE)
    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="overrides")
    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="budget_overrides",
        help_text="Empty: tenants share what the budget counts.",
    )
    subject_id = models.CharField(
        max_length=128,
        null=True,
        blank=True,
        help_text="Whose counter is raised; null: everybody's of the tenant.",
    )
    amount = models.BigIntegerField(help_text="What is added, in the ledger's units.")
    windows = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The present one, and those that follow; null: until it is removed."
    )
    starts_at = models.DateTimeField(help_text="When the window began in which it was made.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="When its last window ends.")
    reason = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=64, blank=True, help_text="Of a top-up: the invoice or payment.")
    made_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.CharField(max_length=254, blank=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=MAX_AMOUNT),
                name="override_amount_range",
                violation_error_message="An override adds more than nothing, and what the ledger can count.",
            ),
            models.CheckConstraint(
                condition=Q(windows__isnull=True, ends_at__isnull=True)
                | Q(windows__gt=0, ends_at__isnull=False, ends_at__gt=models.F("starts_at")),
                name="override_end",
                violation_error_message="An override for some windows has an end, any other has none.",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by="") | Q(removed_at__isnull=False),
                name="override_removed_when",
                violation_error_message="An override that somebody removed says when.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="top_up") | (Q(windows__isnull=True) & ~Q(reference="")),
                name="top_up_has_reference",
                violation_error_message="A top-up has a reference and no end.",
            ),
            models.UniqueConstraint(
                fields=["budget", "tenant", "reference"],
                condition=Q(kind="top_up", removed_at=None),
                nulls_distinct=False,
                name="top_up_once",
                violation_error_message="There is a top-up with this reference.",
            ),
        ]
        indexes = [
            models.Index(fields=["budget", "tenant"], condition=Q(removed_at=None), name="override_standing"),
            models.Index(fields=["tenant", "id"], name="override_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.budget_id}"
