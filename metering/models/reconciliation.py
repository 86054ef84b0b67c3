"""What vendors say of a day beside what the ledger has of it."""

from django.db import models


class ReconciledDay(models.Model):
    """The last comparison of one provider's day and model. Amounts are before markups, `metered` before corrections."""

    MODEL_LENGTH = 200

    id = models.BigAutoField(primary_key=True)
    provider_name = models.CharField(max_length=64)
    day = models.DateField(help_text="The vendor's day.")
    model = models.CharField(
        max_length=MODEL_LENGTH, blank=True, help_text="As the vendor calls it; empty: all."
    )
    is_known = models.BooleanField(help_text="The catalog or the ledger knows the model.")
    vendor_nano_usd = models.BigIntegerField()
    has_cost = models.BooleanField(help_text="The vendor told a cost; else its tokens at our prices.")
    metered_nano_usd = models.BigIntegerField()
    own_difference_nano_usd = models.BigIntegerField(
        help_text="The vendor's less ours, but for calls that are not the gateway's or of another day."
    )
    booked_nano_usd = models.BigIntegerField()
    vendor_requests = models.BigIntegerField(null=True)
    metered_requests = models.BigIntegerField()
    vendor_input_tokens = models.BigIntegerField(null=True)
    vendor_output_tokens = models.BigIntegerField(null=True)
    metered_input_tokens = models.BigIntegerField()
    metered_output_tokens = models.BigIntegerField()
    causes = models.JSONField(default=dict, help_text="Nano-USD by cause.")
    compared_at = models.DateTimeField()

    class Meta:
        ordering = ["-day", "provider_name", "model"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider_name", "day", "model"],
                name="reconciled_day_once",
                violation_error_message="The day has been compared already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider_name} {self.day} {self.model}"
