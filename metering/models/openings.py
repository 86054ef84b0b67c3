"""What stands beside a meter: what it took over, that it is to be counted again, and what is told of its limits.

Like the meters they have no foreign keys, and only `metering.ledger` writes them.
"""

from django.db import models


class OpeningEntry(models.Model):
    """What a meter took over from the usage log: calls of its window that were made before they were counted on it.

    Signed; never edited. Their sum is what the log shows, or showed before its months were dropped, of the calls that
    are not on the meter.
    """

    id = models.BigAutoField(primary_key=True)
    meter_id = models.BigIntegerField()
    amount = models.BigIntegerField()
    past_limit = models.BigIntegerField(help_text="How much of it went past the limits of the meter.")
    of_dropped = models.BooleanField(db_default=False, help_text="Of months whose rows are gone.")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "opening entries"
        indexes = [models.Index(fields=["meter_id"], name="opening_meter")]

    def __str__(self) -> str:
        return f"{self.meter_id}: {self.amount}"


class MeterRecount(models.Model):
    """A meter whose opening has to be counted again: for calls of processes that had not heard of its limit, or for a
    correction of a call that is not on it."""

    id = models.BigAutoField(primary_key=True)
    meter_id = models.BigIntegerField()
    due_at = models.DateTimeField()

    class Meta:
        ordering = ["due_at"]
        indexes = [models.Index(fields=["due_at"], name="recount_due")]

    def __str__(self) -> str:
        return f"{self.meter_id} at {self.due_at}"


class LimitWatch(models.Model):
    """What is told, and was told, of one limit on one meter (metering/ledger/engine/alert.py)."""

    id = models.BigAutoField(primary_key=True)
    meter_id = models.BigIntegerField()
    budget_id = models.UUIDField(help_text="Of the budget, or of the rule max_concurrent.")
    limit = models.BigIntegerField(help_text="That the last reserve brought; alerts are measured by it.")
    thresholds = models.CharField(
        max_length=64, blank=True, help_text="Percentages of it that are to be told."
    )
    alerted = models.CharField(max_length=64, blank=True, help_text="Those that were told.")
    rearms_at = models.DateTimeField(null=True, help_text="No further alert before this.")
    episodes = models.IntegerField(help_text="How often it was told anew.")

    class Meta:
        ordering = ["meter_id", "budget_id"]
        verbose_name_plural = "limit watches"
        constraints = [models.UniqueConstraint(fields=["meter_id", "budget_id"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.meter_id} {self.budget_id}"
