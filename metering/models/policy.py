"""What is allowed, and how much: rules and budgets."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from metering.ids import uuid7
from metering.models.catalog import ModelClass
from metering.models.identity import Tenant
from metering.models.plans import Task
from metering.thresholds import DEFAULT_THRESHOLDS, VALID_THRESHOLDS, are_valid
from metering.types import (
    MAX_AMOUNT,
    TENANT_SCOPES,
    Dimension,
    EnforcementMode,
    ExpiryCharge,
    Scope,
    Setter,
    SubjectType,
    Window,
)

FITS_SCOPE = (
    Q(scope="global", tenant__isnull=True, scope_id="")
    | (Q(scope__in=["plan", "provider"], tenant__isnull=True) & ~Q(scope_id=""))
    | Q(scope="tenant", tenant__isnull=False, scope_id="")
    | (
        Q(scope__in=["team", "user", "token", "agent", "tag", "conversation"], tenant__isnull=False)
        & ~Q(scope_id="")
    )
)
FITS_SCOPE_SENTENCE = (
    "Tenant and id do not fit the scope: the gateway has neither, a plan and a provider have an id, a tenant has no "
    "id, and a team, user, token, agent, tag or conversation has both."
)
TENANTS_OWN = ~Q(set_by="tenant") | ~Q(scope__in=["global", "provider", "plan", "tenant"])
TENANTS_OWN_SENTENCE = "A tenant sets limits for its own teams, people, tokens and the like, for nobody else."
SET_BY_HELP = "Only they change it: what an operator sets is not the tenant's to lift."


def choices_of(vocabulary: type) -> list[tuple[str, str]]:
    """Django choices of a StrEnum."""
    return [(member.value, member.value) for member in vocabulary]  # type: ignore[attr-defined]


def default_thresholds() -> list[int]:
    return list(DEFAULT_THRESHOLDS)


class PolicyRule(models.Model):
    """One typed setting for one scope.

    `scope_id` is the plan's code, the team's, user's, token's, agent's or conversation's id, or the tag.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=12, choices=choices_of(Scope))
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, null=True, blank=True, related_name="policy_rules"
    )
    scope_id = models.CharField(max_length=128, blank=True)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=64)
    value = models.JSONField()
    conditions = models.JSONField(default=dict, blank=True)
    priority = models.IntegerField(default=0)
    mode = models.CharField(
        max_length=8, choices=choices_of(EnforcementMode), default=EnforcementMode.ENFORCE
    )
    enforce_percent = models.PositiveSmallIntegerField(
        default=100,
        validators=[MaxValueValidator(100)],
        help_text="In mode enforce: for so many of a hundred users and tokens. The others are observed.",
    )
    set_by = models.CharField(
        max_length=8,
        choices=choices_of(Setter),
        default=Setter.OPERATOR,
        db_default=Setter.OPERATOR.value,
        editable=False,
        help_text=SET_BY_HELP,
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)
    counts_since = models.DateTimeField(
        default=now, editable=False, help_text="Since when it has been in force; a trigger keeps it."
    )

    class Meta:
        ordering = ["scope", "scope_id", "key", "-priority"]
        indexes = [models.Index(fields=["scope", "scope_id"], name="policyrule_scope")]
        constraints = [
            models.CheckConstraint(
                condition=FITS_SCOPE, name="rule_scope_fits", violation_error_message=FITS_SCOPE_SENTENCE
            ),
            models.CheckConstraint(
                condition=TENANTS_OWN,
                name="rule_of_tenant_is_narrow",
                violation_error_message=TENANTS_OWN_SENTENCE,
            ),
            models.CheckConstraint(
                condition=Q(enforce_percent__lte=100),
                name="rule_enforce_percent",
                violation_error_message="At most 100 of a hundred can be enforced for.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_id} {self.key}"


class Budget(models.Model):
    """A cap on one dimension in one window. `per` says whose use is counted: each subject has its own meter.

    Cost is nano-USD, everything else a count. Meters count by themselves, so that what was used in a window counts
    also if the budget was made, or changed, later.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=12, choices=choices_of(Scope))
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, null=True, blank=True, related_name="budgets"
    )
    scope_id = models.CharField(max_length=128, blank=True)
    per = models.CharField(max_length=12, choices=choices_of(SubjectType))
    task = models.ForeignKey(Task, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    model_class = models.ForeignKey(
        ModelClass, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_column="model_class"
    )
    dimension = models.CharField(max_length=16, choices=choices_of(Dimension))
    window = models.CharField(max_length=8, choices=choices_of(Window))
    amount = models.BigIntegerField()
    hard = models.BooleanField(default=True, help_text="Hard blocks, soft warns.")
    mode = models.CharField(
        max_length=8, choices=choices_of(EnforcementMode), default=EnforcementMode.ENFORCE
    )
    enforce_percent = models.PositiveSmallIntegerField(
        default=100,
        validators=[MaxValueValidator(100)],
        help_text="In mode enforce: for so many of a hundred users and tokens. The others are observed.",
    )
    on_expiry = models.CharField(max_length=8, choices=choices_of(ExpiryCharge), default=ExpiryCharge.CHARGE)
    thresholds = ArrayField(models.PositiveSmallIntegerField(), default=default_thresholds, blank=True)
    set_by = models.CharField(
        max_length=8,
        choices=choices_of(Setter),
        default=Setter.OPERATOR,
        db_default=Setter.OPERATOR.value,
        editable=False,
        help_text=SET_BY_HELP,
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)
    counts_since = models.DateTimeField(
        default=now, editable=False, help_text="Since when it has been in force; a trigger keeps it."
    )

    class Meta:
        ordering = ["scope", "scope_id", "dimension", "window"]
        indexes = [models.Index(fields=["scope", "scope_id"], name="budget_scope")]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("scope", "tenant", "scope_id", "per", "task", "model_class", "dimension", "window"),
                    "set_by",
                ],
                nulls_distinct=False,
                name="budget_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, amount__lte=MAX_AMOUNT),
                name="budget_amount_range",
                violation_error_message="The amount is from 0 to what the ledger can count.",
            ),
            models.CheckConstraint(
                condition=FITS_SCOPE, name="budget_scope_fits", violation_error_message=FITS_SCOPE_SENTENCE
            ),
            models.CheckConstraint(
                condition=TENANTS_OWN,
                name="budget_of_tenant_is_narrow",
                violation_error_message=TENANTS_OWN_SENTENCE,
            ),
            models.CheckConstraint(
                condition=Q(enforce_percent__lte=100),
                name="budget_enforce_percent",
                violation_error_message="At most 100 of a hundred can be enforced for.",
            ),
            models.CheckConstraint(
                condition=Q(dimension="concurrency", window="none")
                | (~Q(dimension="concurrency") & ~Q(window="none")),
                name="budget_concurrency_has_no_window",
                violation_error_message="Concurrency has the window none, everything else another one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.scope_id} {self.dimension}/{self.window}".replace("  ", " ")

    def clean(self) -> None:
        if not are_valid(self.thresholds):
            raise ValidationError({"thresholds": f"{VALID_THRESHOLDS.capitalize()}."})
        if self.scope in (Scope.PROVIDER, *TENANT_SCOPES) and self.per != self.scope:
            raise ValidationError(
                {"per": f"A {self.scope} budget counts the {self.scope} itself: {self.scope!r}."}
            )
