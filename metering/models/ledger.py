"""Meters, reservations and entries. Only `metering.ledger` writes them; no foreign keys, so nothing else is locked.

Invariants, each proved by `verify_ledger`: a meter's `used` is the sum of its entries' charges, its
`held` the sum of the active holds on it; a reservation that ended has exactly one terminal entry,
and its entries are the sum of its attempts.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from metering.models.policy import choices_of
from metering.models.tenancy import TenantQuerySet
from metering.types import Dimension, EntryKind, ReservationState, SubjectType, Window


def _members(vocabulary: type) -> list[tuple[int, str]]:
    return [(member.value, member.name) for member in vocabulary]  # type: ignore[attr-defined]


class UsageMeter(models.Model):
    """One counter: what one subject used of one budget in one window. Cost is nano-USD."""

    id = models.BigAutoField(primary_key=True)
    budget_id = models.UUIDField()
    tenant_id = models.UUIDField(null=True, help_text="Empty: shared by all tenants.")
    subject_type = models.CharField(max_length=10, choices=choices_of(SubjectType))
    subject_id = models.CharField(max_length=128)
    dimension = models.CharField(max_length=16, choices=choices_of(Dimension))
    window = models.CharField(max_length=8, choices=choices_of(Window))
    window_start = models.DateTimeField()
    window_end = models.DateTimeField(null=True, help_text="Empty: never resets.")
    timezone = models.CharField(max_length=64)
    week_start = models.PositiveSmallIntegerField()
    used = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    overrun = models.BigIntegerField(default=0, help_text="Charged beyond its hold.")
    unenforced = models.BigIntegerField(
        default=0, help_text="Admitted past the limit by observe, warn or soft."
    )
    uncovered = models.BigIntegerField(default=0, help_text="Spent while PostgreSQL was away.")
    highest_limit = models.BigIntegerField(default=0)
    alert_at = models.BigIntegerField(
        db_default=2**63 - 1, help_text="From this much on (used, of calls at once held) an alert is due."
    )
    watched_limit = models.BigIntegerField(
        db_default=0, help_text="The limit that the last reserve brought; alerts are measured by it."
    )
    thresholds = models.CharField(
        max_length=64, db_default="", blank=True, help_text="Percentages of it that are to be told."
    )
    alerted = models.CharField(max_length=64, db_default="", blank=True, help_text="Those that were told.")
    rearms_at = models.DateTimeField(null=True, help_text="Calls at once: no further alert before this.")
    episodes = models.IntegerField(db_default=0, help_text="Calls at once: how many alerts there were.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-window_start", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget_id", "subject_type", "subject_id", "tenant_id", "window_start"],
                nulls_distinct=False,
                name="meter_natural_key",
            ),
            models.CheckConstraint(
                condition=Q(used__gte=0, held__gte=0, overrun__gte=0, unenforced__gte=0, uncovered__gte=0),
                name="meter_not_negative",
                violation_error_message="No figure of a meter is negative.",
            ),
            models.CheckConstraint(
                condition=Q(window_end__isnull=True) | Q(window_end__gt=models.F("window_start")),
                name="meter_window",
                violation_error_message="The window of a meter ends after it begins.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id} {self.dimension}/{self.window}"


class UsageReservation(models.Model):
    """A hold on several meters under one id, with a lease, and how it ended.

    The four arrays run in parallel, one place for each meter.
    """

    id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    state = models.SmallIntegerField(choices=_members(ReservationState))
    version = models.IntegerField(default=1, help_text="Grows with every enlarged hold.")
    provisional = models.BooleanField(default=False, help_text="Expired; the true usage is not known yet.")
    created_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    body_digest = models.BigIntegerField(help_text="Of the reserve command, to know it again.")
    end_digest = models.BigIntegerField(null=True, help_text="Of the settle command, to know it again.")
    meter_ids = ArrayField(models.BigIntegerField())
    amounts = ArrayField(models.BigIntegerField())
    unenforced = ArrayField(models.BigIntegerField())
    flags = ArrayField(models.SmallIntegerField(), help_text="1: charge nothing on expiry.")
    input_tokens = models.BigIntegerField(default=0, help_text="The bound, as held.")
    output_tokens = models.BigIntegerField(default=0, help_text="The bound, as held.")
    cost_nano_usd = models.BigIntegerField(default=0, help_text="The bound, as held.")
    api_calls = models.BigIntegerField(default=0)
    files = models.BigIntegerField(default=0)
    steps = models.BigIntegerField(default=0)
    team_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    token_id = models.UUIDField(null=True)
    task = models.CharField(max_length=32)
    request_id = models.CharField(max_length=128)
    request_model = models.CharField(max_length=128)
    model_class = models.CharField(max_length=16)
    provider_name = models.CharField(max_length=64)
    agent_id = models.CharField(max_length=128, null=True)
    microdao_id = models.CharField(max_length=128, null=True)
    channel_id = models.CharField(max_length=128, null=True)
    conversation_id = models.CharField(max_length=128, null=True)
    trace_id = models.CharField(max_length=128, null=True)
    idempotency_key = models.CharField(max_length=255, null=True)
    idempotency_digest = models.BigIntegerField(null=True, help_text="Of the caller's request body.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="reservation_idempotency_key",
                violation_error_message="The tenant has used this idempotency key already.",
            ),
            models.CheckConstraint(
                condition=Q(state__gte=0, state__lte=3),
                name="reservation_state",
                violation_error_message="A reservation is held, settled, released or expired.",
            ),
            models.CheckConstraint(
                condition=Q(provisional=False) | Q(state=3),
                name="reservation_provisional",
                violation_error_message="Only a reservation that has expired is provisional.",
            ),
        ]
        indexes = [
            models.Index(fields=["lease_expires_at"], condition=Q(state=0), name="reservation_held"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class LedgerEntry(models.Model):
    """What one ending, true-up or correction charged, meter by meter. Signed; never edited. Partitioned as UsageLog."""

    id = models.UUIDField(primary_key=True)
    reservation_id = models.UUIDField()
    tenant_id = models.UUIDField()
    kind = models.SmallIntegerField(choices=_members(EntryKind))
    recorded_at = models.DateTimeField()
    meter_ids = ArrayField(models.BigIntegerField())
    charges = ArrayField(models.BigIntegerField())
    requests = models.BigIntegerField()
    input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    cost_nano_usd = models.BigIntegerField()
    api_calls = models.BigIntegerField()
    files = models.BigIntegerField()
    steps = models.BigIntegerField()
    reason = models.CharField(max_length=500, null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "ledger entries"
        indexes = [
            # Reports look for corrections, which are few among very many.
            models.Index(
                fields=["tenant_id", "id"], condition=Q(kind=EntryKind.ADJUST), name="entry_correction"
            ),
        ]

    def __str__(self) -> str:
        return f"{EntryKind(self.kind).name} {self.reservation_id}"
