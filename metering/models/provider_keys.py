"""Vendors' keys that are kept in the database."""

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.catalog import Provider
from metering.models.identity import Tenant
from metering.models.jobs import SEALED
from metering.models.tenancy import TenantQuerySet

LABEL_LENGTH = 64


class ProviderKey(models.Model):
    """A key of a vendor. Without a tenant it is the gateway's; a tenant's own serves that tenant's calls alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="keys")
    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.CASCADE,
        related_name="provider_keys",
        null=True,
        blank=True,
        help_text="Whose own key it is. Empty: the gateway's.",
    )
    label = models.CharField(
        max_length=LABEL_LENGTH, default="default", help_text="Tells keys of one owner apart."
    )
    sealed = models.BinaryField(editable=False, help_text=SEALED)
    last4 = models.CharField(max_length=4, blank=True, editable=False, help_text="How the key ends.")
    created_at = models.DateTimeField(default=now, editable=False)
    changed_at = models.DateTimeField(default=now, editable=False, help_text="When the key was set last.")
    is_active = models.BooleanField(default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["provider_id", "label", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "tenant", "label"],
                nulls_distinct=False,
                name="provider_key_once",
                violation_error_message="There is a key of this label already; set that one anew.",
            ),
            models.CheckConstraint(
                condition=~Q(label=""),
                name="provider_key_label",
                violation_error_message="A key has a label.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.label}"
