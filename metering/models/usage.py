"""What was used, as reports read it. Only `metering.ledger` writes it; no foreign keys, as in `ledger.py`."""

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q

from metering.amounts import COLUMNS, Amounts
from metering.labels import LABELS, Labels
from metering.models.columns import amount_columns, label_columns
from metering.models.policy import choices_of
from metering.models.tenancy import TenantQuerySet
from metering.types import EstimateReason, Outcome

GATEWAYS_OWN_ID = "^[0-9a-f]{8}-[0-9a-f]{4}-7"
"""How the ids of requests begin that the gateway made: UUIDs of version 7, which tell their moment."""


class UsageLog(models.Model):
    """One vendor attempt or API call: its token vector, cost and outcome. Partitioned by month (ranges of id)."""

    id = models.UUIDField(primary_key=True)
    reservation_id = models.UUIDField()
    attempt = models.SmallIntegerField()
    tenant_id = models.UUIDField()
    locals().update(label_columns())
    response_model = models.CharField(max_length=128)
    locals().update(amount_columns(COLUMNS))
    cached_input_tokens = models.BigIntegerField()
    cache_write_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    latency_ms = models.IntegerField()
    outcome = models.CharField(max_length=12, choices=choices_of(Outcome))
    estimated = models.BooleanField(help_text="The figures are not simply those that the vendor reported.")
    started_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    partly_priced = models.BooleanField(
        db_default=False, help_text="The vendor charges for something that our price does not know."
    )
    own_key = models.BooleanField(
        db_default=False, help_text="It went out with the tenant's own key, whom the vendor bills."
    )
    service_tier = models.CharField(
        max_length=32, db_default="", blank=True, help_text="As the vendor says that it served."
    )
    estimate_reason = models.CharField(
        max_length=16,
        db_default="",
        blank=True,
        choices=choices_of(EstimateReason),
        help_text="Why it is estimated.",
    )
    reported = models.CharField(
        max_length=1000,
        db_default="",
        blank=True,
        help_text="What the vendor reported, where it was not believed.",
    )

    cache_write_1h_tokens = models.BigIntegerField(
        db_default=0, help_text="Of those written: living an hour."
    )
    cache_write_12h_tokens = models.BigIntegerField(
        db_default=0, help_text="Of those written: living longer."
    )
    list_cost_nano_usd = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The cost before a markup; empty: there was none. Of an answer from the cache what it saved.",
    )
    vendor_cost_nano_usd = models.BigIntegerField(
        null=True, blank=True, help_text="What the vendor itself said that it cost."
    )
    fee_units = models.CharField(
        max_length=200,
        db_default="",
        blank=True,
        help_text="What was served that has fees, as JSON: pictures, and calls of the vendor's tools.",
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(estimate_reason="")
                | Q(
                    estimate_reason__in=[reason.value for reason in EstimateReason if reason], estimated=True
                ),
                name="usagelog_estimate_reason",
                violation_error_message="A known reason why figures were estimated marks the attempt as estimated.",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "id"], name="usagelog_tenant_id"),
            # A meter that opens late looks for the past of one of these (metering/ledger/past.py); reports do too.
            *[
                models.Index(
                    fields=["tenant_id", column, "id"],
                    condition=Q(**{f"{column}__isnull": False}),
                    name=f"usagelog_{column}",
                )
                for column in ("team_id", "user_id", "agent_id")
            ],
            # Rows without tags are not in it, so that a query has to say that there are some.
            GinIndex(fields=["tags"], condition=~Q(tags=[]), name="usagelog_tags"),
            models.Index(  # of bare tokens, which count as users
                fields=["tenant_id", "token_id", "id"],
                condition=Q(user_id__isnull=True, token_id__isnull=False),
                name="usagelog_bare_token",
            ),
            # Calls are looked for by these (metering/activity/search.py). An id that the gateway made tells its moment.
            models.Index(
                fields=["conversation_id", "tenant_id", "id"],
                condition=Q(conversation_id__isnull=False),
                name="usagelog_conversation",
            ),
            models.Index(fields=["trace_id"], condition=Q(trace_id__isnull=False), name="usagelog_trace"),
            models.Index(
                fields=["request_id"],
                condition=~Q(request_id__regex=GATEWAYS_OWN_ID),
                name="usagelog_callers_request",
            ),
            BrinIndex(fields=["recorded_at"], name="usagelog_recorded"),
            # Operators are told of what is impossible; there is hardly ever any.
            models.Index(
                fields=["recorded_at"],
                condition=Q(estimate_reason=EstimateReason.IMPOSSIBLE.value),
                name="usagelog_impossible",
            ),
        ]

    @property
    def amounts(self) -> Amounts:
        """What it used."""
        return Amounts(**{name: getattr(self, name) for name in COLUMNS})

    @property
    def labels(self) -> Labels:
        """Who and what its call belongs to, and who served it."""
        return Labels(**{name: getattr(self, name) for name in LABELS})

    def __str__(self) -> str:
        return str(self.id)
