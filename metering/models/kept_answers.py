"""Answers that are kept for a while, so that a repeated request is not paid for twice."""

from django.db import models

from metering.models.tenancy import TenantQuerySet


class KeptAnswer(models.Model):
    """The sealed answer of a call that came with an Idempotency-Key. No foreign key: reservations are purged apart."""

    reservation_id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    content = models.BinaryField(help_text="Encrypted with FIELD_ENCRYPTION_KEYS.")
    expires_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-expires_at"]
        indexes = [models.Index(fields=["expires_at"], name="keptanswer_expires")]

    def __str__(self) -> str:
        return str(self.reservation_id)
