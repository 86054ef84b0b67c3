"""The ledger's months: open, sealed with closing balances, dropped. Only `metering.ledger` writes them."""

from django.db import models
from django.db.models import Q


class LedgerPeriod(models.Model):
    """One month of reservations: open, then sealed with closing balances, then dropped."""

    class State(models.TextChoices):
        OPEN = "open"
        SEALED = "sealed"
        DROPPED = "dropped"

    month = models.DateField(primary_key=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    sealed_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "sealed", "dropped"]),
                name="period_state",
                violation_error_message="A month is open, sealed or dropped.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.state}"


class ClosingBalance(models.Model):
    """What a sealed month's entries charged to one meter, so that its entries may be dropped."""

    month = models.DateField()
    meter_id = models.BigIntegerField()
    charged = models.BigIntegerField()

    class Meta:
        ordering = ["-month", "meter_id"]
        constraints = [models.UniqueConstraint(fields=["month", "meter_id"], name="closing_balance_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.meter_id}"
