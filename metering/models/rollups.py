"""Usage added up beforehand. Only `metering.rollups` writes these tables, and they can be made again at any time."""

from django.db import models

from metering.amounts import COLUMNS, TOKEN_PARTS
from metering.models.columns import amount_columns, label_columns
from metering.models.tenancy import TenantQuerySet

LABELS = ("agent_id", "microdao_id", "channel_id", "tags", "conversation_id")
PEOPLE = ("team_id", "user_id", "token_id")
AMOUNTS = tuple(name for name in (*COLUMNS, *TOKEN_PARTS) if name != "steps")
"""What reports show (`COUNTED` of metering/usage/lines.py), and the cost."""
SHARED = ("task", "request_model", "model_class", "provider_name")


class UsageRollup(models.Model):
    """The sums of one unit for one of the things that its level tells apart; what it does not is empty."""

    id = models.BigAutoField(primary_key=True)
    zone = models.CharField(max_length=64, blank=True, help_text="Of the day; empty: a quarter of an hour.")
    level = models.SmallIntegerField(help_text="How much is told apart (metering/rollups/levels.py).")
    starts_at = models.DateTimeField()
    tenant_id = models.UUIDField()
    locals().update({name: label_columns()[name] for name in (*SHARED, *PEOPLE, *LABELS)})
    locals().update(amount_columns(("requests", "model_requests", "provider_requests", "pair_requests")))
    locals().update(amount_columns(("attempts", "corrections", "answered", "failed", "cached")))
    locals().update(amount_columns(("estimated", "provisional", "partly_priced", "own_key")))
    locals().update(amount_columns(("saved_nano_usd", *AMOUNTS)))
    estimated_nano_usd = models.BigIntegerField(
        db_default=0, help_text="Of the cost, that of attempts whose figures are not simply the vendor's."
    )
    latencies = models.DecimalField(
        max_digits=600,
        decimal_places=0,
        default=0,
        help_text="Counts by bucket (metering/rollups/latencies.py).",
    )
    alone = models.BooleanField(
        db_default=False,
        help_text="Of conversations: this unit has all of it (metering/rollups/alone.py).",
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        indexes = [
            models.Index(fields=["zone", "level", "starts_at"], name="rollup_unit"),
            models.Index(fields=["tenant_id", "zone", "level", "starts_at"], name="rollup_tenant_unit"),
            models.Index(
                fields=["conversation_id", "starts_at"],
                condition=models.Q(conversation_id__isnull=False),
                name="rollup_conversation",
            ),
            models.Index(
                fields=["zone", "starts_at", "alone", "-cost_nano_usd"],
                condition=models.Q(level=6),
                name="rollup_largest",
            ),
            models.Index(
                fields=["tenant_id", "zone", "starts_at", "alone", "-cost_nano_usd"],
                condition=models.Q(level=6),
                name="rollup_tenant_largest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.tenant_id}"


class RolledUnit(models.Model):
    """A unit whose rollups are good: a quarter of an hour, or a day of a zone."""

    id = models.BigAutoField(primary_key=True)
    zone = models.CharField(max_length=64, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["zone", "starts_at"]
        constraints = [models.UniqueConstraint(fields=["zone", "starts_at"], name="rolled_unit_once")]

    def __str__(self) -> str:
        return f"{self.zone} {self.starts_at:%Y-%m-%d %H:%M}"


class RolledZone(models.Model):
    """In which zone a tenant's days are added up."""

    tenant_id = models.UUIDField(primary_key=True)
    zone = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.zone}"


class RollupProgress(models.Model):
    """One row: until when what was recorded has been looked at."""

    id = models.SmallIntegerField(primary_key=True)
    seen_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1),
                name="rollup_progress_once",
                violation_error_message="There is one row of progress.",
            )
        ]

    def __str__(self) -> str:
        return str(self.seen_until)
