"""What calls said, where a rule has it kept: apart from their usage, which outlives it."""

from django.db import models

from metering.models.tenancy import TenantQuerySet


class CallContent(models.Model):
    """The sealed request and answer of one call. No foreign key: reservations are purged apart."""

    class Mode(models.TextChoices):
        REDACTED = "redacted"
        FULL = "full"

    reservation_id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    mode = models.CharField(max_length=16, choices=Mode.choices)
    content = models.BinaryField(help_text="Encrypted with FIELD_ENCRYPTION_KEYS.")
    created_at = models.DateTimeField(help_text="When the call ended.")
    expires_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "call contents"
        indexes = [
            models.Index(fields=["expires_at"], name="callcontent_expires"),
            models.Index(fields=["tenant_id", "created_at"], name="callcontent_tenant"),
        ]

    def __str__(self) -> str:
        return str(self.reservation_id)
