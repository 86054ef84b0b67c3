"""Who changed what, and who was denied what."""

from django.db import models
from django.utils.timezone import now

from metering.ids import uuid7


class AuditEvent(models.Model):
    """One change or one denial. Read-only history: rows are never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(default=now)
    action = models.CharField(max_length=64, help_text="A dotted event, such as token.issued.")
    actor = models.CharField(
        max_length=254, help_text="A user's e-mail address, or the command or system part."
    )
    tenant_id = models.UUIDField(null=True)
    object_type = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=128, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["tenant_id", "at"], name="audit_tenant_at"),
            models.Index(fields=["at", "id"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_id}"
