"""Meters, reservations and entries. Only `metering.ledger` writes them; no foreign keys, so nothing else is locked.

Invariants, each proved by `verify_ledger`: a meter's `used` is the sum of its entries' charges, its
`held` the sum of the active holds on it; a reservation that ended has exactly one terminal entry,
and its entries are the sum of its attempts.
"""

from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from metering.amounts import AMOUNTS, COLUMNS, Amounts
from metering.labels import LABELS, Labels
from metering.models.columns import amount_columns, label_columns
from metering.models.policy import choices_of
from metering.models.tenancy import TenantQuerySet
from metering.types import Dimension, EntryKind, ReservationState, SubjectType, Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
METER_KEY = ("subject_type", "subject_id", "dimension", "window", "task", "model_class", "tenant_id")


def _members(vocabulary: type) -> list[tuple[int, str]]:
    return [(member.value, member.name) for member in vocabulary]  # type: ignore[attr-defined]


class UsageMeter(models.Model):
    """One counter: what one subject used of one dimension in one window, whatever limits stand on it.

    Cost is nano-USD.
    """

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField(null=True, help_text="Empty: shared by all tenants.")
    subject_type = models.CharField(max_length=12, choices=choices_of(SubjectType))
    subject_id = models.CharField(
        max_length=128, blank=True, help_text="Empty for a team, user or token: calls that have none."
    )
    dimension = models.CharField(max_length=16, choices=choices_of(Dimension))
    window = models.CharField(max_length=8, choices=choices_of(Window))
    task = models.CharField(max_length=32, db_default="", blank=True, help_text="Empty: of every task.")
    model_class = models.CharField(
        max_length=16, db_default="", blank=True, help_text="Empty: of all models."
    )
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
    counted_at = models.DateTimeField(
        db_default=EPOCH, help_text="Whatever was used in the window before then is counted."
    )
    opened_late = models.BooleanField(
        db_default=False, help_text="It began with what the usage log showed of its window."
    )
    retired = models.BooleanField(
        db_default=False, help_text="Another meter counts in its place; kept for its entries."
    )
    alert_at = models.BigIntegerField(
        db_default=2**63 - 1, help_text="From this much on (used, of calls at once held) an alert is due."
    )
    watching = models.BigIntegerField(
        db_default=0, help_text="Fingerprint of the limits and thresholds that the last reserve brought."
    )
    rearms_at = models.DateTimeField(null=True, help_text="When the first cool-down of its alerts ends.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-window_start", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=[*METER_KEY, "window_start"],
                nulls_distinct=False,
                condition=Q(retired=False),
                name="meter_natural_key",
                violation_error_message="There is a meter for this window already.",
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
    locals().update(amount_columns(COLUMNS, help_text="The bound, as held."))
    locals().update(label_columns())
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
            # Those that were never sent leave nothing else that a list of calls could show.
            models.Index(fields=["tenant_id", "id"], condition=Q(state=2), name="reservation_released"),
        ]

    @property
    def bound(self) -> Amounts:
        """The most that the call can use, as held."""
        return Amounts(**{name: getattr(self, name) for name in COLUMNS})

    @property
    def labels(self) -> Labels:
        """Who and what the call belongs to."""
        own: dict[str, Any] = {name: getattr(self, name) for name in LABELS}
        return Labels(**own | {name: tuple(own[name]) for name, label in LABELS.items() if label.is_list})

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
    locals().update(amount_columns(AMOUNTS))
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
            # Rollups look for those that were made lately.
            models.Index(
                fields=["recorded_at"], condition=Q(kind=EntryKind.ADJUST), name="entry_corrected_at"
            ),
            # Exports follow them in this order.
            BrinIndex(fields=["recorded_at"], autosummarize=True, name="entry_recorded"),
        ]

    @property
    def amounts(self) -> Amounts:
        """What it charged, or changed, of each dimension."""
        return Amounts(**{name: getattr(self, name) for name in AMOUNTS})

    def __str__(self) -> str:
        return f"{EntryKind(self.kind).name} {self.reservation_id}"
