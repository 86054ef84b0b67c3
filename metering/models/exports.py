"""How far usage has been exported to billing systems."""

from django.db import models
from django.db.models import Q


class ExportPosition(models.Model):
    """The last entry of the ledger that a billing system has, in the order of (recorded_at, entry_id).

    `pending_*` is the last entry of the rows that are on their way: written down before they are sent, so that a
    process that takes over sends the same rows again, but for the first `pending_taken`.
    """

    target = models.CharField(max_length=16, primary_key=True)
    recorded_at = models.DateTimeField(help_text="What was recorded until then is exported.")
    entry_id = models.UUIDField()
    batches = models.BigIntegerField(default=0, help_text="How many were taken.")
    pending_recorded_at = models.DateTimeField(null=True)
    pending_entry_id = models.UUIDField(null=True)
    pending_taken = models.IntegerField(default=0, help_text="How many of their rows are dealt with.")
    pending_since = models.DateTimeField(
        null=True, help_text="When what follows these was first sent; empty: it surely did not arrive."
    )
    rows = models.BigIntegerField(default=0)
    sent_nano_usd = models.BigIntegerField(default=0)
    left_out_rows = models.BigIntegerField(
        default=0,
        help_text="Which the target does not take: of a tenant that it does not know, or of no cost.",
    )
    left_out_nano_usd = models.BigIntegerField(default=0)
    begun_at = models.DateTimeField()
    exported_at = models.DateTimeField(null=True, help_text="When rows were last taken.")
    failures = models.IntegerField(default=0, help_text="In a row.")
    last_error = models.CharField(max_length=500, blank=True)
    retry_at = models.DateTimeField(null=True, help_text="Not before then, after a failure.")

    class Meta:
        ordering = ["target"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    pending_recorded_at=None, pending_entry_id=None, pending_since=None, pending_taken=0
                )
                | Q(pending_recorded_at__isnull=False, pending_entry_id__isnull=False),
                name="export_pending_whole",
                violation_error_message="What is on its way has a last entry.",
            ),
        ]

    def __str__(self) -> str:
        return self.target
