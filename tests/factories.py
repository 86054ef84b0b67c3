"""Rows for tests. The cast: Alder owns what is asked for, Birch is another tenant and must never see it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import factory
from django.utils.timezone import now
from factory.django import DjangoModelFactory

from metering.identity.issue_token import issue_token
from metering.identity.secret import IssuedToken
from metering.ids import derived_id, uuid7
from metering.ledger.windows import window_bounds
from metering.models import (
    Budget,
    Feature,
    LLMModel,
    ModelClass,
    ModelPrice,
    Plan,
    PlanFeature,
    PlanLLMAccess,
    PolicyRule,
    Provider,
    QuotaAlert,
    Task,
    Team,
    Tenant,
    UsageLog,
    UsageMeter,
    UsageReservation,
    User,
)
from metering.types import Dimension, ReservationState, Window

TASKS = {
    "LLM0_CHAT": "CHAT",
    "LLM1_PRIOR_ART": "PRIOR_ART",
    "LLM2_DRAFT": "DRAFTING",
    "LLM3_DIAGRAM": "DIAGRAMS",
}
CLASSES = ("BASE_S", "BASE_M", "PRO_M", "PRO_L", "ADVANCED")


def reference_data() -> None:
    """Tasks, features and classes again: a test with `transaction=True` empties every table when it ends."""
    for feature in TASKS.values():
        Feature.objects.get_or_create(code=feature, defaults={"name": feature})
    for task, feature in TASKS.items():
        Task.objects.get_or_create(code=task, defaults={"name": task, "feature_id": feature})
    for rank, code in enumerate(CLASSES, start=1):
        ModelClass.objects.get_or_create(code=code, defaults={"name": code, "rank": rank})


class TenantFactory(DjangoModelFactory[Tenant]):
    slug = factory.Sequence(lambda number: f"tenant-{number}")
    name = factory.LazyAttribute(lambda tenant: tenant.slug.title())

    class Meta:
        model = Tenant
        django_get_or_create = ("slug",)


def alder(**facts: Any) -> Tenant:
    """The tenant that owns things."""
    return TenantFactory(slug="alder", name="Alder Research", **facts)


def birch(**facts: Any) -> Tenant:
    """The tenant that must see nothing of Alder's."""
    return TenantFactory(slug="birch", name="Birch Patents", **facts)


class TeamFactory(DjangoModelFactory[Team]):
    tenant = factory.LazyFunction(alder)
    slug = factory.Sequence(lambda number: f"team-{number}")
    name = factory.LazyAttribute(lambda team: team.slug.title())

    class Meta:
        model = Team


class UserFactory(DjangoModelFactory[User]):
    tenant = factory.LazyFunction(alder)
    email = factory.Sequence(lambda number: f"person-{number}@example.com")
    role = User.Role.MEMBER

    class Meta:
        model = User


class ProviderFactory(DjangoModelFactory[Provider]):
    name = "sandbox"
    kind = Provider.Kind.SANDBOX

    class Meta:
        model = Provider
        django_get_or_create = ("name",)


class ModelFactory(DjangoModelFactory[LLMModel]):
    name = factory.Sequence(lambda number: f"model-{number}")
    provider = factory.SubFactory(ProviderFactory)
    physical_name = factory.LazyAttribute(lambda model: model.name)
    model_class_id = "BASE_S"
    context_tokens = 32_000
    max_output_tokens = 4_096

    class Meta:
        model = LLMModel

    @classmethod
    def _create(cls, model_class: type[LLMModel], *args: Any, **kwargs: Any) -> LLMModel:
        reference_data()
        return super()._create(model_class, *args, **kwargs)


class PriceFactory(DjangoModelFactory[ModelPrice]):
    model = factory.SubFactory(ModelFactory)
    effective_from = factory.LazyFunction(now)
    input = output = cached_input = cache_write = 1

    class Meta:
        model = ModelPrice


def make_plan(code: str = "PRO", *, classes: tuple[str, ...] = CLASSES) -> Plan:
    """A plan that contains every task with the same classes, without rules and budgets; made once."""
    plan, created = Plan.objects.get_or_create(code=code, defaults={"name": code.title()})
    if created:
        reference_data()
        for task, feature in TASKS.items():
            PlanFeature.objects.create(plan=plan, feature_id=feature)
            access = PlanLLMAccess.objects.create(plan=plan, task_id=task, default_class_id=classes[0])
            access.allowed_classes.set(ModelClass.objects.filter(code__in=classes))
    return plan


def make_token(tenant: Tenant | None = None, *, plan: str = "PRO", **facts: Any) -> IssuedToken:
    """A live token of Alder, or of another tenant, on a plan that is made if it is missing."""
    make_plan(plan)
    facts.setdefault("now", now())
    return issue_token(tenant=tenant or alder(), plan_code=plan, actor="a test", **facts)


class BudgetFactory(DjangoModelFactory[Budget]):
    """A tenant's budget; name scope, scope_id and per for another one."""

    scope = "tenant"
    tenant = factory.LazyAttribute(lambda budget: None if budget.scope in SHARED_SCOPES else alder())
    per = factory.LazyAttribute(lambda budget: "tenant" if budget.scope == "plan" else budget.scope)
    dimension = "requests"
    window = "day"
    amount = 100

    class Meta:
        model = Budget


SHARED_SCOPES = ("global", "provider", "plan")


class RuleFactory(DjangoModelFactory[PolicyRule]):
    """A tenant's rule; name scope and scope_id for another one."""

    scope = "tenant"
    tenant = factory.LazyAttribute(lambda rule: None if rule.scope in SHARED_SCOPES else alder())
    key = "max_concurrent"
    value = 3

    class Meta:
        model = PolicyRule


class MeterFactory(DjangoModelFactory[UsageMeter]):
    """The meter of a budget whose window contains `at`, for its own tenant unless another is named."""

    class Params:
        budget = factory.SubFactory(BudgetFactory)
        at = factory.LazyFunction(now)
        bounds = factory.LazyAttribute(
            lambda meter: window_bounds(Window(meter.window), meter.at, timezone=meter.timezone)
        )

    budget_id = factory.LazyAttribute(lambda meter: meter.budget.pk)
    tenant_id = factory.LazyAttribute(lambda meter: meter.budget.tenant_id)
    subject_type = factory.LazyAttribute(lambda meter: meter.budget.per)
    subject_id = factory.LazyAttribute(
        lambda meter: (
            (meter.budget.scope_id if meter.budget.scope == meter.subject_type else "")
            or str(meter.tenant_id or "")
        )
    )
    dimension = factory.LazyAttribute(lambda meter: meter.budget.dimension)
    window = factory.LazyAttribute(lambda meter: meter.budget.window)
    timezone = "UTC"
    week_start = 0
    window_start = factory.LazyAttribute(lambda meter: meter.bounds[0])
    window_end = factory.LazyAttribute(lambda meter: meter.bounds[1])

    class Meta:
        model = UsageMeter


class AlertFactory(DjangoModelFactory[QuotaAlert]):
    """An alert of a meter of Alder's, or of the meter that is named."""

    class Params:
        meter = factory.SubFactory(MeterFactory)

    id = factory.LazyFunction(uuid7)
    meter_id = factory.LazyAttribute(lambda alert: alert.meter.pk)
    tenant_id = factory.LazyAttribute(lambda alert: alert.meter.tenant_id)
    budget_id = factory.LazyAttribute(lambda alert: alert.meter.budget_id)
    subject_type = factory.LazyAttribute(lambda alert: alert.meter.subject_type)
    subject_id = factory.LazyAttribute(lambda alert: alert.meter.subject_id)
    dimension = factory.LazyAttribute(lambda alert: alert.meter.dimension)
    window = factory.LazyAttribute(lambda alert: alert.meter.window)
    window_start = factory.LazyAttribute(lambda alert: alert.meter.window_start)
    window_end = factory.LazyAttribute(lambda alert: alert.meter.window_end)
    timezone = factory.LazyAttribute(lambda alert: alert.meter.timezone)
    threshold = 80
    used = 80
    held = 0
    limit = 100
    raised_at = factory.LazyFunction(now)

    class Meta:
        model = QuotaAlert


def concurrency_meter(rule: PolicyRule, tenant: Tenant, *, held: int) -> UsageMeter:
    """The windowless meter of a `max_concurrent` rule for a whole tenant."""
    start, end = window_bounds(Window.NONE, now())
    return UsageMeter.objects.create(
        budget_id=rule.pk,
        tenant_id=tenant.pk,
        subject_type="tenant",
        subject_id=str(tenant.pk),
        dimension=Dimension.CONCURRENCY,
        window=Window.NONE,
        window_start=start,
        window_end=end,
        timezone="UTC",
        week_start=0,
        held=held,
    )


class LedgerRowFactory(DjangoModelFactory[Any]):
    """For rows with a column `model_class`, which is also the name of factory_boy's first argument."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, noun: Any, /, **columns: Any) -> Any:
        return noun.objects.create(**columns)


class ReservationFactory(LedgerRowFactory):
    """A held reservation without meters, made at `created_at`."""

    id = factory.LazyAttribute(lambda row: id_at(row.created_at))
    tenant_id = factory.LazyFunction(lambda: alder().pk)
    state = ReservationState.HELD
    created_at = factory.LazyFunction(now)
    lease_expires_at = factory.LazyAttribute(lambda row: row.created_at)
    body_digest = 1
    meter_ids = amounts = unenforced = flags = factory.LazyFunction(list)
    task = "LLM0_CHAT"
    request_id = "request"
    request_model = "sandbox-small"
    model_class = "BASE_S"
    provider_name = "sandbox"

    class Meta:
        model = UsageReservation


class AttemptFactory(LedgerRowFactory):
    """One attempt of Alder, of a reservation made at `at`."""

    class Params:
        at = factory.LazyFunction(now)

    reservation_id = factory.LazyAttribute(lambda row: id_at(row.at))
    attempt = 1
    id = factory.LazyAttribute(lambda row: derived_id(row.reservation_id, row.attempt))
    tenant_id = factory.LazyFunction(lambda: alder().pk)
    task = "LLM0_CHAT"
    request_id = "request"
    request_model = response_model = "sandbox-small"
    model_class = "BASE_S"
    provider_name = "sandbox"
    input_tokens = 100
    output_tokens = 20
    cached_input_tokens = cache_write_tokens = reasoning_tokens = api_calls = files = steps = 0
    cost_nano_usd = 27_000
    latency_ms = 150
    outcome = "ok"
    estimated = False
    started_at = recorded_at = factory.LazyAttribute(lambda row: row.at)

    class Meta:
        model = UsageLog


def id_at(moment: datetime) -> UUID:
    """A new reservation's id at a moment."""
    return uuid7(int(moment.timestamp() * 1000))
