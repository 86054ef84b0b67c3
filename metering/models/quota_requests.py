"""Requests for quota: a tenant asks for more of a budget, and an operator answers."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.identity import Tenant
from metering.models.overrides import BudgetOverride
from metering.models.people import User
from metering.models.policy import Budget
from metering.models.tenancy import TenantQuerySet
from metering.types import MAX_AMOUNT


class QuotaRequest(models.Model):
    """Somebody of a tenant asks for so much more of one counter of a budget.

    Invariant: one open request for each counter. An answer is given once.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        APPROVED = "approved", "approved"
        FOR_GOOD = "for_good", "approved for good"
        DENIED = "denied", "denied"
        WITHDRAWN = "withdrawn", "withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="quota_requests")
    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="quota_requests")
    subject_id = models.CharField(
        max_length=128, null=True, blank=True, help_text="Whose counter; null: everybody's of the tenant."
    )
    amount = models.BigIntegerField(help_text="How much more, in the ledger's units.")
    windows = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="For how many windows; null: until it is removed."
    )
    reason = models.CharField(max_length=500)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Who asks."
    )
    asked_by = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=now, editable=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=254, blank=True)
    answer = models.CharField(max_length=500, blank=True, help_text="A sentence to whoever asked.")
    granted = models.BigIntegerField(null=True, blank=True, help_text="What was approved.")
    override = models.OneToOneField(
        BudgetOverride, on_delete=models.SET_NULL, null=True, blank=True, related_name="quota_request"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=MAX_AMOUNT),
                name="quota_request_amount",
                violation_error_message="Ask for more than nothing, and for what the ledger can count.",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by="", granted__isnull=True)
                | Q(state__in=["approved", "for_good"], decided_at__isnull=False, granted__gt=0)
                | Q(state__in=["denied", "withdrawn"], decided_at__isnull=False, granted__isnull=True),
                name="quota_request_state",
                violation_error_message="An answered request says when, and one that was approved how much.",
            ),
            models.UniqueConstraint(
                fields=["tenant", "budget", "subject_id"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="quota_request_open_once",
                violation_error_message="There is an open request for this budget already.",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "id"], name="quota_request_tenant"),
            models.Index(fields=["id"], condition=Q(state="open"), name="quota_request_open"),
        ]

    def __str__(self) -> str:
        return f"request for quota {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it."""
        return self.state == self.State.OPEN
