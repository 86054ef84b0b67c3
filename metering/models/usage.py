"""What was used, as reports read it. Only `metering.ledger` writes it; no foreign keys, as in `ledger.py`."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from metering.models.policy import choices_of
from metering.models.tenancy import TenantQuerySet
from metering.types import Outcome


class UsageLog(models.Model):
    """One vendor attempt or API call: its token vector, cost and outcome. Partitioned by month (ranges of id)."""

    id = models.UUIDField(primary_key=True)
    reservation_id = models.UUIDField()
    attempt = models.SmallIntegerField()
    tenant_id = models.UUIDField()
    team_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    token_id = models.UUIDField(null=True)
    task = models.CharField(max_length=32)
    request_id = models.CharField(max_length=128)
    request_model = models.CharField(max_length=128)
    response_model = models.CharField(max_length=128)
    model_class = models.CharField(max_length=16)
    provider_name = models.CharField(max_length=64)
    input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    cache_write_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    api_calls = models.BigIntegerField()
    files = models.BigIntegerField()
    steps = models.BigIntegerField()
    cost_nano_usd = models.BigIntegerField()
    latency_ms = models.IntegerField()
    outcome = models.CharField(max_length=12, choices=choices_of(Outcome))
    estimated = models.BooleanField(help_text="Counted by us: the vendor reported no usage.")
    started_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    agent_id = models.CharField(max_length=128, null=True)
    microdao_id = models.CharField(max_length=128, null=True)
    channel_id = models.CharField(max_length=128, null=True)
    conversation_id = models.CharField(max_length=128, null=True)
    trace_id = models.CharField(max_length=128, null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant_id", "id"], name="usagelog_tenant_id"),
            BrinIndex(fields=["recorded_at"], name="usagelog_recorded"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class UsageRollup(models.Model):
    """Hourly sums of the usage log, recomputed from its rows."""

    hour = models.DateTimeField()
    tenant_id = models.UUIDField()
    team_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    token_id = models.UUIDField(null=True)
    task = models.CharField(max_length=32)
    request_model = models.CharField(max_length=128)
    provider_name = models.CharField(max_length=64)
    attempts = models.BigIntegerField()
    input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    cached_input_tokens = models.BigIntegerField()
    cache_write_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    cost_nano_usd = models.BigIntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-hour"]
        indexes = [models.Index(fields=["tenant_id", "hour"], name="rollup_tenant_hour")]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "hour",
                    "tenant_id",
                    "team_id",
                    "user_id",
                    "token_id",
                    "task",
                    "request_model",
                    "provider_name",
                ],
                nulls_distinct=False,
                name="rollup_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h {self.tenant_id}"
